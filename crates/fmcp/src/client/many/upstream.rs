//! One server of many: opened in its own time, tried again when it is down.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use fmcp_core::{
    Call, ComponentKind, Endpoint, Error, Extra, Kind, Notice, Origin, Raw, Reply, Result,
    protocol::{
        Method, Params, Revision,
        model::{ClientCapabilities, DiscoverResult, Implementation, Meta},
    },
};
use fmcp_transport::client::{Backoff, Link};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout},
};

use super::{
    super::target::{Approach, Target},
    news::News,
};
use crate::{config::Names, namespace::Namespace};

/// How a server of many is opened, and what of it is let through.
pub(crate) struct Opening {
    pub(crate) name: Box<str>,
    pub(crate) target: Target,
    pub(crate) how: Approach,
    pub(crate) tools: Names,
    /// How long one call may take, where the server has a limit of its own.
    pub(crate) timeout: Option<Duration>,
}

/// How one of the servers is that a client is connected to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerStatus {
    /// What it is called in the configuration.
    pub name: Box<str>,
    /// Whether it is there.
    pub state: ServerState,
    /// The name and version that it gave.
    pub server_info: Option<Implementation>,
    /// The revision that is spoken with it.
    pub revision: Option<Revision>,
}

/// Whether a server is there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerState {
    /// It is being connected to for the first time.
    Connecting,
    /// It is there.
    Connected,
    /// It could not be connected to, or could not be reached when something was last asked of it. It will be tried
    /// again.
    Down {
        /// Why not.
        why: Arc<str>,
    },
}

/// One server of many.
pub(crate) struct Upstream {
    opening: Opening,
    /// Without one, everything is called what the server calls it.
    namespace: Option<Namespace>,
    state: watch::Sender<State>,
    /// Why it could not be reached when something was last asked of it.
    trouble: ArcSwapOption<Box<str>>,
    /// Told of trouble.
    alarm: Notify,
}

#[derive(Clone)]
enum State {
    Connecting,
    Up(Arc<dyn Link>),
    Down(Arc<Error>, Instant),
}

impl Upstream {
    pub(crate) fn new(opening: Opening, alone: bool) -> Self {
        let namespace = (!alone).then(|| Namespace::new(opening.name.clone()));
        Self {
            opening,
            namespace,
            state: watch::Sender::new(State::Connecting),
            trouble: ArcSwapOption::empty(),
            alarm: Notify::new(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.opening.name
    }

    pub(crate) fn namespace(&self) -> Option<&Namespace> {
        self.namespace.as_ref()
    }

    /// How long one call may take, where the server has a limit of its own.
    pub(super) fn limit(&self) -> Option<Duration> {
        self.opening.timeout
    }

    /// Whether one of its tools is let through, by what the server calls it.
    pub(crate) fn admits(&self, tool: &str) -> bool {
        self.opening.tools.admit(tool)
    }

    /// Tries to connect, each time within `patience`, until it has worked. Clients hear when it works late.
    pub(crate) async fn connect(self: Arc<Self>, patience: Duration) {
        let mut pauses = Backoff::default();
        let mut late = false;
        let mut news = News::default();
        loop {
            let opened = self.opening.target.open(self.opening.how.clone());
            let identity = &self.opening.how.identity;
            let error = match identity.within(patience, opened).await {
                Some(Ok(opened)) => {
                    self.state.send_replace(State::Up(opened.link));
                    break;
                }
                Some(Err(error)) => error,
                None => Error::new(
                    Kind::Timeout,
                    format!("it did not answer within {patience:?}"),
                ),
            };
            let pause = pauses.next(error.pause());
            if news.is_new(&error) {
                tracing::warn!(server = self.name(), %error, again_in = ?pause, "a server cannot be connected to");
            } else {
                tracing::debug!(server = self.name(), %error, again_in = ?pause, "a server cannot be connected to");
            }
            let down = State::Down(Arc::new(error), Instant::now() + pause);
            self.state.send_replace(down);
            late = true;
            sleep(pause).await;
        }
        if late {
            tracing::info!(server = self.name(), "a server is there now");
            for kind in [
                ComponentKind::Tool,
                ComponentKind::Resource,
                ComponentKind::Prompt,
            ] {
                self.opening
                    .how
                    .peer
                    .notify(Notice::ListChanged(kind))
                    .await;
            }
        }
    }

    /// Whether it cannot be connected to, which the log has been told.
    pub(crate) fn is_down(&self) -> bool {
        matches!(*self.state.borrow(), State::Down(..))
    }

    /// How long it may take to be there.
    pub(crate) fn patience(&self) -> Duration {
        self.opening.how.patience
    }

    /// Another link to the same server, for a client of its own.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) async fn another(
        &self,
        info: Option<Implementation>,
        capabilities: ClientCapabilities,
        peer: Arc<dyn Endpoint>,
    ) -> Result<Arc<dyn Link>> {
        let mut how = self.opening.how.clone();
        how.greeting.info = info.unwrap_or(how.greeting.info);
        how.greeting.capabilities = capabilities;
        how.peer = peer;
        let patience = self.patience();
        let opened = self.opening.target.open(how);
        match timeout(patience, opened).await {
            Ok(opened) => Ok(opened
                .map_err(|error| error.from_origin(self.origin()))?
                .link),
            Err(_) => {
                let words = format!("it did not answer within {patience:?}");
                Err(Error::new(Kind::Timeout, words)
                    .unsent()
                    .from_origin(self.origin()))
            }
        }
    }

    /// Comes back when it is known for the first time whether the server is there.
    pub(crate) async fn settled(&self) {
        let mut state = self.state.subscribe();
        // An error says that nobody tries any more, and that nothing else will become known.
        let _ = state
            .wait_for(|state| !matches!(state, State::Connecting))
            .await;
    }

    /// The link, when the server is there at last.
    pub(crate) async fn awaited(&self) -> Option<Arc<dyn Link>> {
        let mut state = self.state.subscribe();
        match &*state
            .wait_for(|state| matches!(state, State::Up(_)))
            .await
            .ok()?
        {
            State::Up(link) => Some(Arc::clone(link)),
            _ => None,
        }
    }

    /// The link.
    ///
    /// # Errors
    /// When the server is not there.
    pub(crate) fn link(&self) -> Result<Arc<dyn Link>> {
        let error = match &*self.state.borrow() {
            State::Up(link) => return Ok(Arc::clone(link)),
            State::Connecting => Error::new(Kind::Unavailable, "it is still being connected to"),
            State::Down(why, again) => {
                let pause = again.saturating_duration_since(Instant::now());
                Error::new(
                    why.kind(),
                    format!("it is down ({why}); it is tried again in {pause:.0?}"),
                )
                .caused_by(Arc::clone(why))
                .retry_after(pause)
            }
        };
        Err(error.unsent().from_origin(self.origin()))
    }

    pub(crate) fn about(&self) -> Option<Arc<DiscoverResult>> {
        self.link().ok().map(|link| link.about())
    }

    pub(crate) fn status(&self) -> ServerStatus {
        let (state, link) = match &*self.state.borrow() {
            State::Connecting => (ServerState::Connecting, None),
            State::Up(link) => {
                let state = match &*self.trouble.load() {
                    Some(why) => ServerState::Down {
                        why: Arc::from(&***why),
                    },
                    None => ServerState::Connected,
                };
                (state, Some(Arc::clone(link)))
            }
            State::Down(why, _) => (
                ServerState::Down {
                    why: why.to_string().into(),
                },
                None,
            ),
        };
        let info = |about: Arc<DiscoverResult>| about.meta.as_ref()?.server_info().ok()?;
        ServerStatus {
            name: self.name().into(),
            state,
            server_info: link.as_ref().and_then(|link| info(link.about())),
            revision: link.map(|link| link.revision()),
        }
    }

    /// Remembers what came of something that was asked of it: an answer, or that it cannot be reached.
    pub(crate) fn heard<T>(&self, outcome: &Result<T>) {
        let is_answer = match outcome {
            Ok(_) => true,
            Err(error) => match error.kind() {
                Kind::NotFound | Kind::InvalidParams | Kind::MethodNotFound => true,
                // With data it is an answer, too: a gateway says that what stands behind it cannot be reached.
                Kind::Unavailable if error.to_object().data.is_none() => {
                    self.failed(error);
                    false
                }
                _ => false,
            },
        };
        // It nearly always is well, and then nothing is written that others read.
        if is_answer && self.trouble.load().is_some() {
            self.trouble.store(None);
        }
    }

    /// Remembers that it does not do what it has to.
    pub(crate) fn failed(&self, error: &Error) {
        let why = error.to_string().into_boxed_str();
        self.trouble.store(Some(Arc::new(why)));
        self.alarm.notify_one();
    }

    /// Comes back when it could not be reached when something was last asked of it. For one who waits.
    pub(crate) async fn troubled(&self) {
        while self.trouble.load().is_none() {
            self.alarm.notified().await;
        }
    }

    /// Lets the server answer a call whose parameters speak of things as it does.
    pub(crate) async fn answer(&self, call: Call) -> Result<Reply> {
        let method = call.method().clone();
        let reply = self.reply(call).await?;
        self.raise(&method, reply)
    }

    /// The same, as it came.
    pub(crate) async fn reply(&self, call: Call) -> Result<Reply> {
        let link = self.link()?;
        let answer = link.call(self.dress(call, link.revision())?);
        let outcome = match self.opening.timeout {
            None => answer.await,
            Some(after) => timeout(after, answer).await.unwrap_or_else(|_| {
                let words = format!("it did not answer within {after:?}");
                Err(Error::new(Kind::Timeout, words))
            }),
        };
        self.heard(&outcome);
        outcome.map_err(|error| error.from_origin(self.origin()))
    }

    /// What came, as a reply that can be looked into.
    pub(crate) fn raise(&self, method: &Method, reply: Reply) -> Result<Reply> {
        match reply.unshared() {
            Reply::Raw(revision, text) => revision
                .raise(method, &text)
                .map_err(|error| error.from_origin(self.origin())),
            reply => Ok(reply),
        }
    }

    /// The same call with the metadata that the server's revision has: the caller speaks the newest.
    pub(crate) fn dress(&self, call: Call, revision: Revision) -> Result<Call> {
        let mut meta = Meta::from(call.meta());
        let own = self.opening.how.greeting.meta(revision)?;
        let level = meta.remove(Meta::LOG_LEVEL);
        for key in [
            Meta::PROTOCOL_VERSION,
            Meta::CLIENT_INFO,
            Meta::CLIENT_CAPABILITIES,
        ] {
            meta.remove(key);
        }
        for (key, value) in own.iter() {
            meta.insert(key.to_owned(), value.clone());
        }
        if let Some(level) = level.filter(|_| own.get(Meta::PROTOCOL_VERSION).is_some()) {
            meta.insert(Meta::LOG_LEVEL, level);
        }
        let mut fields: Extra = call.params().parse()?;
        fields.remove("_meta");
        if !meta.is_empty() {
            let meta = Raw::from_serialize(&meta)
                .map_err(|e| Error::internal("metadata cannot be written").caused_by(e))?;
            fields.insert("_meta", meta);
        }
        Ok(call.with_params(Params::of(&fields)?))
    }

    /// Whether the server has said that it has anything of this kind.
    pub(crate) fn has(&self, method: &Method) -> bool {
        self.about().is_some_and(|about| {
            let can = &about.capabilities;
            match method {
                Method::ListTools => can.tools.is_some(),
                Method::ListPrompts => can.prompts.is_some(),
                Method::ListResources | Method::ListTemplates => can.resources.is_some(),
                _ => true,
            }
        })
    }

    pub(crate) async fn close(&self) {
        if let Ok(link) = self.link() {
            link.close().await;
        }
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin::Upstream(self.name().into())
    }
}
