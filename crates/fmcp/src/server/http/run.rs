//! Running a server on HTTP, or handing it to somebody else's HTTP server.

use std::{
    future::Future,
    io::{self, IsTerminal as _, Write as _},
    net::SocketAddr,
    sync::Arc,
};

use fmcp_core::{Error, Result};
use fmcp_transport::{
    drain::Drain,
    http::{McpService, Site},
    net::{self, Listener},
};

use super::{
    super::{Server, run},
    options::{Address, Http},
    started::Started,
};

/// Where to listen when nobody says.
const ADDRESS: &str = "127.0.0.1:8000";

/// Runs a server on the transport of this name, where the environment says.
pub(in crate::server) async fn run_named(server: Server, transport: &str) -> Result<()> {
    match transport {
        "http" => {
            let address = run::named_address()?;
            let http = Http::new(address.unwrap_or_else(|| ADDRESS.to_owned()));
            // Boxed, so that servers on other transports do not carry the room that this one needs.
            Box::pin(server.run_http(http)).await
        }
        other => run::run_unknown(server, other).await,
    }
}

impl Server {
    /// Runs the server on HTTP: the endpoint at `/mcp`, `/health`, `/ready`, and routes of its own, until the
    /// process is told to end (SIGTERM, Ctrl-C). While the start hooks run, `/ready` says so and calls wait. At
    /// the end, calls that run may finish for a while (see
    /// [`Http::drain_timeout`]), and the stop hooks run. Clients of every revision are served side by side.
    ///
    /// ```no_run
    /// # use fmcp::Server;
    /// #[tokio::main]
    /// async fn main() -> fmcp::Result<()> {
    ///     Server::new("notes").run_http("127.0.0.1:8000").await
    /// }
    /// ```
    ///
    /// # Errors
    /// When the server cannot be started, or the address not be bound.
    pub async fn run_http(self, http: impl Into<Http>) -> Result<()> {
        let http = http.into();
        self.run_until_told(async |server, drain| {
            let bound = server.bound(http).await?;
            bound.announce();
            bound.serve(drain).await
        })
        .await
    }

    /// Binds the address and starts the server, without serving yet: for whoever needs to know the address
    /// first, or decides by itself when it is enough.
    ///
    /// ```no_run
    /// # use fmcp::Server;
    /// # async fn main_(enough: impl std::future::Future<Output = ()>) -> fmcp::Result<()> {
    /// let server = Server::new("notes").bind_http("127.0.0.1:0").await?;
    /// println!("listening at {:?}", server.local_addr());
    /// server.run_until(enough).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the server cannot be started, or the address not be bound.
    pub async fn bind_http(self, http: impl Into<Http>) -> Result<HttpServer> {
        // First, so that a server whose address is taken has not started, and can be bound to another.
        let bound = self.bound(http.into()).await?;
        self.start().await?;
        Ok(bound)
    }

    async fn bound(&self, http: Http) -> Result<HttpServer> {
        let mut listener = listen(&http.address).await?;
        if let Some(secure) = &http.secure {
            listener = listener.secured_by(secure()?);
        }
        if !listener
            .local_addrs()
            .all(|address| address.ip().is_loopback())
            && http.settings.hosts.is_empty()
            && !http.settings.any_host
        {
            tracing::warn!(
                "only addresses and loopback names may stand in `Host`: to be called by a name, allow that host (`allow_host`)"
            );
        }
        Ok(HttpServer {
            server: self.clone(),
            listener,
            path: http.path.clone(),
            http,
        })
    }

    /// The endpoint as a tower service, to be mounted in an HTTP server of somebody else's: axum, hyper, any
    /// that speaks tower. It does not care about the path. The server starts with its first call; that it stops
    /// is up to you: [`McpService::drain`] ends its streams, for which a graceful shutdown would wait,
    /// [`Server::stop`] runs the stop hooks.
    ///
    /// ```
    /// # use fmcp::Server;
    /// let service = Server::new("notes").into_http_service();
    /// let app: axum::Router = axum::Router::new().nest_service("/mcp", service);
    /// ```
    #[must_use]
    pub fn into_http_service(self) -> McpService {
        self.into_http_service_with(Http::new(""))
    }

    /// As [`Server::into_http_service`], with options. What they say about addresses, paths and connections is
    /// for the HTTP server to say.
    #[must_use]
    pub fn into_http_service_with(self, http: Http) -> McpService {
        McpService::new(Arc::new(Started::new(self)), http.settings, Drain::new())
    }
}

/// A server that is bound to its address.
pub struct HttpServer {
    server: Server,
    listener: Listener,
    path: String,
    http: Http,
}

impl HttpServer {
    /// Where it listens; none for a Unix socket.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.listener.local_addr()
    }

    /// The endpoint's URL; on a Unix socket as nginx writes them.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.http.secure.is_some() {
            "https"
        } else {
            "http"
        };
        match (self.local_addr(), &self.http.address) {
            (Some(address), _) => format!("{scheme}://{address}{}", self.path),
            (None, Address::Named(socket)) => format!("{scheme}://{socket}:{}", self.path),
            (None, Address::At(_)) => self.path.clone(),
        }
    }

    /// Says where it listens: in the log, and to whoever sits in front of it without one.
    fn announce(&self) {
        let url = self.url();
        tracing::info!(url, "listening");
        let is_logged = tracing::enabled!(tracing::Level::INFO);
        if !is_logged && io::stderr().is_terminal() {
            let words = format!("This server speaks MCP at {url}. Ctrl-C ends it.");
            // Who cannot be told need not know.
            let _ = writeln!(io::stderr(), "{words}");
        }
    }

    /// Serves until the process is told to end (SIGTERM, Ctrl-C), as [`Server::run_http`] does.
    ///
    /// # Errors
    /// When a start hook fails, or signals cannot be heard.
    pub async fn run(self) -> Result<()> {
        let server = self.server.clone();
        server
            .run_until_told(async |_, drain| self.serve(drain).await)
            .await
    }

    /// Serves until `enough` is there, lets what runs finish for a while, and stops the server.
    ///
    /// # Errors
    /// When a start hook fails.
    pub async fn run_until(self, enough: impl Future<Output = ()>) -> Result<()> {
        let (server, drain) = (self.server.clone(), Drain::new());
        let ending = drain.clone();
        let served = self.serve(drain);
        let told = async {
            enough.await;
            ending.begin();
            std::future::pending::<()>().await;
        };
        let outcome = tokio::select! {
            outcome = served => outcome,
            () = told => Ok(()),
        };
        server.stop().await;
        outcome
    }

    /// Serves until the drain is over. The server starts meanwhile, unless it has started.
    async fn serve(self, drain: Drain) -> Result<()> {
        let Http {
            settings,
            net,
            health,
            path,
            sse_2024,
            fallback,
            upgrades,
            ..
        } = self.http;
        let routes = self.server.routes();
        let started = Arc::new(Started::new(self.server));
        let mcp = McpService::new(Arc::clone(&started) as _, settings, drain.clone());
        let is_started = {
            let started = Arc::clone(&started);
            move || started.is_started()
        };
        let mut site = Site::builder(mcp.clone(), path)
            .health(health)
            .routes(routes)
            .sse_2024(sse_2024)
            .fallback(fallback)
            .started(is_started);
        for (path, upgrade) in upgrades {
            site = site.upgrade(path, upgrade(&mcp, &net));
        }
        let site = site.build();
        let starting = async {
            match started.start().await {
                Ok(()) => std::future::pending().await,
                Err(error) => error,
            }
        };
        tokio::select! {
            summary = net::serve(self.listener, site, net, drain) => {
                if summary.aborted > 0 {
                    tracing::warn!(connections = summary.aborted, "cut off at the end");
                }
                Ok(())
            }
            error = starting => Err(error),
        }
    }
}

async fn listen(address: &Address) -> Result<Listener> {
    let unusable = |shown: &str, error: std::io::Error| {
        Error::internal(format!("cannot listen at {shown}: {error}")).caused_by(error)
    };
    match address {
        Address::At(address) => {
            (Listener::bind(*address).await).map_err(|error| unusable(&address.to_string(), error))
        }
        #[cfg(unix)]
        Address::Named(name) if name.starts_with("unix:") => {
            let path = name.trim_start_matches("unix:");
            (Listener::unix(path).await).map_err(|error| unusable(name, error))
        }
        Address::Named(name) => {
            (Listener::bind(name.as_str()).await).map_err(|error| unusable(name, error))
        }
    }
}
