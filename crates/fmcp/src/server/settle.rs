//! Lists that change again and again, told now and then.

use std::time::Duration;

use fmcp_core::ComponentKind;
use tokio::time::{Instant, sleep_until};

/// How long after one change of a list the next is told: all that come meanwhile are one.
const PAUSE: Duration = Duration::from_millis(50);

/// When each list was told last to one listener, and which are to be told again.
#[derive(Default)]
pub(super) struct Settling([List; ComponentKind::ALL.len()]);

#[derive(Clone, Copy, Default)]
struct List {
    told: Option<Instant>,
    has_changed: bool,
}

impl Settling {
    /// Whether this change of a list is told now. Else it is told when it is [due](Settling::due).
    pub(super) fn is_told(&mut self, kind: ComponentKind, now: Instant) -> bool {
        let list = &mut self.0[kind as usize];
        let is_late = list.told.is_none_or(|told| now >= told + PAUSE);
        if is_late {
            list.told = Some(now);
        }
        list.has_changed = !is_late;
        is_late
    }

    /// Waits until a list is to be told again; for ever where there is none.
    pub(super) async fn due(&self) {
        let waiting = self.0.iter().filter(|list| list.has_changed);
        match waiting.filter_map(|list| list.told).min() {
            Some(told) => sleep_until(told + PAUSE).await,
            None => std::future::pending().await,
        }
    }

    /// The lists that are to be told now.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<ComponentKind> {
        let mut due = Vec::new();
        for kind in ComponentKind::ALL {
            if self.0[kind as usize].has_changed && self.is_told(kind, now) {
                due.push(kind);
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_again_and_again_is_told_first_and_last() {
        let (mut lists, start) = (Settling::default(), Instant::now());
        assert!(lists.is_told(ComponentKind::Tool, start));
        for _ in 0..1_000 {
            assert!(!lists.is_told(ComponentKind::Tool, start + PAUSE / 2));
        }
        assert!(lists.is_told(ComponentKind::Prompt, start), "another list");
        assert_eq!(lists.take_due(start + PAUSE / 2), []);
        assert_eq!(lists.take_due(start + PAUSE), [ComponentKind::Tool]);
        assert_eq!(lists.take_due(start + PAUSE * 2), [], "it has been told");
        assert!(lists.is_told(ComponentKind::Tool, start + PAUSE * 2));
    }
}
