//! One who listens.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fmcp_core::{ComponentKind, Notice, protocol::model::SubscriptionFilter};
use tokio::sync::Notify;

/// One who listens: what it wants to hear, and what it has not heard yet.
pub(super) struct Ear {
    lists: Vec<ComponentKind>,
    pub(super) resources: HashSet<Arc<str>>,
    unheard: Mutex<Unheard>,
    bell: Notify,
}

#[derive(Default)]
struct Unheard {
    changes: VecDeque<Change>,
    is_closed: bool,
}

#[derive(Clone, PartialEq)]
enum Change {
    List(ComponentKind),
    Resource(Arc<str>),
}

impl Ear {
    pub(super) fn new(filter: &SubscriptionFilter) -> Self {
        let wanted = |flag: Option<bool>, kind| flag.unwrap_or(false).then_some(kind);
        let lists = [
            wanted(filter.tools_list_changed, ComponentKind::Tool),
            wanted(filter.resources_list_changed, ComponentKind::Resource),
            wanted(filter.prompts_list_changed, ComponentKind::Prompt),
        ];
        let resources = filter.resource_subscriptions.iter().flatten();
        Self {
            lists: lists.into_iter().flatten().collect(),
            resources: resources.map(|uri| uri.as_str().into()).collect(),
            unheard: Mutex::default(),
            bell: Notify::new(),
        }
    }

    /// Takes a change, if it is wanted. Whether it is.
    pub(super) fn tell(&self, notice: &Notice) -> bool {
        let change = match notice {
            Notice::ListChanged(kind) if self.lists.contains(kind) => Change::List(*kind),
            Notice::ResourceUpdated(uri) => match self.wanted(uri) {
                Some(uri) => Change::Resource(uri),
                None => return false,
            },
            _ => return false,
        };
        self.push(change);
        true
    }

    pub(super) fn tell_everything(&self) {
        let lists = self.lists.iter().copied().map(Change::List);
        let resources = self.resources.iter().cloned().map(Change::Resource);
        lists.chain(resources).for_each(|change| self.push(change));
    }

    /// The resource that is followed, where `uri` is one, or a part of one: what is told may be finer than
    /// what was asked for. Telling of the whole keeps what waits bounded by what is followed.
    fn wanted(&self, uri: &str) -> Option<Arc<str>> {
        let is_part = |whole: &&Arc<str>| {
            uri.strip_prefix(&***whole)
                .is_some_and(|rest| whole.ends_with('/') || rest.starts_with(['/', '#', '?']))
        };
        let exactly = self.resources.get(uri);
        exactly
            .or_else(|| self.resources.iter().find(is_part))
            .cloned()
    }

    fn push(&self, change: Change) {
        let mut unheard = self.lock();
        if !unheard.changes.contains(&change) {
            unheard.changes.push_back(change);
            drop(unheard);
            self.bell.notify_one();
        }
    }

    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.bell.notify_one();
    }

    /// The next change; `None` when the link has been closed.
    pub(super) async fn next(&self) -> Option<Notice> {
        loop {
            {
                let mut unheard = self.lock();
                if let Some(change) = unheard.changes.pop_front() {
                    return Some(match change {
                        Change::List(kind) => Notice::ListChanged(kind),
                        Change::Resource(uri) => Notice::ResourceUpdated((&*uri).into()),
                    });
                }
                if unheard.is_closed {
                    return None;
                }
            }
            self.bell.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Unheard> {
        self.unheard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
