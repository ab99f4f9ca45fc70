//! The handle itself: who calls, with what, and what travels along.

use std::{
    any::TypeId,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use super::Outbox;
use crate::{
    Call, Component, Error, Extensions, Extra, Principal, Result, Session,
    protocol::{
        Revision,
        model::{ClientCapabilities, Implementation},
    },
};

/// What a handler may ask of the call that it answers: who calls, which headers, which session; what to
/// tell the caller meanwhile; the server's own components.
///
/// Cloning is cheap, and a clone may go into a background task.
#[derive(Clone)]
pub struct Context {
    call: Call,
    /// The dependency that is being computed with it.
    resolving: Option<Dependency>,
    /// Log messages that wait, where the caller wants any.
    outbox: Option<Arc<Outbox>>,
}

#[derive(Clone, Copy, PartialEq)]
struct Dependency {
    id: TypeId,
    name: &'static str,
}

/// Which dependency has asked for which others, in one call. Dependencies that are computed at once may
/// wait for each other without either having asked for itself, so that no single chain shows it.
#[derive(Default)]
struct Asked(Mutex<Vec<(Dependency, Dependency)>>);

impl Context {
    /// The context of `call`.
    #[must_use]
    pub fn new(call: Call) -> Self {
        Self {
            call,
            resolving: None,
            outbox: None,
        }
    }

    /// The context of `call` for a run of its handler, whose log messages may wait where the caller wants
    /// any. Whoever makes it tells them (see [`Outbox`]).
    #[must_use]
    pub fn running(call: Call) -> Self {
        Self {
            outbox: Outbox::of(&call),
            ..Self::new(call)
        }
    }

    /// The log messages that wait, where the caller wants any.
    #[must_use]
    pub fn outbox(&self) -> Option<&Arc<Outbox>> {
        self.outbox.as_ref()
    }

    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// The call, for whoever hands it on.
    #[must_use]
    pub fn into_call(self) -> Call {
        self.call
    }

    /// The id of the request, as text; empty for a call that did not come as a request.
    #[must_use]
    pub fn request_id(&self) -> String {
        let id = self.call.id().map(AsRef::as_ref).unwrap_or_default();
        String::from_utf8_lossy(id).trim_matches('"').to_owned()
    }

    /// The revision that the caller speaks.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.call.revision()
    }

    /// Who the client says it is. Nobody has checked it.
    #[must_use]
    pub fn client(&self) -> Option<Implementation> {
        self.call.client()
    }

    /// What the client can do.
    #[must_use]
    pub fn client_capabilities(&self) -> ClientCapabilities {
        self.call.client_capabilities()
    }

    /// The session that the call belongs to, in revisions that have sessions.
    #[must_use]
    pub fn session(&self) -> Option<&Arc<Session>> {
        self.call.session()
    }

    /// Who is calling, where the server asks for credentials.
    #[must_use]
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        self.call.principal()
    }

    /// The headers of the HTTP request, where there was one.
    #[must_use]
    pub fn headers(&self) -> Option<&Arc<http::HeaderMap>> {
        self.call.headers()
    }

    /// When the caller stops waiting.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.call.deadline()
    }

    /// The component that answers.
    #[must_use]
    pub fn component(&self) -> Option<&Arc<Component>> {
        self.call.component()
    }

    /// The request's metadata.
    #[must_use]
    pub fn meta(&self) -> Extra {
        self.call.meta()
    }

    /// A typed value that middleware has put into the call.
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.call.extensions().get_arc()
    }

    /// The application's own state of this type.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.call
            .state()
            .and_then(|state: &Arc<Extensions>| state.get_arc())
    }

    /// The context in which the dependency `T` is computed.
    ///
    /// # Errors
    /// When `T` is being computed already, so that it would wait for itself.
    pub fn resolving<T: 'static>(&self) -> Result<Self> {
        let wanted = Dependency {
            id: TypeId::of::<T>(),
            name: std::any::type_name::<T>(),
        };
        if let Some(by) = self.resolving {
            let asked = self.call.scratch::<Asked>();
            let mut asked = asked.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(path) = path(&asked, wanted, by) {
                return Err(
                    Error::internal("the server's dependencies depend on each other")
                        .caused_by(format!("dependency cycle: {} -> {path}", by.name)),
                );
            }
            if !asked.contains(&(by, wanted)) {
                asked.push((by, wanted));
            }
        }
        Ok(Self {
            call: self.call.clone(),
            resolving: Some(wanted),
            outbox: self.outbox.clone(),
        })
    }
}

/// The names on the way from one dependency to another, along what has been asked for. There is no way
/// round in `asked`, so this ends.
fn path(asked: &[(Dependency, Dependency)], from: Dependency, to: Dependency) -> Option<String> {
    if from == to {
        return Some(to.name.to_owned());
    }
    asked
        .iter()
        .filter(|(by, _)| *by == from)
        .find_map(|(_, wanted)| path(asked, *wanted, to))
        .map(|rest| format!("{} -> {rest}", from.name))
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Context").field(&self.call).finish()
    }
}
