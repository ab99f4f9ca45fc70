//! Whether a definition is shown, held, or approved because nobody has seen another. Pure.

use std::collections::BTreeMap;

/// Digests by the names of tools.
pub(super) type Digests = BTreeMap<Box<str>, Box<str>>;

/// What is known of an upstream.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// What is approved, where the upstream has been seen before.
    pub(super) approved: Option<&'a Digests>,
    /// What the operator has pinned.
    pub(super) pinned: Option<&'a Digests>,
    /// Whether tools are held that were not there at first.
    pub(super) holds_new: bool,
    /// How many more tools can be remembered.
    pub(super) room: usize,
}

/// What becomes of the definitions that an upstream has now.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Decision {
    /// Those that are approved because they are the first, with their digests.
    pub(super) first: Digests,
    /// Those that are held, by the names of the tools, each with what was approved.
    pub(super) held: BTreeMap<Box<str>, Option<Box<str>>>,
}

pub(super) fn decide(known: Known<'_>, now: &Digests) -> Decision {
    let mut decision = Decision::default();
    let is_first = known.approved.is_none() && known.pinned.is_none();
    for (tool, digest) in now {
        let of = |all: Option<&Digests>| all.and_then(|all| all.get(tool)).cloned();
        let (approved, pinned) = (of(known.approved), of(known.pinned));
        if [&approved, &pinned].contains(&&Some(digest.clone())) {
            continue;
        }
        let is_new = approved.is_none() && pinned.is_none();
        let is_let_in = is_first || !known.holds_new;
        if is_new && is_let_in && decision.first.len() < known.room {
            decision.first.insert(tool.clone(), digest.clone());
        } else {
            decision.held.insert(tool.clone(), approved.or(pinned));
        }
    }
    decision
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digests(text: &str) -> Digests {
        let pairs = text
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(tool, digest)| (tool.into(), digest.into()))
            .collect()
    }

    #[test]
    fn the_first_is_approved_and_another_is_held() {
        // approved, pinned, whether new ones are held, room; now; first, held
        let none: Option<&str> = None;
        for (approved, pinned, holds_new, room, now, first, held) in [
            (none, none, false, 9, "a=1 b=2", "a=1 b=2", ""),
            (none, none, true, 9, "a=1 b=2", "a=1 b=2", ""),
            (Some("a=1"), none, false, 9, "a=1 b=2", "b=2", ""),
            (Some("a=1"), none, true, 9, "a=1 b=2", "", "b"),
            (Some("a=1"), none, false, 9, "a=3", "", "a"),
            (Some(""), none, true, 9, "a=1", "", "a"),
            (none, Some("a=1"), false, 9, "a=3 b=2", "b=2", "a"),
            (none, Some("a=1"), true, 9, "a=1 b=2", "", "b"),
            (Some("a=1"), Some("a=2"), true, 9, "a=1", "", ""),
            (Some("a=1"), Some("a=2"), true, 9, "a=2", "", ""),
            (Some("a=1"), Some("a=2"), true, 9, "a=3", "", "a"),
            (none, none, false, 1, "a=1 b=2", "a=1", "b"),
        ] {
            let (approved, pinned) = (approved.map(digests), pinned.map(digests));
            let known = Known {
                approved: approved.as_ref(),
                pinned: pinned.as_ref(),
                holds_new,
                room,
            };
            let decision = decide(known, &digests(now));
            assert_eq!(decision.first, digests(first), "{now}");
            let found: Vec<&str> = decision.held.keys().map(AsRef::as_ref).collect();
            let held: Vec<&str> = held.split_whitespace().collect();
            assert_eq!(found, held, "{now}");
        }
    }
}
