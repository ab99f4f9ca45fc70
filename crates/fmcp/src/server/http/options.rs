//! How a server behaves on HTTP.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use fmcp_core::{Authenticator, BoxFuture, Principal, Result, protocol::Limits};
use fmcp_transport::{
    http::{
        Body, BoxError, Cors, Fallback, Health, McpService, SessionKey, Settings, Sse2024, Upgrade,
    },
    net,
};
use http::{Request, Response};
use tower_service::Service;

/// How a server behaves on HTTP: where it listens, who may call, how much one peer may do. An address
/// alone is enough; every default is the safe one.
///
/// ```no_run
/// use fmcp::{Http, Server};
///
/// # async fn main_() -> fmcp::Result<()> {
/// let http = Http::new("0.0.0.0:8000")
///     .allow_host("mcp.example.com")
///     .session_key(std::env::var("SESSION_KEY").unwrap_or_default());
/// Server::new("crm").run_http(http).await
/// # }
/// ```
#[derive(Clone)]
pub struct Http {
    pub(super) address: Address,
    pub(super) path: String,
    pub(super) settings: Settings,
    pub(super) net: net::Settings,
    pub(super) health: Option<Health>,
    pub(super) sse_2024: Option<Sse2024>,
    pub(super) fallback: Option<Fallback>,
    pub(super) upgrades: Vec<(String, MakeUpgrade)>,
    pub(super) secure: Option<MakeSecure>,
}

/// Makes what turns connections into something else, once everything else is set.
pub(super) type MakeUpgrade =
    Arc<dyn Fn(&McpService, &net::Settings) -> Arc<dyn Upgrade> + Send + Sync>;

/// Makes what secures connections.
pub(super) type MakeSecure = Arc<dyn Fn() -> Result<Arc<dyn net::Secure>> + Send + Sync>;

/// Where to listen.
#[derive(Clone)]
pub(super) enum Address {
    /// `host:port`, or `unix:` and a path.
    Named(String),
    At(SocketAddr),
}

impl Http {
    /// Listens at `host:port`, or on a Unix socket at `unix:/path`; port 0 lets the system choose.
    pub fn new(address: impl Into<String>) -> Self {
        Self::at(Address::Named(address.into()))
    }

    fn at(address: Address) -> Self {
        Self {
            address,
            path: "/mcp".to_owned(),
            settings: Settings::default(),
            net: net::Settings::default(),
            health: Some(Health::default()),
            sse_2024: None,
            fallback: None,
            upgrades: Vec::new(),
            secure: None,
        }
    }

    /// Sets the path of the endpoint. Without it, `/mcp`.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = rooted(path.into());
        self
    }

    /// Also serves clients that know no other HTTP than HTTP+SSE, the transport of revision 2024-11-05: they
    /// are given the address of `/sse`, and are told to post to `/messages`.
    #[must_use]
    pub fn sse(self) -> Self {
        self.sse_at("/sse", "/messages")
    }

    /// As [`Http::sse`], at other paths.
    #[must_use]
    pub fn sse_at(mut self, stream: impl Into<String>, messages: impl Into<String>) -> Self {
        let paths = Sse2024::new()
            .stream(rooted(stream.into()))
            .messages(rooted(messages.into()));
        self.sse_2024 = Some(paths);
        self
    }

    /// Lets a service answer where nobody else does: an axum router, for one. It sees requests whose `Host` and
    /// `Origin` have been checked, and bodies within the limit for messages. Who is calling has not been asked.
    ///
    /// ```
    /// # use fmcp::Http;
    /// let app = axum::Router::new().route("/", axum::routing::get(|| async { "Welcome!" }));
    /// let http = Http::new("127.0.0.1:8000").fallback(app);
    /// ```
    #[must_use]
    pub fn fallback<S, B>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError> + Send,
        S::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.fallback = Some(Fallback::new(service));
        self
    }

    /// Lets the server be called by this name (`Host`), with or without a port. Loopback names and
    /// addresses are always let in: no page of somebody else's can call by those.
    #[must_use]
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.settings.hosts.push(host.into());
        self
    }

    /// Lets the server be called by any name: for servers behind something that checks it.
    #[must_use]
    pub fn allow_any_host(mut self) -> Self {
        self.settings.any_host = true;
        self
    }

    /// Lets pages of this origin call, as `https://app.example.com`. For browsers to allow it too, they
    /// have to be told: see [`Http::cors`].
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.settings.origins.push(origin.into());
        self
    }

    /// Tells browsers that pages of these origins may call, and lets them.
    #[must_use]
    pub fn cors(mut self, cors: Cors) -> Self {
        self.settings.cors = Some(cors);
        self
    }

    /// Sets the secret that legacy session ids are sealed with. Replicas that share it serve each other's
    /// sessions, and a restart loses none.
    #[must_use]
    pub fn session_key(mut self, secret: impl AsRef<[u8]>) -> Self {
        let secret = secret.as_ref();
        // An empty secret is nobody's, so it is as if there were none.
        self.settings.session_key = (!secret.is_empty()).then(|| SessionKey::new(secret));
        self
    }

    /// As [`Http::session_key`], while secrets are being changed.
    #[must_use]
    pub fn session_keys(mut self, keys: SessionKey) -> Self {
        self.settings.session_key = Some(keys);
        self
    }

    /// Gives legacy clients no sessions: every request stands alone, and they can neither be asked nor told
    /// anything outside an answer.
    #[must_use]
    pub fn stateless(mut self) -> Self {
        self.settings.sessions = false;
        self
    }

    /// Sets who finds out who is calling. Whoever it does not know is refused.
    #[must_use]
    pub fn authenticator(mut self, authenticator: impl Authenticator) -> Self {
        self.settings.authenticator = Some(Arc::new(authenticator));
        self
    }

    /// As [`Http::authenticator`], with a function: it is given the head of each request (headers, URI, and,
    /// among the extensions, [`PeerAddress`](net::PeerAddress) and
    /// [`PeerCertificates`](fmcp_transport::net::tls::PeerCertificates) where they are known), and gives the caller,
    /// `None` where the request carries no credential, or an error of kind
    /// [`Unauthenticated`](crate::Kind::Unauthenticated) or [`Forbidden`](crate::Kind::Forbidden). Handlers find the caller, and what was put
    /// [with](crate::Principal::with) it, as their [`Principal`](crate::Principal).
    ///
    /// ```
    /// use fmcp::{Error, Http, Kind, Principal};
    ///
    /// struct Plan(&'static str);
    ///
    /// let http = Http::new("127.0.0.1:8000").authenticate(|request| async move {
    ///     match request.headers.get("x-api-key").map(|key| key.as_bytes()) {
    ///         Some(b"the key of ada") => Ok(Some(Principal::new("ada").with(Plan("free")))),
    ///         Some(_) => Err(Error::new(Kind::Unauthenticated, "nobody has this key")),
    ///         None => Ok(None),
    ///     }
    /// });
    /// ```
    #[must_use]
    pub fn authenticate<F, Fut, P>(mut self, function: F) -> Self
    where
        F: Fn(http::request::Parts) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<P>> + Send + 'static,
        P: Into<Option<Principal>>,
    {
        self.net.peer_address = true;
        self.authenticator(Hook(function))
    }

    /// Sets what `/health` and `/ready` answer.
    #[must_use]
    pub fn health(mut self, health: Health) -> Self {
        self.health = Some(health);
        self
    }

    /// Answers nobody who asks for health.
    #[must_use]
    pub fn without_health(mut self) -> Self {
        self.health = None;
        self
    }

    /// Sets the bounds for each message.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Sets how long a call may take. Without it, an hour.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.settings.call_timeout = timeout;
        self
    }

    /// Sets how long calls that run may go on once the server is told to stop. Without it, 30 seconds.
    #[must_use]
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.net.drain_timeout = timeout;
        self
    }

    /// Changes anything else about the endpoint.
    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Changes anything else about connections.
    #[must_use]
    pub fn net(mut self, change: impl FnOnce(&mut net::Settings)) -> Self {
        change(&mut self.net);
        self
    }
}

/// An authenticator that is a function.
struct Hook<F>(F);

impl<F, Fut, P> Authenticator for Hook<F>
where
    F: Fn(http::request::Parts) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<P>> + Send + 'static,
    P: Into<Option<Principal>>,
{
    fn authenticate<'a>(
        &'a self,
        request: &'a http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>>> {
        let finding = (self.0)(request.clone());
        Box::pin(async move { Ok(finding.await?.into()) })
    }
}

/// Paths begin with a slash, also where nobody has written one.
pub(super) fn rooted(path: String) -> String {
    if path.starts_with('/') {
        path
    } else {
        format!("/{path}")
    }
}

impl From<&str> for Http {
    fn from(address: &str) -> Self {
        Self::new(address)
    }
}

impl From<String> for Http {
    fn from(address: String) -> Self {
        Self::new(address)
    }
}

impl From<SocketAddr> for Http {
    fn from(address: SocketAddr) -> Self {
        Self::at(Address::At(address))
    }
}
