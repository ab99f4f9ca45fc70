//! The seam that changes how components look from outside.

use std::{borrow::Cow, sync::Arc};

use super::{Component, Key};

/// Changes components on their way out and the keys of calls on their way in.
///
/// The two must agree: what a component is shown as is what it can be called by. What is shown is asked for once
/// after each change of the server, not for each call, so it must depend on nothing but the component.
pub trait Transform: Send + Sync + 'static {
    /// How the component is shown; `None` hides it.
    fn outward(&self, component: Arc<Component>) -> Option<Arc<Component>>;

    /// How a component that it hides is shown to a session that is to see it all the same
    /// ([`Context::enable_components`](crate::Context::enable_components)). Without another word, what is hidden
    /// stays so.
    fn reveal(&self, component: Arc<Component>) -> Option<Arc<Component>> {
        self.outward(component)
    }

    /// What the component that is called `key` outside goes by inside; `None`: there is none.
    fn inward<'a>(&self, key: &'a Key) -> Option<Cow<'a, Key>> {
        Some(Cow::Borrowed(key))
    }
}
