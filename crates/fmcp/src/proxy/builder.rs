//! A proxy, and how it is told what to do.

use std::{collections::HashSet, fmt, sync::Arc, time::Duration};

use fmcp_core::{
    Error, Extensions, Kind, Raw, Result, Scheme, ToolError,
    protocol::model::{
        ClientCapabilities, ElicitationCapability, Implementation, RootsCapability,
        SamplingCapability,
    },
};
use fmcp_transport::client::Greeting;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::{sync::Mutex, task::JoinSet};

use super::{
    desk::Desk,
    gate::{Gate, Options},
    keep,
};
use crate::{
    Approvals, Server,
    client::{Approach, Identity, IntoTarget, Opening, ServerStatus, Target, Upstream},
    config::Names,
};

/// How long an upstream may take to be there at first.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who shares a session with an upstream that has sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sessions {
    /// Callers with sessions of their own get one each where the upstream is at an address, and share one where it
    /// is a program.
    #[default]
    Auto,
    /// All callers share one.
    Shared,
    /// Every caller with a session of its own gets one; for a program that is a process for each.
    PerCaller,
}

/// A server in front of another one: an address, a command, a configuration, a `&Server`.
///
/// It becomes a [`Server`] that has what the upstream has, and goes with it: give it middleware, mount it, run it on
/// any transport. Results pass as they came, to the letter. Callers and upstream need not speak the same revision:
/// what the upstream asks is asked in the caller's way.
///
/// Nothing of a caller's HTTP request goes to the upstream, unless [`ProxyBuilder::pass_header`] names it.
///
/// ```
/// use fmcp::{Client, Proxy, Server, Tool};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
/// let remote = Server::new("remote").tool(Tool::new("forecast", || async { "sun" }));
/// let proxy = Proxy::connect(&remote).await?;
///
/// let app = Server::new("app");
/// app.mount("weather", &proxy)?;
/// let client = Client::connect(&app).await?;
/// assert_eq!(client.call("weather_forecast", ()).await?.text(), "sun");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Proxy {
    server: Server,
    gate: Arc<Gate>,
}

/// A proxy that is still to be told more.
#[must_use = "nothing is connected to yet"]
pub struct ProxyBuilder {
    target: Target,
    name: Option<Box<str>>,
    headers: HeaderMap,
    scheme: Option<Arc<dyn Scheme>>,
    tools: Names,
    connect_timeout: Duration,
    options: Options,
}

impl Proxy {
    /// Connects to an upstream, and reads what it has.
    ///
    /// # Errors
    /// When the upstream cannot be reached, or not be listed.
    pub async fn connect(target: impl IntoTarget) -> Result<Self> {
        Self::builder(target).connect().await
    }

    /// A proxy that is still to be told more.
    pub fn builder(target: impl IntoTarget) -> ProxyBuilder {
        ProxyBuilder {
            target: target.into_target(),
            name: None,
            headers: HeaderMap::new(),
            scheme: None,
            tools: Names::new(),
            connect_timeout: PATIENCE,
            options: Options::default(),
        }
    }

    /// The server that has what the upstream has. It holds the proxy.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// How the upstream is.
    #[must_use]
    pub fn status(&self) -> ServerStatus {
        self.gate.upstream().status()
    }

    /// Reads what the upstream has now. It is done by itself when the upstream says that something has changed,
    /// when it is there again, and from time to time.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub async fn refresh(&self) -> Result<()> {
        keep::read(&self.gate, &self.server).await
    }
}

impl From<Proxy> for Server {
    fn from(proxy: Proxy) -> Self {
        proxy.server
    }
}

impl From<&Proxy> for Server {
    fn from(proxy: &Proxy) -> Self {
        proxy.server.clone()
    }
}

impl ProxyBuilder {
    /// Sets what the upstream is called in errors and in the log. Without it, `upstream`.
    pub fn name(mut self, name: impl Into<Box<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Passes a header of the caller's request on with each call, where the upstream is at an address. None is, not
    /// even `Authorization`, unless it is named here.
    pub fn pass_header(mut self, name: HeaderName) -> Self {
        self.options.passed.insert(name);
        self
    }

    /// Adds a header to every request of the proxy. It shows in no log.
    pub fn header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        self.headers.append(name, value);
        self
    }

    /// Sets how the proxy proves to the upstream who it is.
    pub fn auth(mut self, scheme: impl Scheme) -> Self {
        self.scheme = Some(Arc::new(scheme));
        self
    }

    /// Sets which tools are let through, by what the upstream calls them.
    pub fn tools(mut self, tools: Names) -> Self {
        self.tools = tools;
        self
    }

    /// Sets how long a call may go without any sign of the upstream. Without it, two minutes.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// Sets how long an upstream may take to be there at first. Without it, ten seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets for how long what an upstream had stays listed while it is down. Without it, five minutes.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.options.grace = grace;
        self
    }

    /// Sets after how long lists are read again though nobody has said that they changed. Without it, five minutes.
    pub fn refresh_every(mut self, pause: Duration) -> Self {
        self.options.refresh = pause;
        self
    }

    /// Sets how many calls the upstream is given at once; further ones are refused. Without it, 1024.
    pub fn calls(mut self, calls: usize) -> Self {
        self.options.calls = calls;
        self
    }

    /// Sets who shares a session with an upstream that has sessions.
    pub fn sessions(mut self, sessions: Sessions) -> Self {
        self.options.sessions = sessions;
        self
    }

    /// Holds tools whose definition has changed until it is approved. Without it, whatever the upstream says is shown.
    pub fn approvals(mut self, approvals: &Approvals) -> Self {
        self.options.approvals = Some(approvals.clone());
        self
    }

    /// Connects, and reads what the upstream has.
    ///
    /// # Errors
    /// When the upstream cannot be reached, or not be listed.
    pub async fn connect(self) -> Result<Proxy> {
        let patience = self.connect_timeout;
        let (proxy, tasks) = self.build()?;
        tasks.begin(&proxy).await;
        let listed = tokio::time::timeout(patience, proxy.gate.first_listed()).await;
        match listed {
            Ok(outcome) => outcome?,
            Err(_) => {
                let words = format!("the upstream was not there within {patience:?}");
                return Err(Error::new(Kind::Timeout, words).from_origin(proxy.gate.origin()));
            }
        }
        Ok(proxy)
    }

    /// A proxy that connects when its server starts, and again until the upstream is there. The server starts though
    /// the upstream is down; `wait` is how long it waits to see.
    ///
    /// # Errors
    /// When it does not say what to connect to.
    pub fn lazy(self, wait: Duration) -> Result<Proxy> {
        let (mut proxy, tasks) = self.build()?;
        let (gate, behind) = (Arc::clone(&proxy.gate), proxy.server.downgrade());
        proxy.server = proxy.server.on_start(move |_: Arc<Extensions>| async move {
            if let Some(server) = behind.server() {
                tasks
                    .begin(&Proxy {
                        server,
                        gate: Arc::clone(&gate),
                    })
                    .await;
            }
            // Why it cannot be connected to is in the log by then.
            if let Ok(Err(error)) = tokio::time::timeout(wait, gate.first_listed()).await
                && !gate.upstream().is_down()
            {
                tracing::warn!(%error, "an upstream is not there yet");
            }
            Ok::<_, ToolError>(Begun)
        });
        Ok(proxy)
    }

    fn build(self) -> Result<(Proxy, Tasks)> {
        let target = self.target.understood()?;
        let name = self.name.unwrap_or_else(|| "upstream".into());
        let desk = Arc::new(Desk::default());
        let is_remote = target.is_remote();
        let greeting = {
            let info = Implementation::new("fmcp", env!("CARGO_PKG_VERSION"));
            let mut greeting = Greeting::new(info);
            greeting.capabilities = everything();
            greeting
        };
        let how = Approach {
            greeting,
            peer: Arc::clone(&desk) as _,
            patience: self.connect_timeout,
            headers: self.headers,
            identity: Identity::new(self.scheme),
            extensions: Extensions::new(),
        };
        let opening = Opening {
            name: name.clone(),
            target,
            how,
            tools: self.tools,
            timeout: None,
        };
        let upstream = Arc::new(Upstream::new(opening, true));
        let gate = Arc::new(Gate::new(upstream, desk, is_remote, self.options));
        let tasks = Tasks::default();
        let closing = Arc::clone(&gate);
        let server = Server::new(&*name)
            .fallback(Arc::clone(&gate) as _)
            .state(tasks.clone())
            .state(Standing(Arc::clone(gate.upstream())))
            .on_stop(move |_| async move { closing.close().await });
        Ok((Proxy { server, gate }, tasks))
    }
}

/// What a caller may be able to do for an upstream: the upstream is told of all, and each caller asked for what it
/// can.
fn everything() -> ClientCapabilities {
    let mut elicitation = ElicitationCapability::new();
    elicitation.form = Some(Raw::empty_object());
    elicitation.url = Some(Raw::empty_object());
    let mut sampling = SamplingCapability::new();
    sampling.tools = Some(Raw::empty_object());
    let mut all = ClientCapabilities::new();
    all.elicitation = Some(elicitation);
    all.sampling = Some(sampling);
    all.roots = Some(RootsCapability::new());
    all
}

/// How the upstream of a server is, among the server's state.
pub(crate) struct Standing(Arc<Upstream>);

impl Standing {
    pub(crate) fn status(&self) -> ServerStatus {
        self.0.status()
    }
}

/// The proxy's server has begun to connect.
struct Begun;

/// Who connects and keeps in step; they end with the server.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl Tasks {
    async fn begin(&self, proxy: &Proxy) {
        let mut tasks = self.0.lock().await;
        if !tasks.is_empty() {
            return;
        }
        let patience = proxy.gate.patience();
        tasks.spawn(Arc::clone(proxy.gate.upstream()).connect(patience));
        tasks.spawn(keep::keep(
            Arc::clone(&proxy.gate),
            proxy.server.downgrade(),
        ));
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            passed: HashSet::new(),
            timeout: Duration::from_mins(2),
            grace: Duration::from_mins(5),
            refresh: Duration::from_mins(5),
            calls: 1024,
            sessions: Sessions::default(),
            approvals: None,
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ProxyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyBuilder")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}
