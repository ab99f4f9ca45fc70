//! Choosing among components.

use fmcp_core::{Component, ComponentKind, Key, Select};

use crate::config::Names;

/// Components that are filed under one of these tags.
pub fn tags<S: Into<Box<str>>>(tags: impl IntoIterator<Item = S>) -> impl Select {
    Tags(tags.into_iter().map(Into::into).collect())
}

/// The component that goes by this key; without a version, in every version.
pub fn keyed(key: Key) -> impl Select {
    Keyed(key)
}

/// Components whose name (for resources: whose URI) this pattern fits: `*` stands for any text, `?` for any character.
pub fn named(pattern: impl Into<Box<str>>) -> impl Select {
    let pattern = pattern.into();
    let names = Names::new().include([pattern.clone()]);
    Named { pattern, names }
}

/// Components of these kinds.
pub fn kinds(kinds: impl IntoIterator<Item = ComponentKind>) -> impl Select {
    Kinds(kinds.into_iter().collect())
}

struct Tags(Vec<Box<str>>);

impl Select for Tags {
    fn selects(&self, component: &Component) -> bool {
        self.0.iter().any(|tag| component.tags.contains(tag))
    }

    fn words(&self) -> Option<Box<str>> {
        Some(format!("tagged {:?}", self.0).into())
    }
}

struct Keyed(Key);

impl Select for Keyed {
    fn selects(&self, component: &Component) -> bool {
        match self.0.version_str() {
            Some(_) => component.key == self.0,
            None => component.kind() == self.0.kind() && component.name() == self.0.name(),
        }
    }

    fn words(&self) -> Option<Box<str>> {
        Some(format!("keyed {:?}", self.0.to_string()).into())
    }
}

struct Named {
    pattern: Box<str>,
    names: Names,
}

impl Select for Named {
    fn selects(&self, component: &Component) -> bool {
        self.names.admit(component.name())
    }

    fn words(&self) -> Option<Box<str>> {
        Some(format!("named {:?}", self.pattern).into())
    }
}

struct Kinds(Vec<ComponentKind>);

impl Select for Kinds {
    fn selects(&self, component: &Component) -> bool {
        self.0.contains(&component.kind())
    }

    fn words(&self) -> Option<Box<str>> {
        let kinds: Vec<_> = self.0.iter().map(|kind| kind.as_str()).collect();
        Some(format!("of kind {}", kinds.join(" or ")).into())
    }
}
