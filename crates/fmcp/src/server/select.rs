//! Choosing among components.

use fmcp_core::{Component, ComponentKind, Key};

use crate::config::Names;

/// Chooses components: by [`tags`], [`keyed`], [`named`], [`kinds`], or by any function of a component.
///
/// ```
/// # use fmcp::{Server, tags};
/// # let server = Server::new("s");
/// server.disable(tags(["internal"]));
/// server.enable(|component: &fmcp::Component| component.name().starts_with("public_"));
/// ```
pub trait Select {
    /// Whether it chooses the component.
    fn selects(&self, component: &Component) -> bool;
}

impl<F: Fn(&Component) -> bool> Select for F {
    fn selects(&self, component: &Component) -> bool {
        self(component)
    }
}

/// Components that are filed under one of these tags.
pub fn tags<S: Into<Box<str>>>(tags: impl IntoIterator<Item = S>) -> impl Select {
    let tags: Vec<Box<str>> = tags.into_iter().map(Into::into).collect();
    move |component: &Component| tags.iter().any(|tag| component.tags.contains(tag))
}

/// The component that goes by this key; without a version, in every version.
pub fn keyed(key: Key) -> impl Select {
    move |component: &Component| match key.version_str() {
        Some(_) => component.key == key,
        None => component.kind() == key.kind() && component.name() == key.name(),
    }
}

/// Components whose name (for resources: whose URI) this pattern fits: `*` stands for any text, `?` for any character.
pub fn named(pattern: impl Into<Box<str>>) -> impl Select {
    let names = Names::new().include([pattern.into()]);
    move |component: &Component| names.admit(component.name())
}

/// Components of these kinds.
pub fn kinds(kinds: impl IntoIterator<Item = ComponentKind>) -> impl Select {
    let kinds: Vec<ComponentKind> = kinds.into_iter().collect();
    move |component: &Component| kinds.contains(&component.kind())
}
