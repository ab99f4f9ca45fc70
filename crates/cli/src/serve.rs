//! Where those who serve serve, and what they see of the calls that come.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use clap::Args;
use fmcp::{Call, Http, Middleware, Next, Reply, Result, Server};

use crate::{
    app::App,
    outcome::Exit,
    terminal::{Output, clean, style},
};

/// Where a server is served: on standard input and output, unless it is told otherwise.
#[derive(Debug, Default, Args)]
pub(crate) struct Place {
    /// Serves on HTTP there, such as 127.0.0.1:8000
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) http: Option<String>,
    /// Serves on WebSocket, too, at /ws
    #[arg(long, requires = "http")]
    ws: bool,
    /// Serves on this Unix socket
    #[arg(long, value_name = "PATH", conflicts_with = "http")]
    unix: Option<String>,
}

impl Place {
    /// Whether it is standard input and output.
    pub(crate) fn is_stdio(&self) -> bool {
        self.http.is_none() && self.unix.is_none()
    }

    /// On HTTP there, or on standard input and output.
    pub(crate) fn at(http: Option<String>) -> Self {
        Self {
            http,
            ..Self::default()
        }
    }

    /// Serves there until the process is told to end.
    pub(crate) async fn serve(&self, app: &App, server: Server) -> anyhow::Result<Exit> {
        self.serve_with(app, server, |_| ()).await
    }

    /// The same; what `told` makes of the URL is kept until the end.
    pub(crate) async fn serve_with<T>(
        &self,
        app: &App,
        server: Server,
        told: impl FnOnce(&str) -> T,
    ) -> anyhow::Result<Exit> {
        if let Some(address) = &self.http {
            let mut http = Http::new(address.as_str());
            if self.ws {
                http = http.websocket("/ws");
            }
            let serving = server.layer(Shown::new(&app.out)).bind_http(http).await?;
            let url = serving.url();
            app.out.print(&url)?;
            let kept = told(&url);
            serving.run().await?;
            drop(kept);
            return Ok(Exit::Done);
        }
        match &self.unix {
            #[cfg(unix)]
            Some(path) => {
                let shown = server.layer(Shown::new(&app.out));
                shown.run_unix(path.as_str()).await?;
            }
            #[cfg(not(unix))]
            Some(_) => anyhow::bail!("this system has no Unix sockets"),
            None => server.run_stdio().await?,
        }
        Ok(Exit::Done)
    }
}

/// Tells of every call: what it was, how it ended, how long it took.
pub(crate) struct Shown {
    out: Output,
    /// When the present second began, and how many calls it has seen.
    second: Mutex<(Instant, u32)>,
}

/// How many calls are shown in a second: nobody reads more.
const MOST: u32 = 20;

impl Shown {
    pub(crate) fn new(out: &Output) -> Self {
        Self {
            out: out.clone(),
            second: Mutex::new((Instant::now(), 0)),
        }
    }

    /// Whether one more is to be shown in this second.
    fn has_room(&self) -> bool {
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        if second.0.elapsed() >= Duration::from_secs(1) {
            let left_out = second.1.saturating_sub(MOST);
            if left_out > 0 {
                self.out.note(&format!("… and {left_out} more"));
            }
            *second = (Instant::now(), 0);
        }
        second.1 += 1;
        second.1 <= MOST
    }
}

impl Middleware for Shown {
    async fn handle(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        let method = call.method().as_str().to_owned();
        let name = call
            .name()
            .map(|name| format!(" {name}"))
            .unwrap_or_default();
        let began = Instant::now();
        let reply = next.run(call).await;
        if !self.has_room() {
            return reply;
        }
        let (colour, word) = match &reply {
            Ok(_) => (style::GOOD, "ok"),
            Err(error) if error.kind() == fmcp::Kind::InputRequired => (style::NAME, "asks"),
            Err(_) => (style::ERROR, "error"),
        };
        let word = self.out.paint_note(colour, word);
        let what = clean(&format!("{method}{name}")).replace('\n', " ");
        let millis = began.elapsed().as_secs_f64() * 1e3;
        self.out.note(&format!("{what}  {word}  {millis:.1} ms"));
        reply
    }
}
