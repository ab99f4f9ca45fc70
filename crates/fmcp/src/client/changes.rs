//! Changes that wait to be read.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use fmcp_core::{ComponentKind, Notice, protocol::model::SubscriptionFilter};
use futures_util::task::AtomicWaker;

/// How many changes may wait for a reader; beyond that, it is told that it has missed some.
const WAITING: usize = 256;

/// What a server has changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// The list of components of this kind; that of templates counts as that of resources.
    List(ComponentKind),
    /// The resource at this address.
    Resource(String),
    /// Nobody knows what, for there was no connection, or nobody has read for long: whatever this stream
    /// tells of may have changed.
    Missed,
}

/// Changes that wait to be read: each once, however often it is told, and a bounded number of them.
pub(super) struct Changes {
    filter: SubscriptionFilter,
    state: Mutex<State>,
    reader: AtomicWaker,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Change>,
    is_over: bool,
}

impl Changes {
    /// Those that `filter` is about. Others may come along: a session has one stream for all.
    pub(super) fn new(filter: SubscriptionFilter) -> Self {
        Self {
            filter,
            state: Mutex::default(),
            reader: AtomicWaker::new(),
        }
    }

    pub(super) fn hear(&self, notice: &Notice) {
        let change = match notice {
            Notice::ListChanged(kind) => self.list(*kind),
            Notice::ResourceUpdated(uri) => self.resource(uri),
            _ => None,
        };
        if let Some(change) = change {
            self.push(change);
        }
    }

    /// Something has been missed: what waits is said by that, too.
    pub(super) fn missed(&self) {
        let mut state = self.lock();
        state.waiting.clear();
        state.waiting.push_back(Change::Missed);
        drop(state);
        self.reader.wake();
    }

    /// No more will come.
    pub(super) fn end(&self) {
        self.lock().is_over = true;
        self.reader.wake();
    }

    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Change>> {
        // Before the look, so that what comes after it wakes.
        self.reader.register(cx.waker());
        let mut state = self.lock();
        match state.waiting.pop_front() {
            None if !state.is_over => Poll::Pending,
            change => Poll::Ready(change),
        }
    }

    fn push(&self, change: Change) {
        let mut state = self.lock();
        if state.waiting.len() >= WAITING {
            drop(state);
            return self.missed();
        }
        let is_said = |waits: &Change| *waits == change || *waits == Change::Missed;
        if !state.waiting.iter().any(is_said) {
            state.waiting.push_back(change);
        }
        drop(state);
        self.reader.wake();
    }

    fn list(&self, kind: ComponentKind) -> Option<Change> {
        let (wanted, kind) = match kind {
            ComponentKind::Tool => (self.filter.tools_list_changed, kind),
            ComponentKind::Prompt => (self.filter.prompts_list_changed, kind),
            ComponentKind::Resource | ComponentKind::Template => {
                (self.filter.resources_list_changed, ComponentKind::Resource)
            }
        };
        (wanted == Some(true)).then_some(Change::List(kind))
    }

    /// A server may tell of a part of what was asked about.
    fn resource(&self, uri: &str) -> Option<Change> {
        let mut wanted = self.filter.resource_subscriptions.iter().flatten();
        let is_wanted = wanted.any(|whole| {
            uri.strip_prefix(whole.as_str()).is_some_and(|rest| {
                rest.is_empty() || whole.ends_with('/') || rest.starts_with(['/', '#', '?'])
            })
        });
        is_wanted.then(|| Change::Resource(uri.to_owned()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn read(changes: &Changes) -> Vec<Change> {
        let mut cx = Context::from_waker(Waker::noop());
        let mut all = Vec::new();
        while let Poll::Ready(Some(change)) = changes.poll(&mut cx) {
            all.push(change);
        }
        all
    }

    fn changes() -> Changes {
        let filter = SubscriptionFilter::new()
            .tools_list_changed(true)
            .resource_subscriptions(["a://b".to_owned()]);
        Changes::new(filter)
    }

    fn updated(uri: &str) -> Notice {
        Notice::ResourceUpdated(uri.into())
    }

    #[test]
    fn each_change_waits_once_and_only_what_was_asked_for() {
        let changes = changes();
        for _ in 0..1000 {
            changes.hear(&Notice::ListChanged(ComponentKind::Tool));
            changes.hear(&updated("a://b"));
        }
        changes.hear(&Notice::ListChanged(ComponentKind::Prompt));
        changes.hear(&updated("c://d"));
        changes.hear(&updated("a://bc"));
        let resource = Change::Resource("a://b".into());
        assert_eq!(
            read(&changes),
            [Change::List(ComponentKind::Tool), resource.clone()]
        );
        changes.hear(&updated("a://b"));
        assert_eq!(read(&changes), [resource]);
    }

    #[test]
    fn too_many_changes_are_one() {
        let changes = changes();
        for n in 0..10_000 {
            changes.hear(&updated(&format!("a://b/{n}")));
        }
        let read = read(&changes);
        assert_eq!(read, [Change::Missed], "{} wait", read.len());
    }

    #[test]
    fn what_waits_is_read_before_the_end() {
        let changes = changes();
        changes.hear(&updated("a://b"));
        changes.end();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(matches!(changes.poll(&mut cx), Poll::Ready(Some(_))));
        assert_eq!(changes.poll(&mut cx), Poll::Ready(None));
    }
}
