//! The seam to wherever components come from.

use std::sync::Arc;

use super::{Component, ComponentKind, Key};
use crate::{BoxFuture, Result};

/// Where components come from: a registry, a mounted server, a folder, an OpenAPI document.
pub trait Provider: Send + Sync + 'static {
    /// All components of a kind that it has.
    fn list(&self, kind: ComponentKind) -> BoxFuture<'_, Result<Vec<Arc<Component>>>>;

    /// The component that goes by `key`; without a version, the newest. `None`: not mine, keep looking.
    ///
    /// For [`ComponentKind::Resource`] the name is a URI, and a template that matches it answers, too.
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Arc<Component>>>>;
}
