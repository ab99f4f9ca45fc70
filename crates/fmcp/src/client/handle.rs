//! The handle: a connection, and what is known about it.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use fmcp_core::protocol::{
    Method, Revision,
    model::{DiscoverResult, Implementation, ServerCapabilities},
};
use fmcp_transport::client::Link;
use tokio_util::sync::CancellationToken;

use super::{
    builder::ClientBuilder,
    cache::Cache,
    catalog::Catalog,
    error::ClientError,
    inbox::Inbox,
    listen::Listening,
    many::{Many, ServerStatus},
    outgoing::Said,
    retry::{Budget, Retry},
    target::IntoTarget,
    timeout::Timeout,
    trace::Tracer,
};

/// How long a link may take to close in order.
const CLOSE: Duration = Duration::from_secs(30);

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
    budget: Budget,
    closed: CancellationToken,
    /// Ended when the client is closed, or nobody has it any more.
    listening: Mutex<Option<Listening>>,
}

/// A connection as the builder has made it.
pub(super) struct Parts {
    pub(super) link: Arc<dyn Link>,
    /// What the link consists of, where it is one to many servers.
    pub(super) many: Option<Arc<Many>>,
    pub(super) inbox: Arc<Inbox>,
    /// What every request says about the client. Replaced whole when the client says something else.
    pub(super) meta: ArcSwap<Said>,
    /// How often one call is made again with answers.
    pub(super) rounds: usize,
    pub(super) timeout: Timeout,
    pub(super) retry: Retry,
    /// Whether results are held against what their tools promise.
    pub(super) checks_output: bool,
    pub(super) catalog: Arc<Catalog>,
    pub(super) cache: Option<Arc<Cache>>,
    /// Who knows which trace calls belong to.
    pub(super) trace: Option<Box<Tracer>>,
    pub(super) listening: Option<Listening>,
}

/// What is asked about, for the words of errors.
pub(super) struct Subject<'a> {
    pub(super) method: Method,
    pub(super) name: Option<&'a str>,
}

impl From<Method> for Subject<'_> {
    fn from(method: Method) -> Self {
        Self { method, name: None }
    }
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

    pub(super) fn new(mut parts: Parts) -> Self {
        let about = parts.link.about();
        let server_info = about
            .meta
            .as_ref()
            .and_then(|meta| meta.server_info().ok()?);
        let listening = Mutex::new(parts.listening.take());
        Self(Arc::new(Shared {
            parts,
            about,
            server_info,
            last_id: AtomicU64::new(0),
            budget: Budget::default(),
            closed: CancellationToken::new(),
            listening,
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

    /// Closes the connection in order: calls that wait for an answer end with [`ClientError::Closed`], the
    /// server is told where that is possible, and what the client has started is gone when this is
    /// done. All clones are closed. Closing twice is closing once.
    ///
    /// Dropping the last clone closes, too, but nobody can wait for it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// let client = fmcp::Client::connect(fmcp::Server::new("s")).await?;
    /// client.close().await;
    /// assert!(client.is_closed());
    /// assert!(client.ping().await.is_err());
    /// # Ok(()) }
    /// ```
    pub async fn close(&self) {
        self.0.closed.cancel();
        let listening = self
            .0
            .listening
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(listening);
        if tokio::time::timeout(CLOSE, self.0.parts.link.close())
            .await
            .is_err()
        {
            tracing::warn!("the connection was not closed within {CLOSE:?}, and is given up");
        }
    }

    /// Whether the client has been closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.closed.is_cancelled()
    }

    /// How the servers are, where the client is connected to many.
    #[must_use]
    pub fn servers(&self) -> Vec<ServerStatus> {
        let many = self.0.parts.many.as_ref();
        many.map(|many| many.servers()).unwrap_or_default()
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.0.parts
    }

    pub(super) fn budget(&self) -> &Budget {
        &self.0.budget
    }

    pub(super) fn closed(&self) -> &CancellationToken {
        &self.0.closed
    }

    pub(super) fn about(&self) -> &DiscoverResult {
        &self.0.about
    }

    pub(super) fn next_id(&self) -> u64 {
        self.0.last_id.fetch_add(1, Ordering::Relaxed) + 1
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
