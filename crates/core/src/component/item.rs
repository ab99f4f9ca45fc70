//! A component: what it goes by, how it describes itself, and who answers for it.

use std::{collections::BTreeSet, fmt, sync::Arc};

use super::{ComponentKind, Definition, Key};
use crate::{Endpoint, Extensions, protocol::model::CacheScope};

/// A tool, resource, template or prompt, with whoever answers calls to it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Component {
    /// What it goes by.
    pub key: Key,
    /// How it describes itself to clients.
    pub definition: Definition,
    /// What it is filed under.
    pub tags: BTreeSet<Box<str>>,
    /// Whether clients see it and may call it.
    pub enabled: bool,
    /// For how many milliseconds what is read from it may be kept, where it says so itself.
    pub ttl_ms: Option<u64>,
    /// Who may share what is read from it, where it says so itself.
    pub cache_scope: Option<CacheScope>,
    /// Whether its endpoint keeps its panics to itself, so that nobody else has to catch them.
    pub contained: bool,
    /// Who answers calls to it.
    pub endpoint: Arc<dyn Endpoint>,
    /// What whoever keeps the component wants to know besides.
    pub extensions: Extensions,
}

impl Component {
    /// A component that goes by what its definition says, enabled and without tags.
    pub fn new(definition: Definition, endpoint: Arc<dyn Endpoint>) -> Self {
        let key = Key::new(definition.kind(), definition.name());
        Self {
            key,
            definition,
            tags: BTreeSet::new(),
            enabled: true,
            contained: false,
            ttl_ms: None,
            cache_scope: None,
            endpoint,
            extensions: Extensions::new(),
        }
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> ComponentKind {
        self.key.kind()
    }

    /// What calls ask for it by.
    #[must_use]
    pub fn name(&self) -> &str {
        self.key.name()
    }

    /// Sets the version.
    #[must_use]
    pub fn version(mut self, version: impl Into<Box<str>>) -> Self {
        self.key = self.key.version(version);
        self
    }

    /// Files it under more tags.
    #[must_use]
    pub fn tags<S: Into<Box<str>>>(mut self, tags: impl IntoIterator<Item = S>) -> Self {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Changes what it goes by, in key and definition alike.
    #[must_use]
    pub fn renamed(mut self, name: &str) -> Self {
        self.key = self.key.renamed(name);
        self.definition.rename(name);
        self
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component")
            .field("key", &format_args!("{}", self.key))
            .field("tags", &self.tags)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}
