//! Running a server until it is told to end.

use std::{
    env, io,
    io::{IsTerminal as _, Write as _},
    sync::Arc,
};

use fmcp_core::{Error, Result};
use fmcp_transport::{drain::Drain, duplex::End, signal::Signals, stdio};
use tokio::task::JoinSet;

#[cfg(feature = "http")]
use super::http::run_named;
#[cfg(not(feature = "http"))]
use run_unknown as run_named;

use super::{Server, options::Stdio};

/// The variable that says which transport [`Server::run`] serves on.
const TRANSPORT: &str = "FMCP_TRANSPORT";

/// The variable that says where, for transports that need to know.
const ADDRESS: &str = "FMCP_ADDRESS";

impl Server {
    /// Runs the server on the transport that the environment names, so that one program serves wherever
    /// it is put. `FMCP_TRANSPORT` is `stdio` (also when it is not set), `http` or `unix`; `FMCP_ADDRESS`
    /// says where: an address for HTTP (without it, `127.0.0.1:8000`), the path of the socket for Unix.
    ///
    /// # Errors
    /// When the transport is unknown or lacks its address; besides, as the transport's own method.
    pub async fn run(self) -> Result<()> {
        let transport = variable(TRANSPORT)?.unwrap_or_default();
        match transport.as_str() {
            "" | "stdio" => self.run_stdio().await,
            #[cfg(unix)]
            "unix" => self.run_unix(address("unix")?).await,
            other => run_named(self, other).await,
        }
    }

    /// Runs the server for the client that has started this process, on standard input and output, until
    /// the client has said all or the process is told to end (SIGTERM, Ctrl-C). Then calls that run may
    /// finish for a while (see [`Stdio::grace`]), and the stop hooks run. A second signal ends at once
    /// what runs.
    ///
    /// On Unix, nothing but protocol reaches the client: what handlers print goes to standard error.
    ///
    /// ```no_run
    /// # use fmcp::Server;
    /// #[tokio::main]
    /// async fn main() -> fmcp::Result<()> {
    ///     Server::new("notes").run_stdio().await
    /// }
    /// ```
    ///
    /// # Errors
    /// When the server cannot be started, the streams cannot be used, or the client does not read.
    pub async fn run_stdio(self) -> Result<()> {
        self.run_stdio_with(Stdio::new()).await
    }

    /// As [`Server::run_stdio`], with options.
    ///
    /// # Errors
    /// As [`Server::run_stdio`].
    pub async fn run_stdio_with(self, options: Stdio) -> Result<()> {
        if io::stdin().is_terminal() {
            let words = "This server speaks MCP on its standard streams, and waits for a client: \
                one JSON-RPC message a line. Ctrl-D ends it.";
            // Who cannot be told need not know.
            let _ = writeln!(io::stderr(), "{words}");
        }
        self.run_started(async |server, drain| {
            let endpoint = Arc::new(server);
            // A task, which ends with the set: what `main` itself waits for runs on a thread that does not
            // watch descriptors, and is woken from another one for each message.
            let mut serving = JoinSet::new();
            serving.spawn(
                async move { stdio::serve(endpoint, options.settings, drain.begun()).await },
            );
            match serving.join_next().await {
                Some(Ok(Ok(end))) => outcome(end),
                Some(Ok(Err(error))) => Err(unusable("the standard streams", error)),
                Some(Err(error)) => Err(unusable("the standard streams", error.into())),
                None => Ok(()),
            }
        })
        .await
    }

    /// Runs the server on a Unix socket, for every peer that comes, until the process is told to end
    /// (SIGTERM, Ctrl-C). Peers speak as on stdio, one message a line.
    ///
    /// ```no_run
    /// # async fn main_() -> fmcp::Result<()> {
    /// fmcp::Server::new("notes").run_unix("/run/notes.sock").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the server cannot be started, or the socket cannot be made, for one because somebody else
    /// serves there.
    #[cfg(unix)]
    pub async fn run_unix(self, socket: impl Into<super::options::Unix>) -> Result<()> {
        use fmcp_transport::socket;
        let options = socket.into();
        self.run_started(async |server, drain| {
            let listener = (socket::Unix::bind(&options.path, options.mode).await)
                .map_err(|error| unusable("the socket", error))?;
            tracing::info!(path = %options.path.display(), "listening");
            socket::serve(listener, Arc::new(server), options.settings, drain.begun()).await;
            Ok(())
        })
        .await
    }

    /// Runs the tasks that other processes of this server have accepted, and serves nobody, until the process is told
    /// to end (SIGTERM, Ctrl-C). Then tasks that run may finish for a while ([`Tasks::grace`](crate::Tasks::grace)),
    /// and others run the rest.
    ///
    /// ```no_run
    /// # #[cfg(feature = "redis")]
    /// # async fn main_() -> fmcp::Result<()> {
    /// use fmcp::{Server, Tasks, TasksInRedis, store::Redis};
    ///
    /// let redis = Redis::connect("redis://redis.example.com").await?;
    /// let server = Server::new("reports").tasks(Tasks::new().queue(TasksInRedis::new(redis)));
    /// server.run_worker().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the server cannot be started, or none of its tools runs as a task.
    pub async fn run_worker(self) -> Result<()> {
        self.run_started(async |server, drain| {
            if server.0.now().ledger().is_none() {
                return Err(Error::internal("a worker needs tools that run as tasks"));
            }
            drain.begun().await;
            Ok(())
        })
        .await
    }

    /// Runs the start hooks, then `serve` until it is done, then the stop hooks.
    async fn run_started(self, serve: impl AsyncFnOnce(Self, Drain) -> Result<()>) -> Result<()> {
        self.run_until_told(async |server, drain| {
            server.start().await?;
            serve(server, drain).await
        })
        .await
    }

    /// Runs `serve` until it is done, then the stop hooks. The first signal begins the drain that `serve`
    /// is given, the second ends it, one more ends the stop hooks.
    pub(super) async fn run_until_told(
        self,
        serve: impl AsyncFnOnce(Self, Drain) -> Result<()>,
    ) -> Result<()> {
        let mut signals = Signals::new().map_err(|error| unusable("signals", error))?;
        let drain = Drain::new();
        let life = serve(self.clone(), drain.clone());
        let outcome = signals.heed(&drain, life).await.unwrap_or(Ok(()));
        tokio::select! {
            () = self.stop() => {}
            () = signals.next() => tracing::warn!("the stop hooks were cut short"),
        }
        outcome
    }
}

/// What the end of a stream means for the program.
fn outcome(end: End) -> Result<()> {
    match end {
        // A client that has gone has said all that it wanted to.
        End::Broken(error) if has_gone(&error) => Ok(()),
        End::Broken(error) => Err(Error::internal("the stream broke").caused_by(error)),
        End::Stalled => Err(Error::internal("the client does not read its answers")),
        _ => Ok(()),
    }
}

fn has_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

fn unusable(what: &str, error: io::Error) -> Error {
    Error::internal(format!("{what} cannot be used: {error}")).caused_by(error)
}

/// Refuses a transport that nobody knows.
pub(super) async fn run_unknown(_: Server, transport: &str) -> Result<()> {
    Err(Error::internal(format!(
        "{TRANSPORT}: there is no transport {transport:?}; there are `stdio`, `http` and `unix`, as far as \
        this program was built with them"
    )))
}

/// What [`ADDRESS`] says, if it says anything.
pub(super) fn named_address() -> Result<Option<String>> {
    Ok(variable(ADDRESS)?.filter(|address| !address.is_empty()))
}

fn variable(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(error) => Err(Error::internal(format!("{name}: {error}"))),
    }
}

fn address(transport: &str) -> Result<String> {
    let missing = || Error::internal(format!("{transport} needs an address in {ADDRESS}"));
    named_address()?.ok_or_else(missing)
}
