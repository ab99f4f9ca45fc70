//! Components that only some callers see: those for whom a feature flag is on.

use std::sync::Arc;

use fmcp_core::{
    Call, Component, Context, Flags, Levels, Middleware, Next, Reply, Result, UserLevel, Values,
    protocol::model::CacheScope,
};
use serde_json::Value;
use tokio::time::Instant;

use super::{Server, mount::Door, snapshot::Snapshot};
use crate::component::Behind;

impl Snapshot {
    /// Whether the caller sees a component.
    pub(super) fn sees(&self, component: &Component, call: &Call) -> bool {
        self.sees_so(component, call, self.sight(call).as_deref())
    }

    /// Whether a component is for the caller.
    pub(super) fn is_for(&self, component: &Component, call: &Call) -> bool {
        let Some(Behind(flag)) = component.extensions.get() else {
            return true;
        };
        // A mounted server asks its own flags.
        component.extensions.contains::<Door>()
            || Context::new(call.clone().with_home(Arc::clone(&self.home))).flag(flag)
    }

    /// Adds the server's word on how long a list keeps: that of one caller, for nobody else.
    pub(super) fn hint_list(&self, reply: Reply, call: &Call) -> Reply {
        let reply = self.hint(reply);
        if self.flagged || self.sight(call).is_some() || !self.varying.is_empty() {
            private(reply)
        } else {
            reply
        }
    }
}

/// A list of what one caller sees, which is for nobody else to keep.
fn private(mut reply: Reply) -> Reply {
    let scope = match &mut reply {
        Reply::ListTools(result) => &mut result.cache_scope,
        Reply::ListResources(result) => &mut result.cache_scope,
        Reply::ListTemplates(result) => &mut result.cache_scope,
        Reply::ListPrompts(result) => &mut result.cache_scope,
        _ => return reply,
    };
    if scope.is_some() {
        *scope = Some(CacheScope::Private);
    }
    reply
}

impl Server {
    /// Sets the feature flags, which handlers ask by [`Context::flag`](crate::Context::flag) and components
    /// stand behind by [`Tool::flag`](crate::Tool::flag). Handlers take them as
    /// [`State<Flags>`](crate::State); they change while the server runs.
    #[must_use]
    pub fn flags(self, flags: Flags) -> Self {
        self.edit(|draft| {
            draft.faults.extend(flags.faults());
            draft.state.insert(flags.clone());
            if flags.has_store() {
                draft.add_layer(i32::MAX, ReadFlags(flags));
            }
        });
        self
    }

    /// Sets how the values of users ([`Level::User`](crate::Level)) are kept.
    #[must_use]
    pub fn user_level(self, how: UserLevel) -> Self {
        self.edit(|draft| {
            let levels = draft.state.get::<Levels>().cloned().unwrap_or_default();
            if how.has_store() {
                draft.add_layer(i32::MAX, ReadUser);
            }
            draft.state.insert(levels.with(how));
        });
        self
    }

    /// Sets a value of the whole server ([`Level::Global`](crate::Level)), which handlers find by
    /// [`Context::value`](crate::Context::value).
    #[must_use]
    pub fn value(self, name: &str, value: impl Into<Value>) -> Self {
        if let Err(fault) = self.set_value(name, value) {
            self.edit(|draft| draft.faults.push(fault.message().to_owned()));
        }
        self
    }

    /// Sets a value of the whole server while it runs.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn set_value(&self, name: &str, value: impl Into<Value>) -> Result<()> {
        let levels = self
            .0
            .lock()
            .state
            .get::<Levels>()
            .cloned()
            .unwrap_or_default();
        levels.set_global(name, value.into())
    }

    /// The values of the whole server.
    #[must_use]
    pub fn values(&self) -> Values {
        self.0
            .lock()
            .state
            .get::<Levels>()
            .cloned()
            .unwrap_or_default()
            .global()
    }
}

/// Reads the values of the user before their call is answered.
struct ReadUser;

impl Middleware for ReadUser {
    async fn handle(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        Context::new(call.clone()).load_user().await?;
        next.run(call).await
    }
}

/// Reads the flags that others have changed.
struct ReadFlags(Flags);

impl Middleware for ReadFlags {
    async fn handle(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        if let Err(error) = self.0.refresh(Instant::now().into_std()).await {
            // What is known holds on: a store that is away must not turn everything off.
            tracing::warn!(%error, "the feature flags could not be read");
        }
        next.run(call).await
    }
}
