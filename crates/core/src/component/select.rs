//! Choosing among components.

use super::Component;

/// Chooses components; any function of a component does.
///
/// In `fmcp`, there are `tags`, `keyed`, `named` and `kinds` for what is usual:
///
/// ```text
/// server.disable(tags(["internal"]));
/// server.enable(|component: &fmcp::Component| component.name().starts_with("public_"));
/// ```
pub trait Select {
    /// Whether it chooses the component.
    fn selects(&self, component: &Component) -> bool;

    /// What it chooses, in words, where it can say so: two that say the same choose the same.
    fn words(&self) -> Option<Box<str>> {
        None
    }
}

impl<F: Fn(&Component) -> bool> Select for F {
    fn selects(&self, component: &Component) -> bool {
        self(component)
    }
}
