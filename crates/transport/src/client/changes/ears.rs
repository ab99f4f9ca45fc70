//! All who listen on one link.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fmcp_core::{
    Call, Endpoint, Error, Kind, Notice, Raw, Reply, Result,
    protocol::{
        Method, Params, Topic,
        model::{AcknowledgedParams, ListenParams, Meta, ServerCapabilities, SubscriptionFilter},
    },
};
use futures_util::future::join_all;
use serde_json::json;
use tokio::{sync::Notify, time::timeout};

use super::ear::Ear;

/// How many may listen on one link.
const MAX_EARS: usize = 1_000;

/// How many resources one of them may follow.
const MAX_RESOURCES: usize = 1_000;

/// How many resources all of them may follow.
const MAX_FOLLOWED: usize = 10_000;

/// How long the address of a resource may be that is followed.
const MAX_URI_BYTES: usize = 4_096;

/// How many resources the server is asked about at once.
const AT_ONCE: usize = 16;

/// How long the server may take to say whether it will tell of a resource.
const PATIENCE: Duration = Duration::from_secs(30);

/// Those who listen on a link of the time of sessions.
///
/// In that time nobody asks for a stream of changes: a session is told of them whether it wants to hear
/// or not, except of resources, for each of which there is a request of its own. So the link itself
/// answers `subscriptions/listen` ([`listen`](Self::listen)), hands on what the session is told
/// ([`tell`](Self::tell)), and sees to it that the server knows what is followed ([`keep`](Self::keep)).
///
/// Nobody who tells waits for one who listens, and nothing piles up: what an ear has not heard yet is told
/// to it once, however often it has happened since.
#[derive(Default)]
pub(crate) struct Changes {
    state: Mutex<State>,
    /// What is followed is not what it was.
    moved: Notify,
}

#[derive(Default)]
struct State {
    ears: HashMap<u64, Arc<Ear>>,
    last: u64,
    followed: HashMap<Arc<str>, Followed>,
    is_closed: bool,
}

/// A resource that somebody follows, or has followed.
#[derive(Default)]
struct Followed {
    ears: usize,
    standing: Standing,
}

/// What the server has said about a resource.
#[derive(Clone, Copy, Default, PartialEq)]
enum Standing {
    #[default]
    NotAsked,
    Follows,
    Refused,
}

impl Changes {
    /// Answers `subscriptions/listen`: its peer is told of what its filter wants until the future is
    /// dropped, or the link closes.
    ///
    /// # Errors
    /// When the filter wants too much, nobody is there to be told, or the link closes.
    pub(crate) async fn listen(
        &self,
        call: Call,
        capabilities: &ServerCapabilities,
    ) -> Result<Reply> {
        let filter = call.params().parse::<ListenParams>()?.notifications;
        let peer = (call.peer()).ok_or_else(|| Error::internal("nobody is there to be told"))?;
        let mut agreed = possible(filter, capabilities);
        let listening = self.join(&agreed)?;
        if let Some(uris) = &mut agreed.resource_subscriptions {
            // An error says that some are not agreed on by now, and they are left out.
            let _ = timeout(PATIENCE, self.asked(uris)).await;
            uris.retain(|uri| self.standing(uri) == Standing::Follows);
        }
        let mut acknowledged = AcknowledgedParams::new(agreed);
        acknowledged.meta = subscription(&call);
        let params = Params::of(&acknowledged)?;
        peer.notify(Notice::Other(Topic::Acknowledged, params))
            .await;
        while let Some(change) = listening.ear.next().await {
            peer.notify(change).await;
        }
        Err(Error::new(Kind::Unavailable, "the link has been closed"))
    }

    /// Tells a change to all who want to hear of it. Whether anybody did.
    pub(crate) fn tell(&self, notice: &Notice) -> bool {
        if !matches!(notice, Notice::ListChanged(_) | Notice::ResourceUpdated(_)) {
            return false;
        }
        let state = self.lock();
        // Every one of them is told, so none is left out by another that has heard.
        let told = state.ears.values().filter(|ear| ear.tell(notice));
        told.count() > 0
    }

    /// Tells the server behind `link` what is followed, as often as that changes, for as long as it is
    /// polled. There must be one of these for each link.
    pub(crate) async fn keep(&self, link: &dyn Endpoint) {
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            // Heard from here on, so that nothing is missed between looking and waiting.
            moved.as_mut().enable();
            let steps = self.steps();
            if steps.is_empty() {
                moved.await;
                continue;
            }
            let taken = steps.into_iter().map(|step| self.take(step, link));
            join_all(taken).await;
            self.moved.notify_waiters();
        }
    }

    /// The session is a new one: its server knows nothing of what is followed, and whoever listens may
    /// have missed anything.
    pub(crate) fn reopened(&self) {
        let mut state = self.lock();
        for followed in state.followed.values_mut() {
            followed.standing = Standing::NotAsked;
        }
        state.followed.retain(|_, followed| followed.ears > 0);
        state.ears.values().for_each(|ear| ear.tell_everything());
        drop(state);
        self.moved.notify_waiters();
    }

    /// Nothing more will be heard.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.ears.values().for_each(|ear| ear.close());
        drop(state);
        self.moved.notify_waiters();
    }

    fn join(&self, filter: &SubscriptionFilter) -> Result<Listening<'_>> {
        let ear = Arc::new(Ear::new(filter));
        let mut state = self.lock();
        if state.is_closed {
            return Err(Error::new(Kind::Unavailable, "the link has been closed"));
        }
        let new = ear.resources.iter();
        let new = new.filter(|uri| !state.followed.contains_key(*uri));
        if ear.resources.len() > MAX_RESOURCES
            || ear.resources.iter().any(|uri| uri.len() > MAX_URI_BYTES)
        {
            return Err(Error::invalid_params(format!(
                "one stream can follow at most {MAX_RESOURCES} resources, with addresses of at most {MAX_URI_BYTES} bytes"
            )));
        }
        if state.ears.len() >= MAX_EARS || state.followed.len() + new.count() > MAX_FOLLOWED {
            return Err(Error::new(
                Kind::Overloaded,
                "too many listen to this server's changes",
            ));
        }
        for uri in &ear.resources {
            let followed = state.followed.entry(Arc::clone(uri)).or_default();
            followed.ears += 1;
            if followed.standing == Standing::Refused {
                // What the server has refused once, it may grant by now.
                followed.standing = Standing::NotAsked;
            }
        }
        state.last += 1;
        let id = state.last;
        state.ears.insert(id, Arc::clone(&ear));
        drop(state);
        self.moved.notify_waiters();
        Ok(Listening {
            changes: self,
            id,
            ear,
        })
    }

    /// Waits until the server has been asked about all of these.
    async fn asked(&self, uris: &[String]) {
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            let is_asked = |uri: &String| self.standing(uri) != Standing::NotAsked;
            if self.lock().is_closed || uris.iter().all(is_asked) {
                return;
            }
            moved.await;
        }
    }

    fn standing(&self, uri: &str) -> Standing {
        let state = self.lock();
        let followed = state.followed.get(uri);
        followed.map_or(Standing::Refused, |followed| followed.standing)
    }

    /// What the server is to be told next.
    fn steps(&self) -> Vec<Step> {
        let state = self.lock();
        let step = |(uri, followed): (&Arc<str>, &Followed)| {
            let method = match (followed.ears, followed.standing) {
                (0, _) => Method::Unsubscribe,
                (_, Standing::NotAsked) => Method::Subscribe,
                _ => return None,
            };
            Some(Step {
                method,
                uri: Arc::clone(uri),
            })
        };
        let steps = state.followed.iter().filter_map(step);
        steps.take(AT_ONCE).collect()
    }

    async fn take(&self, step: Step, link: &dyn Endpoint) {
        let Step { method, uri } = step;
        let outcome = match Call::of(method.clone(), &json!({"uri": *uri})) {
            Ok(call) => timeout(PATIENCE, link.call(call))
                .await
                .unwrap_or_else(|_| Err(Error::new(Kind::Timeout, "the server did not answer"))),
            Err(error) => Err(error),
        };
        if let Err(error) = &outcome {
            tracing::warn!(%error, %method, "the server does not do as it is asked about a resource");
        }
        let mut state = self.lock();
        let Some(followed) = state.followed.get_mut(&uri) else {
            return;
        };
        followed.standing = match (&method, &outcome) {
            (Method::Subscribe, Ok(_)) => Standing::Follows,
            (Method::Subscribe, Err(_)) => Standing::Refused,
            // Whoever has come meanwhile asks anew.
            _ => Standing::NotAsked,
        };
        // A resource that is followed by nobody any more, and is not known to the server, is forgotten.
        if followed.ears == 0 && followed.standing != Standing::Follows {
            state.followed.remove(&uri);
        }
    }

    fn leave(&self, id: u64) {
        let mut state = self.lock();
        let Some(ear) = state.ears.remove(&id) else {
            return;
        };
        for uri in &ear.resources {
            if let Some(followed) = state.followed.get_mut(uri) {
                followed.ears -= 1;
                if followed.ears == 0 && followed.standing == Standing::Refused {
                    state.followed.remove(uri);
                }
            }
        }
        drop(state);
        self.moved.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the server is to be told about a resource.
struct Step {
    method: Method,
    uri: Arc<str>,
}

/// Somebody listens, as long as this is there.
struct Listening<'a> {
    changes: &'a Changes,
    id: u64,
    ear: Arc<Ear>,
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        self.changes.leave(self.id);
    }
}

/// What the server can tell of what is wanted.
fn possible(filter: SubscriptionFilter, capabilities: &ServerCapabilities) -> SubscriptionFilter {
    let tools = capabilities.tools.as_ref().and_then(|can| can.list_changed);
    let prompts = (capabilities.prompts.as_ref()).and_then(|can| can.list_changed);
    let resources = capabilities.resources.as_ref();
    let and = |wanted: Option<bool>, can: Option<bool>| wanted.filter(|_| can == Some(true));
    let mut possible = SubscriptionFilter::new();
    possible.tools_list_changed = and(filter.tools_list_changed, tools);
    possible.prompts_list_changed = and(filter.prompts_list_changed, prompts);
    possible.resources_list_changed = and(
        filter.resources_list_changed,
        resources.and_then(|can| can.list_changed),
    );
    let follows = resources.and_then(|can| can.subscribe) == Some(true);
    possible.resource_subscriptions = filter.resource_subscriptions.filter(|_| follows);
    possible
}

/// The stream goes by the id of the request that opened it.
fn subscription(call: &Call) -> Option<Meta> {
    let id = serde_json::from_slice::<Raw>(call.id()?).ok()?;
    Some(Meta::new().with(Meta::SUBSCRIPTION_ID, id))
}
