//! Answers that the server lets its clients keep for a while.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fmcp_core::{ComponentKind, Notice, Raw, Reply, protocol::Method};
use tokio::time::Instant;

/// How many answers are kept, and how many bytes they may have together.
const MOST: (usize, usize) = (1_000, 16 << 20);

/// For how long an answer is kept at most, whatever its server says.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The answers that a client keeps: pages of lists, contents of resources, the server's self-description.
///
/// A client is one caller, so what is private to a caller is kept as well as what is public.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<Place, Answer, foldhash::fast::RandomState>,
    bytes: usize,
    /// Counts what the server says has changed: an answer that was asked for before is not kept after.
    changes: u64,
    /// Counts the uses, so that the answer goes first that nobody has used for longest.
    uses: u64,
}

/// What was asked: the method, and the cursor or the URI.
type Place = (What, Box<str>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    About,
    List(ComponentKind),
    Read,
}

impl What {
    fn of(method: &Method) -> Option<Self> {
        Some(match method {
            Method::Discover => Self::About,
            Method::ListTools => Self::List(ComponentKind::Tool),
            Method::ListResources => Self::List(ComponentKind::Resource),
            Method::ListTemplates => Self::List(ComponentKind::Template),
            Method::ListPrompts => Self::List(ComponentKind::Prompt),
            Method::ReadResource => Self::Read,
            _ => return None,
        })
    }
}

#[derive(Debug)]
struct Answer {
    reply: Reply,
    until: Instant,
    bytes: usize,
    used: u64,
}

/// Something that is being asked, and what had changed when it was.
#[derive(Debug)]
pub(super) struct Asked {
    place: Place,
    changes: u64,
}

impl Cache {
    /// An answer that is still good.
    pub(super) fn get(&self, method: &Method, about: &str, now: Instant) -> Option<Reply> {
        let place = (What::of(method)?, about.into());
        let mut kept = self.kept();
        kept.uses += 1;
        let uses = kept.uses;
        let answer = kept.answers.get_mut(&place)?;
        if answer.until <= now {
            kept.remove(&place);
            return None;
        }
        answer.used = uses;
        // Copied outside of the lock by whoever opens it.
        Some(answer.reply.clone())
    }

    /// Something is asked now; `None` where its answer is never kept.
    pub(super) fn asked(&self, method: &Method, about: &str) -> Option<Asked> {
        Some(Asked {
            place: (What::of(method)?, about.into()),
            changes: self.kept().changes,
        })
    }

    /// Keeps an answer for as long as it says, unless something has changed since it was asked for. `bytes`
    /// is how long its text was, where it has come as one.
    pub(super) fn keep(
        &self,
        Asked { place, changes }: Asked,
        reply: Reply,
        bytes: Option<usize>,
        now: Instant,
    ) -> Reply {
        let until = freshness(&reply).and_then(|fresh| now.checked_add(fresh));
        let Some(until) = until else {
            // The newer answer counts, and it may not be kept.
            self.kept().remove(&place);
            return reply;
        };
        let bytes = bytes.unwrap_or_else(|| length(&reply)) + place.1.len();
        let reply = reply.shared();
        let mut kept = self.kept();
        kept.remove(&place);
        if kept.changes == changes && kept.make_room(bytes, now) {
            kept.bytes += bytes;
            kept.uses += 1;
            let answer = Answer {
                reply: reply.clone(),
                until,
                bytes,
                used: kept.uses,
            };
            kept.answers.insert(place, answer);
        }
        reply
    }

    /// Drops what a notice says is not what it was.
    pub(super) fn hear(&self, notice: &Notice) {
        match notice {
            Notice::ListChanged(ComponentKind::Resource | ComponentKind::Template) => {
                self.drop_where(|what, _| {
                    use ComponentKind::{Resource, Template};
                    matches!(what, What::List(Resource | Template) | What::Read)
                });
            }
            Notice::ListChanged(kind) => self.drop_where(|what, _| what == What::List(*kind)),
            // What is told may be a part of what was read, or hold it.
            Notice::ResourceUpdated(uri) => self.drop_where(|what, about| {
                what == What::Read && (about.starts_with(&**uri) || uri.starts_with(about))
            }),
            _ => {}
        }
    }

    /// Drops all pages of a list.
    pub(super) fn drop_list(&self, method: &Method) {
        let list = What::of(method);
        self.drop_where(|what, _| Some(what) == list);
    }

    /// Drops all of it.
    pub(super) fn clear(&self) {
        self.drop_where(|_, _| true);
    }

    fn drop_where(&self, is_stale: impl Fn(What, &str) -> bool) {
        let mut kept = self.kept();
        kept.changes += 1;
        kept.answers
            .retain(|(what, about), _| !is_stale(*what, about));
        kept.bytes = kept.answers.values().map(|answer| answer.bytes).sum();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn remove(&mut self, place: &Place) {
        if let Some(answer) = self.answers.remove(place) {
            self.bytes = self.bytes.saturating_sub(answer.bytes);
        }
    }

    /// Makes room for one more answer. An answer that would take the place of most others is not kept.
    fn make_room(&mut self, bytes: usize, now: Instant) -> bool {
        if bytes > MOST.1 / 4 {
            return false;
        }
        let is_full = |kept: &Self| kept.answers.len() >= MOST.0 || kept.bytes + bytes > MOST.1;
        if is_full(self) {
            self.answers.retain(|_, answer| answer.until > now);
            self.bytes = self.answers.values().map(|answer| answer.bytes).sum();
        }
        while is_full(self) {
            let oldest = self.answers.iter().min_by_key(|(_, answer)| answer.used);
            let Some(place) = oldest.map(|(place, _)| place.clone()) else {
                return false;
            };
            self.remove(&place);
        }
        true
    }
}

/// How long an answer may be kept; `None`: not at all.
fn freshness(reply: &Reply) -> Option<Duration> {
    let milliseconds = match reply {
        Reply::Discover(result) => result.ttl_ms,
        Reply::ListTools(result) => result.ttl_ms,
        Reply::ListResources(result) => result.ttl_ms,
        Reply::ListTemplates(result) => result.ttl_ms,
        Reply::ListPrompts(result) => result.ttl_ms,
        Reply::ReadResource(result) => result.ttl_ms,
        _ => None,
    };
    let fresh = Duration::from_millis(milliseconds.filter(|&ms| ms > 0)?);
    Some(fresh.min(LONGEST))
}

/// How long an answer would be as text, where it did not come as one.
fn length(reply: &Reply) -> usize {
    let text = match reply {
        Reply::Discover(result) => Raw::from_serialize(result),
        Reply::ListTools(result) => Raw::from_serialize(result),
        Reply::ListResources(result) => Raw::from_serialize(result),
        Reply::ListTemplates(result) => Raw::from_serialize(result),
        Reply::ListPrompts(result) => Raw::from_serialize(result),
        Reply::ReadResource(result) => Raw::from_serialize(result),
        _ => return usize::MAX / 2,
    };
    text.map_or(usize::MAX / 2, |text| text.as_str().len())
}

#[cfg(test)]
mod tests {
    use fmcp_core::protocol::model::{
        CacheScope, ListResourcesResult, ListToolsResult, ReadResourceResult,
    };

    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn tools(ttl: impl Into<Option<u64>>) -> Reply {
        let mut result = ListToolsResult::new([]);
        result.ttl_ms = ttl.into();
        result.into()
    }

    fn contents(ttl: u64) -> Reply {
        let mut result = ReadResourceResult::new([]);
        result.ttl_ms = Some(ttl);
        result.cache_scope = Some(CacheScope::Private);
        result.into()
    }

    struct Clocked(Cache, Instant);

    impl Clocked {
        fn new() -> Self {
            Self(Cache::default(), Instant::now())
        }

        fn keep(&self, method: &Method, about: &str, reply: Reply) {
            let asked = self.0.asked(method, about).unwrap();
            self.0.keep(asked, reply, Some(10), self.1);
        }

        fn has(&self, method: &Method, about: &str, after: Duration) -> bool {
            self.0.get(method, about, self.1 + after).is_some()
        }
    }

    #[test]
    fn answers_are_kept_as_long_as_they_say() {
        let cache = Clocked::new();
        let list = Method::ListTools;
        for ttl in [None, Some(0)] {
            cache.keep(&list, "", tools(ttl));
            assert!(!cache.has(&list, "", Duration::ZERO), "{ttl:?}");
        }
        cache.keep(&list, "", tools(2_000));
        assert!(cache.has(&list, "", S));
        assert!(!cache.has(&list, "next", S), "another page");
        assert!(!cache.has(&Method::ListPrompts, "", S), "another list");
        assert!(!cache.has(&list, "", 2 * S));
        cache.keep(&list, "", tools(2_000));
        cache.keep(&list, "", tools(0));
        assert!(!cache.has(&list, "", S), "the newer answer counts");
        cache.keep(&list, "", tools(u64::MAX));
        assert!(cache.has(&list, "", LONGEST - S));
        assert!(!cache.has(&list, "", LONGEST));
    }

    #[test]
    fn what_changes_is_dropped() {
        let cache = Clocked::new();
        let (list, read) = (Method::ListTools, Method::ReadResource);
        let fill = || {
            cache.keep(&list, "", tools(9_000));
            for uri in ["file:///a", "file:///b/", "file:///b/c"] {
                cache.keep(&read, uri, contents(9_000));
            }
        };
        let left = |notice: Notice| {
            fill();
            cache.0.hear(&notice);
            let mut left: Vec<_> = ["file:///a", "file:///b/", "file:///b/c"]
                .into_iter()
                .filter(|uri| cache.has(&read, uri, S))
                .collect();
            if cache.has(&list, "", S) {
                left.push("tools");
            }
            left
        };
        use ComponentKind::{Prompt, Resource, Tool};
        let updated = |uri: &str| Notice::ResourceUpdated(uri.into());
        let all = ["file:///a", "file:///b/", "file:///b/c", "tools"];
        assert_eq!(left(Notice::ListChanged(Prompt)), all);
        assert_eq!(left(Notice::ListChanged(Tool)), all[..3]);
        assert_eq!(left(Notice::ListChanged(Resource)), all[3..]);
        assert_eq!(left(updated("file:///a")), all[1..]);
        assert_eq!(left(updated("file:///b/c")), [all[0], all[3]]);
        assert_eq!(left(updated("file:///b/")), [all[0], all[3]]);
        assert_eq!(left(updated("file:///z")), all);
    }

    #[test]
    fn an_answer_from_before_a_change_is_not_kept_after_it() {
        let cache = Clocked::new();
        let list = Method::ListTools;
        let asked = cache.0.asked(&list, "").unwrap();
        cache.0.hear(&Notice::ListChanged(ComponentKind::Tool));
        cache.0.keep(asked, tools(9_000), Some(1), cache.1);
        assert!(!cache.has(&list, "", S));
    }

    #[test]
    fn room_is_bounded_and_what_nobody_uses_goes_first() {
        let cache = Clocked::new();
        let read = Method::ReadResource;
        for n in 0..MOST.0 {
            cache.keep(&read, &n.to_string(), contents(9_000));
        }
        assert!(cache.has(&read, "0", S));
        cache.keep(&read, "one more", contents(9_000));
        assert!(cache.has(&read, "0", S) && !cache.has(&read, "1", S));
        assert_eq!(cache.0.kept().answers.len(), MOST.0);
        let keep = |about: &str, bytes| {
            let list = Method::ListResources;
            let reply = ListResourcesResult::new([]).ttl_ms(9_000_u64).into();
            let asked = cache.0.asked(&list, about).unwrap();
            cache.0.keep(asked, reply, Some(bytes), cache.1);
            cache.has(&list, about, S)
        };
        assert!(!keep("huge", MOST.1 / 2));
        for n in 0..9 {
            assert!(keep(&n.to_string(), MOST.1 / 5));
        }
        assert!(cache.0.kept().bytes <= MOST.1);
    }
}
