//! The way from a server to one that is mounted in it.

use std::{
    borrow::Cow,
    sync::{Arc, Weak},
};

use fmcp_core::{
    BoxFuture, Call, Component, ComponentKind, Endpoint, Error, Key, Kind, Reply, Result,
    protocol::{
        Method, Params,
        model::{CompleteParams, Reference},
    },
};

use super::super::{Server, build::Inner};
use crate::namespace::{Namespace, rename};

/// The longest name of a tool or prompt that all clients take.
const MAX_NAME: usize = 64;

/// How much of a name is kept that is too long: with `_` and eight digits it is as long as it may be.
const KEPT: usize = MAX_NAME - 9;

/// The way from a server to one that is mounted in it: what things are called on both sides.
pub(in crate::server) struct Door {
    pub(super) name: Box<str>,
    /// Without one, everything is called what the child calls it.
    pub(super) namespace: Option<Namespace>,
    pub(in crate::server) child: Server,
    pub(super) parent: Weak<Inner>,
}

impl Door {
    /// What a component of the child is called outside.
    pub(super) fn outer(&self, kind: ComponentKind, inner: &str) -> String {
        let Some(namespace) = &self.namespace else {
            return inner.to_owned();
        };
        match kind {
            ComponentKind::Tool | ComponentKind::Prompt => shortened(namespace.name(inner)),
            ComponentKind::Resource | ComponentKind::Template => namespace.uri(inner),
        }
    }

    /// What to say where a name was too long.
    pub(super) fn cut(&self, inner: &Component, outer: &Component) -> Option<String> {
        let namespace = self.namespace.as_ref()?;
        let is_name = matches!(inner.kind(), ComponentKind::Tool | ComponentKind::Prompt);
        let whole = namespace.name(inner.name());
        (is_name && whole != outer.name()).then(|| {
            format!(
                "the {} {whole:?} is called {:?}: not every client takes names with more than {MAX_NAME} characters",
                inner.kind(),
                outer.name()
            )
        })
    }

    /// What the child calls it, if it can be one of the child's.
    pub(in crate::server) fn inner(&self, kind: ComponentKind, outer: &str) -> Option<String> {
        let Some(namespace) = &self.namespace else {
            return Some(outer.to_owned());
        };
        match kind {
            ComponentKind::Tool | ComponentKind::Prompt => {
                namespace.strip_name(outer).map(str::to_owned)
            }
            ComponentKind::Resource | ComponentKind::Template => namespace.strip_uri(outer),
        }
    }

    /// The same for a key.
    pub(super) fn inward(&self, key: &Key) -> Option<Key> {
        Some(key.clone().renamed(self.inner(key.kind(), key.name())?))
    }

    /// Lets the child answer a call that speaks of things as it does.
    pub(super) async fn pass(&self, call: Call) -> Result<Reply> {
        if !self.child.0.lifespan.is_running() {
            // Boxed, so that the common way does not carry the room that this one needs.
            Box::pin(self.child.start_for(&self.parent)).await?;
        }
        let method = match call.method() {
            Method::CallTool => Method::CallTool,
            other => other.clone(),
        };
        let reply = self.child.0.respond(call).await?;
        rename::text_too(reply, &method, self.namespace.as_ref())
    }

    /// A call to the component that the child calls `name`, in the child's words.
    fn translate(&self, call: Call, name: &str) -> Result<Call> {
        let is_named = matches!(call.method(), Method::CallTool | Method::GetPrompt);
        if self.namespace.is_none() && !is_named {
            return Ok(call.forwarded(None));
        }
        match call.method() {
            Method::Complete => completion(call, name),
            Method::ReadResource => {
                // It may be one of many that fit a template, so that only the call says which.
                let outer = call.name().unwrap_or_default();
                let inner = self.inner(ComponentKind::Resource, &outer);
                let inner = inner.map_or(Cow::Borrowed(name), Cow::Owned).into_owned();
                drop(outer);
                Ok(call.forwarded(Some(&inner)))
            }
            _ => {
                let is_so_called = call.name().as_deref() == Some(name);
                Ok(call.forwarded((!is_so_called).then_some(name)))
            }
        }
    }
}

/// The same question about what is called `name`.
fn completion(call: Call, name: &str) -> Result<Call> {
    let mut params: CompleteParams = call.params().parse()?;
    match &mut params.reference {
        Reference::Prompt(prompt) => name.clone_into(&mut prompt.name),
        Reference::Resource(resource) => name.clone_into(&mut resource.uri),
        _ => {
            let words = "`ref` is neither a prompt nor a resource";
            return Err(Error::new(Kind::InvalidParams, words));
        }
    }
    let params = Params::of(&params)?;
    Ok(call.with_params(params).forwarded(None))
}

/// A name that every client takes: one that is too long keeps its beginning, and gets a digest of the whole, so
/// that no two become one.
pub(super) fn shortened(name: String) -> String {
    if name.len() <= MAX_NAME {
        return name;
    }
    let cut = (0..=KEPT).rev().find(|at| name.is_char_boundary(*at));
    let digest = name.bytes().fold(0x811c_9dc5_u32, |digest, byte| {
        (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("{}_{digest:08x}", &name[..cut.unwrap_or_default()])
}

/// A child's component, as its parent calls it.
pub(super) struct Forward {
    pub(super) door: Arc<Door>,
    /// What the child calls it, and which version it is.
    pub(super) key: Key,
}

/// The version of a component that a parent has chosen among those of its child.
pub(in crate::server) struct Chosen(pub(in crate::server) Key);

impl Endpoint for Forward {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            let mut call = self.door.translate(call, self.key.name())?;
            if self.key.version_str().is_some() {
                call.extensions_mut().insert(Chosen(self.key.clone()));
            }
            self.door.pass(call).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let long = |end: &str| format!("{}{end}", "n".repeat(70));
        let (a, b) = (shortened(long("a")), shortened(long("b")));
        assert_eq!((a.len(), b.len()), (MAX_NAME, MAX_NAME));
        assert_ne!(a, b);
        assert_eq!(a, shortened(long("a")), "the same every time");
        assert_eq!(shortened("x".repeat(MAX_NAME)), "x".repeat(MAX_NAME));
        assert!(shortened("\u{e4}".repeat(60)).len() <= MAX_NAME);
    }
}
