//! The handle: a connection, and the one way in which everything is asked through it.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Reply,
    protocol::{
        Era, Method, Params, Revision,
        model::{DiscoverResult, Implementation, Meta, ProgressToken, ServerCapabilities},
    },
};
use fmcp_transport::client::Link;
use serde::Serialize;
use tokio::time::Instant;

use super::{
    builder::ClientBuilder, error::ClientError, inbox::Inbox, listen::Listening,
    options::CallOptions, outgoing::dress, rounds, target::IntoTarget,
};

/// A connection to a server. A clone is the same connection; dropping a future cancels its call.
///
/// ```
/// use fmcp::{Client, Input, Server, Tool};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Add { a: i64, b: i64 }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
/// let server = Server::new("calculator")
///     .tool(Tool::new("add", |Input(Add { a, b })| async move { a + b }));
/// let client = Client::connect(&server).await?;
///
/// assert_eq!(client.list_tools().await?[0].name, "add");
/// let sum: i64 = client.call("add", serde_json::json!({"a": 1, "b": 2})).await?.parse()?;
/// assert_eq!(sum, 3);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    parts: Parts,
    about: Arc<DiscoverResult>,
    server_info: Option<Implementation>,
    last_id: AtomicU64,
}

/// A connection as the builder has made it.
pub(super) struct Parts {
    pub(super) link: Arc<dyn Link>,
    pub(super) inbox: Arc<Inbox>,
    /// What every request says about the client. Replaced whole when the client says something else.
    pub(super) meta: ArcSwap<Meta>,
    /// How often one call is made again with answers.
    pub(super) rounds: usize,
    pub(super) timeout: Option<Duration>,
    /// Which tools wrap their values, as far as the client has listed them.
    pub(super) wraps: Arc<Mutex<HashMap<Box<str>, bool>>>,
    /// Kept for as long as the client lives.
    #[allow(dead_code, reason = "it acts when it is dropped")]
    pub(super) listening: Option<Listening>,
}

/// What is asked about, for the words of errors.
pub(super) struct Subject<'a> {
    pub(super) method: Method,
    pub(super) name: Option<&'a str>,
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method.as_str())?;
        self.name.map_or(Ok(()), |name| write!(f, " {name}"))
    }
}

impl Client {
    /// Connects to a server: one of this process, for now.
    ///
    /// # Errors
    /// When the server cannot be started or reached.
    pub async fn connect(target: impl IntoTarget) -> Result<Self, ClientError> {
        Self::builder(target).connect().await
    }

    /// A client that is still to be told more.
    #[must_use]
    pub fn builder(target: impl IntoTarget) -> ClientBuilder {
        ClientBuilder::new(target)
    }

    pub(super) fn new(parts: Parts) -> Self {
        let about = parts.link.about();
        let server_info = about
            .meta
            .as_ref()
            .and_then(|meta| meta.server_info().ok()?);
        Self(Arc::new(Shared {
            parts,
            about,
            server_info,
            last_id: AtomicU64::new(0),
        }))
    }

    /// The name and version that the server gave when it was connected to.
    #[must_use]
    pub fn server_info(&self) -> Option<&Implementation> {
        self.0.server_info.as_ref()
    }

    /// What the server could do when it was connected to.
    #[must_use]
    pub fn capabilities(&self) -> &ServerCapabilities {
        &self.0.about.capabilities
    }

    /// How to use the server, for a model.
    #[must_use]
    pub fn instructions(&self) -> Option<&str> {
        self.0.about.instructions.as_deref()
    }

    /// The revision that is spoken.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.0.parts.link.revision()
    }

    pub(super) fn about(&self) -> &DiscoverResult {
        &self.0.about
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.0.parts
    }

    pub(super) fn wraps(&self) -> std::sync::MutexGuard<'_, HashMap<Box<str>, bool>> {
        self.0
            .parts
            .wraps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks anything, in the words of the protocol.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// use fmcp::{Client, Method, Server};
    ///
    /// let client = Client::connect(Server::new("s")).await?;
    /// let reply = client.request(Method::ListTools, &serde_json::json!({})).await?;
    /// assert!(reply.into_tools()?.tools.is_empty());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the call cannot be made, or is answered with an error.
    pub async fn request<P: Serialize + ?Sized>(
        &self,
        method: Method,
        params: &P,
    ) -> Result<Reply, ClientError> {
        let subject = Subject { method, name: None };
        self.ask(subject, params, CallOptions::new()).await
    }

    /// The one way in which everything is asked.
    pub(super) async fn ask<P: Serialize + ?Sized>(
        &self,
        subject: Subject<'_>,
        params: &P,
        options: CallOptions,
    ) -> Result<Reply, ClientError> {
        let parts = &self.0.parts;
        let id = self.next_id();
        let hears = options.progress.is_some() || parts.inbox.hears_progress();
        let token = hears.then(|| ProgressToken::from(id));
        let dressed = dress(
            params,
            &options.more,
            &parts.meta.load(),
            &options.meta,
            token.as_ref(),
        );
        let params = dressed.map_err(|e| ClientError::unwritable(&subject.to_string(), e))?;
        let _expected = token.map(|token| parts.inbox.expect(token, options.progress));
        let after = options.timeout.unwrap_or(parts.timeout);
        let deadline = after.and_then(|after| Instant::now().checked_add(after));
        let answer = self.answer(&subject.method, params, id, deadline);
        let outcome = match after {
            None => answer.await,
            Some(after) => {
                let timeout = || ClientError::Timeout {
                    what: subject.to_string().into(),
                    after,
                };
                tokio::time::timeout(after, answer)
                    .await
                    .map_err(|_| timeout())?
            }
        };
        outcome.map_err(|e| ClientError::call(&subject.to_string(), e))
    }

    /// What comes of asking, also when the server asks back before it answers.
    async fn answer(
        &self,
        method: &Method,
        params: Params,
        id: u64,
        deadline: Option<Instant>,
    ) -> Result<Reply, Error> {
        let first = self.exchange(method, params.clone(), id, deadline).await;
        if !rounds::may_ask(method) || !rounds::asks(&first) {
            return first;
        }
        let parts = &self.0.parts;
        // Boxed, so that the common way does not carry the room that this one needs.
        let rounds = rounds::go(parts.inbox.desk(), parts.rounds, params, first, |params| {
            self.exchange(method, params, self.next_id(), deadline)
        });
        let rounds: BoxFuture<'_, _> = Box::pin(rounds);
        rounds.await
    }

    /// Asks once.
    async fn exchange(
        &self,
        method: &Method,
        params: Params,
        id: u64,
        deadline: Option<Instant>,
    ) -> Result<Reply, Error> {
        let parts = &self.0.parts;
        let mut call = Call::new(method.clone(), params)
            .with_id(id.to_string().into())
            .with_peer(Arc::clone(&parts.inbox) as _);
        if let Some(deadline) = deadline {
            call = call.with_deadline(deadline.into_std());
        }
        let reply = parts.link.call(call).await?;
        self.settle(method, reply)
    }

    fn next_id(&self) -> u64 {
        self.0.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The reply as it would have come over the wire.
    fn settle(&self, method: &Method, reply: Reply) -> Result<Reply, Error> {
        let mut reply = match reply.unshared() {
            Reply::Raw(revision, text) => revision.raise(method, &text)?,
            reply => reply,
        };
        if self.revision().era() == Era::Modern {
            self.revision().lower(&mut reply);
        }
        Ok(reply)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = self.server_info().map(|server| server.name.as_str());
        f.debug_struct("Client")
            .field("server", &server)
            .field("revision", &self.revision())
            .finish_non_exhaustive()
    }
}
