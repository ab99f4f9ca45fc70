//! Hearing of changes: a call that stays open, and is made again when the server has gone away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use fmcp_core::{
    BoxFuture, Call, ComponentKind, Endpoint, Error, Extra, Kind, Notice, Reply, Result,
    protocol::{
        Method, Topic,
        model::{AcknowledgedParams, ListenParams, Meta, SubscriptionFilter},
    },
};
use fmcp_transport::client::{Backoff, Link};
use tokio::{sync::watch, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{changes::Changes, inbox::Inbox, outgoing};

/// A stream that has lasted this long has worked; a server that ends them faster is asked ever slower.
const LASTED: Duration = Duration::from_secs(30);

/// Which streams this process has opened.
static OPENED: AtomicU64 = AtomicU64::new(0);

/// A call that stays open until this is dropped.
pub(super) struct Listening(JoinHandle<()>);

impl Listening {
    /// Whether something may still be told.
    pub(super) fn is_going_on(&self) -> bool {
        !self.0.is_finished()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What is listened to, and who hears.
pub(super) struct Ear {
    pub(super) link: Arc<dyn Link>,
    /// Hears everything, for the callbacks.
    pub(super) inbox: Arc<Inbox>,
    pub(super) meta: Meta,
    pub(super) filter: SubscriptionFilter,
    /// Cancelled when nobody wants to hear any more.
    pub(super) closed: CancellationToken,
    /// Where changes wait for whoever reads the stream, if somebody does.
    pub(super) changes: Option<Arc<Changes>>,
}

/// What has become of a stream.
#[derive(Clone)]
enum State {
    Opening,
    /// The server tells of this.
    Agreed(SubscriptionFilter),
    /// It never came about.
    Failed(Arc<Error>),
}

/// How long whoever connects waits for the server to agree that it tells of its lists.
const AGREEMENT: Duration = Duration::from_secs(5);

/// Asks to hear of changes to every list. Comes back when the server has agreed. That it has refused, or
/// says nothing, is only worth a warning.
pub(super) async fn lists(
    link: Arc<dyn Link>,
    inbox: Arc<Inbox>,
    meta: &Meta,
) -> Result<Listening> {
    let ear = Ear {
        link,
        inbox,
        meta: meta.clone(),
        filter: every_list(),
        closed: CancellationToken::new(),
        changes: None,
    };
    let (listening, state) = start(ear)?;
    match tokio::time::timeout(AGREEMENT, settled(state)).await {
        Ok(State::Failed(error)) => {
            tracing::warn!(%error, "the server does not tell when its lists change");
        }
        Ok(_) => {}
        Err(_) => {
            tracing::warn!("the server has not said yet whether it tells when its lists change");
        }
    }
    Ok(listening)
}

/// Changes to every list.
pub(super) fn every_list() -> SubscriptionFilter {
    SubscriptionFilter::new()
        .tools_list_changed(true)
        .resources_list_changed(true)
        .prompts_list_changed(true)
}

/// Listens, and gives what the server has agreed to tell.
pub(super) async fn open(ear: Ear) -> Result<(Listening, SubscriptionFilter)> {
    let (listening, state) = start(ear)?;
    match settled(state).await {
        State::Agreed(filter) => Ok((listening, filter)),
        State::Failed(error) => {
            Err(Error::new(error.kind(), error.message().to_owned()).caused_by(error))
        }
        State::Opening => Err(Error::new(
            Kind::Unavailable,
            "the stream of changes has ended",
        )),
    }
}

fn start(ear: Ear) -> Result<(Listening, watch::Receiver<State>)> {
    let params = ListenParams::new(ear.filter.clone());
    let params = outgoing::dress(&params, &Extra::new(), &ear.meta, &Meta::new(), None)?;
    let (tell, state) = watch::channel(State::Opening);
    let call = Call::new(Method::Listen, params);
    let task = tokio::spawn(listen(Arc::new(ear), call, Arc::new(tell)));
    Ok((Listening(task), state))
}

async fn settled(mut state: watch::Receiver<State>) -> State {
    match state
        .wait_for(|state| !matches!(state, State::Opening))
        .await
    {
        Ok(state) => state.clone(),
        Err(_) => State::Opening,
    }
}

/// Listens until there is nothing more to hear, and says so to whoever reads.
async fn listen(ear: Arc<Ear>, call: Call, state: Arc<watch::Sender<State>>) {
    tokio::select! {
        () = ear.closed.cancelled() => {}
        () = keep_open(Arc::clone(&ear), call, state) => {}
    }
    if let Some(changes) = &ear.changes {
        changes.end();
    }
}

/// Keeps a stream open for as long as the server may open it again.
async fn keep_open(ear: Arc<Ear>, call: Call, state: Arc<watch::Sender<State>>) {
    let mut pauses = Backoff::default();
    loop {
        let began = Instant::now();
        let number = OPENED.fetch_add(1, Ordering::Relaxed) + 1;
        let stream = Stream {
            ear: Arc::clone(&ear),
            state: Arc::clone(&state),
            is_open: AtomicBool::new(false),
        };
        let call = call
            .clone()
            .with_id(format!("\"listen-{number}\"").into())
            .with_peer(Arc::new(stream));
        let end = ear.link.call(call).await.err();
        if matches!(*state.borrow(), State::Opening) {
            let error = end.unwrap_or_else(|| {
                Error::new(
                    Kind::Unavailable,
                    "the server has ended the stream before it began",
                )
            });
            state.send_replace(State::Failed(Arc::new(error)));
            break;
        }
        if let Some(error) = end.filter(|error| is_final(error.kind())) {
            tracing::warn!(%error, "the server does not tell of changes any more");
            break;
        }
        if began.elapsed() >= LASTED {
            pauses.reset();
        }
        tokio::time::sleep(pauses.next(None)).await;
    }
}

/// Whether a server that says this will say it again.
fn is_final(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::MethodNotFound
            | Kind::InvalidRequest
            | Kind::InvalidParams
            | Kind::NotFound
            | Kind::MissingCapability
            | Kind::UnsupportedRevision
            | Kind::Unauthenticated
            | Kind::Forbidden
            | Kind::Cancelled
    )
}

/// The peer of a call that stays open.
struct Stream {
    ear: Arc<Ear>,
    state: Arc<watch::Sender<State>>,
    is_open: AtomicBool,
}

impl Stream {
    async fn hear(&self, notice: Notice) {
        if let Notice::Other(Topic::Acknowledged, params) = &notice {
            if self.is_open.swap(true, Ordering::Relaxed) {
                return;
            }
            let agreed = params.parse::<AcknowledgedParams>();
            let agreed =
                agreed.map_or_else(|_| SubscriptionFilter::new(), |agreed| agreed.notifications);
            let before = self.state.send_replace(State::Agreed(agreed));
            if matches!(before, State::Agreed(_)) {
                self.missed().await;
            }
            return;
        }
        if let Some(changes) = &self.ear.changes {
            changes.hear(&notice);
        }
        self.ear.inbox.notify(notice).await;
    }

    /// Nobody knows what has changed while there was no stream, so everything may have.
    async fn missed(&self) {
        if let Some(changes) = &self.ear.changes {
            changes.missed();
        }
        self.ear.inbox.missed();
        for notice in everything(&self.ear.filter) {
            self.ear.inbox.notify(notice).await;
        }
    }
}

/// Every change that a stream may tell of.
fn everything(filter: &SubscriptionFilter) -> Vec<Notice> {
    let lists = [
        (filter.tools_list_changed, ComponentKind::Tool),
        (filter.resources_list_changed, ComponentKind::Resource),
        (filter.prompts_list_changed, ComponentKind::Prompt),
    ];
    let lists = lists
        .into_iter()
        .filter(|(wanted, _)| *wanted == Some(true));
    let resources = filter.resource_subscriptions.iter().flatten();
    lists
        .map(|(_, kind)| Notice::ListChanged(kind))
        .chain(resources.map(|uri| Notice::ResourceUpdated(uri.as_str().into())))
        .collect()
}

impl Endpoint for Stream {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        let words = format!("{} cannot be asked on a stream of changes", call.method());
        Box::pin(std::future::ready(Err(Error::new(
            Kind::InvalidRequest,
            words,
        ))))
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(self.hear(notice))
    }
}
