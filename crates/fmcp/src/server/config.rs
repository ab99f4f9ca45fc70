//! What a server is told about itself.

use std::time::Duration;

use fmcp_core::{
    ComponentKind,
    protocol::model::{CacheScope, Icon, Implementation},
};

use crate::{bus::Shared, rounds};

/// What happens when a component is added under a key that is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDuplicate {
    /// The server is not built; a running one refuses.
    #[default]
    Error,
    /// The new one takes the place, with a warning in the log.
    Warn,
    /// The new one takes the place.
    Replace,
    /// The old one stays.
    Keep,
}

/// For how long clients may keep a server's answers, and who may share them.
#[derive(Clone, Debug)]
pub(super) struct CacheHint {
    pub(super) ttl: Duration,
    pub(super) scope: CacheScope,
}

/// What a server is told about itself.
#[derive(Clone)]
pub(super) struct Config {
    pub(super) about: Implementation,
    pub(super) instructions: Option<String>,
    pub(super) on_duplicate: OnDuplicate,
    pub(super) page_size: Option<usize>,
    pub(super) show_error_details: bool,
    pub(super) strict_input: bool,
    pub(super) show_timings: bool,
    pub(super) cache: Option<CacheHint>,
    pub(super) rounds: rounds::Settings,
    pub(super) shared: Option<Shared>,
    pub(super) pings: Option<super::Pings>,
}

impl Config {
    pub(super) fn new(name: String) -> Self {
        Self {
            about: Implementation::new(name, "0.0.0"),
            instructions: None,
            on_duplicate: OnDuplicate::default(),
            page_size: None,
            show_error_details: false,
            strict_input: false,
            show_timings: false,
            cache: None,
            rounds: rounds::Settings::new(),
            shared: None,
            pings: None,
        }
    }

    pub(super) fn add_icon(&mut self, icon: Icon) {
        self.about.icons.get_or_insert_default().push(icon);
    }
}

/// The longest name that the specification recommends.
const MAX_NAME: usize = 128;

/// What is wrong with a component's name, as the specification recommends names to be. A wrong name
/// works; not every client will like it.
pub(super) fn unusual_name(kind: ComponentKind, name: &str) -> Option<String> {
    if !matches!(kind, ComponentKind::Tool | ComponentKind::Prompt) {
        return None;
    }
    if name.is_empty() || name.len() > MAX_NAME {
        return Some(format!(
            "its name should have 1 to {MAX_NAME} characters, not {}",
            name.len()
        ));
    }
    let odd: String = name
        .chars()
        .filter(|c| !(c.is_ascii_alphanumeric() || "_-.".contains(*c)))
        .take(5)
        .collect();
    (!odd.is_empty()).then(|| {
        format!("its name should consist of letters, digits, `_`, `-` and `.`, not {odd:?}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_as_the_specification_recommends() {
        for (name, usual) in [
            ("getUser", true),
            ("DATA_EXPORT_v2", true),
            ("admin.tools.list", true),
            ("", false),
            ("two words", false),
            ("größe", false),
            ("a,b", false),
        ] {
            assert_eq!(
                unusual_name(ComponentKind::Tool, name).is_none(),
                usual,
                "{name}"
            );
        }
        assert!(unusual_name(ComponentKind::Tool, &"x".repeat(129)).is_some());
        assert!(unusual_name(ComponentKind::Resource, "data://a b").is_none());
    }
}
