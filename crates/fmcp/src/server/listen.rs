//! Streams of changes: a call that stays open, and tells its caller what it asked to hear.

use std::{collections::HashSet, sync::Arc};

use fmcp_core::{
    Call, ComponentKind, Endpoint, Error, Extra, Notice, Raw, Reply, Result, Session,
    protocol::{
        Params, Topic,
        model::{AcknowledgedParams, ListenParams, ListenResult, Meta, SubscriptionFilter, Task},
    },
};
use futures_util::{Stream, StreamExt as _};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::Instant,
};

use super::{demand::Follows, follow::Followed, settle::Settling, snapshot::Snapshot, tasks::told};

/// How many changes may wait for a listener that is slow; then it is told that everything may have
/// changed.
const BACKLOG: usize = 256;

/// How many resources one listener may name.
const MAX_RESOURCES: usize = 1_000;

/// Whoever wants to hear of changes, hears.
pub(super) struct Changes {
    told: broadcast::Sender<Change>,
    /// That sessions follow other resources: how many times it has been said does not matter.
    moved: watch::Sender<()>,
}

/// What listeners hear.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// This.
    Notice(Notice),
    /// Another replica has told something that did not come here.
    Missed,
    /// One session sees these lists otherwise than before.
    Seen(Seen),
    /// A session has asked another replica to follow a resource, or not to any more.
    Followed(Followed),
}

/// That a session sees lists otherwise than before.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) session: Arc<str>,
    pub(super) kinds: Vec<ComponentKind>,
}

impl Changes {
    pub(super) fn new() -> Self {
        Self {
            told: broadcast::Sender::new(BACKLOG),
            moved: watch::Sender::new(()),
        }
    }

    pub(super) fn tell(&self, change: Change) {
        // An error says that nobody listens.
        let _ = self.told.send(change);
    }

    /// A session follows other resources than before.
    pub(super) fn moved(&self) {
        self.moved.send_replace(());
    }
}

impl Snapshot {
    /// Answers only when the server stops; dropped when the caller goes.
    pub(super) async fn listen(&self, call: Call) -> Result<Reply> {
        let mut filter = call.params().parse::<ListenParams>()?.notifications;
        if filter
            .resource_subscriptions
            .as_ref()
            .is_some_and(|uris| uris.len() > MAX_RESOURCES)
        {
            return Err(Error::invalid_params(format!(
                "one stream can follow at most {MAX_RESOURCES} resources"
            )));
        }
        let peer = call
            .peer()
            .ok_or_else(|| Error::internal("this transport cannot carry a stream"))?;
        let gone = || Error::internal("the server is gone");
        let server = self.server.upgrade().ok_or_else(gone)?;
        let (mut changes, mut stopped) =
            (server.changes.told.subscribe(), server.lifespan.stopped());
        let mut moved = server.changes.moved.subscribe();
        // A listener does not keep the server alive.
        drop(server);
        self.recall(&call).await;
        let (agreed, mut tasks) = match filter.task_ids.take() {
            None => (None, None),
            Some(ids) => {
                let (agreed, tasks) = self.watch_tasks(&call, ids).await?;
                (Some(agreed), Some(tasks))
            }
        };
        let wants = Wants::new(&filter, call.session().cloned());
        let mut follows = Follows::default();
        follows.keep_up(self, &wants);
        // The stream goes by the id of the request that opened it.
        let id = call
            .id()
            .and_then(|id| serde_json::from_slice::<Raw>(id).ok());
        let named = || {
            id.as_ref()
                .map(|id| Meta::new().with(Meta::SUBSCRIPTION_ID, id.clone()))
        };
        let mut acknowledged = AcknowledgedParams::new(known(filter));
        acknowledged.notifications.task_ids = agreed;
        acknowledged.meta = named();
        peer.notify(Notice::Other(
            Topic::Acknowledged,
            Params::of(&acknowledged)?,
        ))
        .await;
        let end = || {
            let mut result = ListenResult::new();
            result.meta = named();
            Ok(result.into())
        };
        let mut settling = Settling::default();
        loop {
            let change = tokio::select! {
                change = changes.recv() => change,
                () = settling.due() => {
                    for kind in settling.take_due(Instant::now()) {
                        peer.notify(Notice::ListChanged(kind)).await;
                    }
                    continue;
                }
                Ok(()) = moved.changed() => {
                    follows.keep_up(self, &wants);
                    continue;
                }
                Some(task) = next(&mut tasks) => {
                    peer.notify(told(task, named())?).await;
                    continue;
                }
                () = stopped.wait() => return end(),
            };
            match change {
                Ok(Change::Notice(Notice::ListChanged(kind)))
                    if wants.lists.contains(&kind) && !settling.is_told(kind, Instant::now()) => {}
                Ok(Change::Notice(notice)) if wants.hears(&notice) => peer.notify(notice).await,
                Ok(Change::Notice(_)) => {}
                Ok(Change::Seen(seen)) => {
                    for kind in wants.lists_of(&seen) {
                        if settling.is_told(kind, Instant::now()) {
                            peer.notify(Notice::ListChanged(kind)).await;
                        }
                    }
                }
                Ok(Change::Followed(followed)) => {
                    wants.follow(&followed);
                    follows.keep_up(self, &wants);
                }
                Ok(Change::Missed) | Err(RecvError::Lagged(_)) => wants.everything(peer).await,
                Err(RecvError::Closed) => return end(),
            }
        }
    }
}

/// The next change of a task.
async fn next<S: Stream<Item = Task> + Unpin>(tasks: &mut Option<S>) -> Option<Task> {
    match tasks {
        Some(tasks) => tasks.next().await,
        None => None,
    }
}

/// What was asked for and is understood; the rest is not acknowledged.
fn known(filter: SubscriptionFilter) -> SubscriptionFilter {
    let mut known = filter;
    known.extra = Extra::default();
    known
}

/// What one listener asked to hear.
pub(super) struct Wants {
    lists: Vec<ComponentKind>,
    resources: HashSet<Box<str>>,
    /// What a legacy session follows, it says in requests of their own.
    session: Option<Arc<Session>>,
}

impl Wants {
    fn new(filter: &SubscriptionFilter, session: Option<Arc<Session>>) -> Self {
        let wanted = |flag: Option<bool>, kind| flag.unwrap_or(false).then_some(kind);
        let lists = [
            wanted(filter.tools_list_changed, ComponentKind::Tool),
            wanted(filter.resources_list_changed, ComponentKind::Resource),
            wanted(filter.prompts_list_changed, ComponentKind::Prompt),
        ];
        let resources = filter
            .resource_subscriptions
            .iter()
            .flatten()
            .map(|uri| uri.as_str().into())
            .collect();
        Self {
            lists: lists.into_iter().flatten().collect(),
            resources,
            session,
        }
    }

    /// Every resource that it follows now.
    pub(super) fn followed(&self) -> HashSet<Box<str>> {
        let session = self.session.iter().flat_map(|session| session.followed());
        self.resources.iter().cloned().chain(session).collect()
    }

    /// Another number says that it may follow other resources than before.
    pub(super) fn turn(&self) -> u64 {
        self.session.as_ref().map_or(0, |session| session.turns())
    }

    fn follow(&self, followed: &Followed) {
        if let Some(session) = &self.session {
            followed.by(session);
        }
    }

    /// The lists that it is told of because its session sees them otherwise.
    fn lists_of(&self, seen: &Seen) -> Vec<ComponentKind> {
        let session = self.session.as_ref();
        if session.is_none_or(|session| *session.id() != *seen.session) {
            return Vec::new();
        }
        let lists = self.lists.iter().copied();
        lists.filter(|kind| seen.kinds.contains(kind)).collect()
    }

    fn hears(&self, notice: &Notice) -> bool {
        match notice {
            Notice::ListChanged(kind) => self.lists.contains(kind),
            Notice::ResourceUpdated(uri) => {
                self.resources.contains(uri)
                    || (self.session.as_ref()).is_some_and(|session| session.follows(uri))
            }
            _ => false,
        }
    }

    /// What a listener is told that has missed some.
    async fn everything(&self, peer: &Arc<dyn Endpoint>) {
        for kind in &self.lists {
            peer.notify(Notice::ListChanged(*kind)).await;
        }
        let followed = self.session.iter().flat_map(|session| session.followed());
        for uri in self.resources.iter().cloned().chain(followed) {
            peer.notify(Notice::ResourceUpdated(uri)).await;
        }
    }
}
