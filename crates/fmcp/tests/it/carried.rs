//! A server on a real transport, and where clients find it.

use std::{fmt, sync::Arc};

use fmcp::{Http, IntoTarget as _, Server, Target};
use fmcp_transport::socket;
use tokio::{sync::oneshot, task::JoinHandle};

use crate::raw_http::Running;

/// What carries messages between a client and a server of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Memory,
    Unix,
    Http,
    Sse,
    WebSocket,
}

impl Over {
    pub(crate) const ALL: [Self; 5] = [
        Self::Memory,
        Self::Unix,
        Self::Http,
        Self::Sse,
        Self::WebSocket,
    ];
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A server that is served.
pub(crate) struct Carried {
    pub(crate) target: Target,
    end: End,
}

enum End {
    Memory(Server),
    Unix(
        Server,
        oneshot::Sender<()>,
        JoinHandle<()>,
        tempfile::TempDir,
    ),
    Http(Running),
}

impl Carried {
    /// The server on a transport, with defaults.
    pub(crate) async fn new(server: &Server, over: Over) -> Self {
        Self::with(server, over, |http| http).await
    }

    /// The same, with options where it is HTTP.
    pub(crate) async fn with(
        server: &Server,
        over: Over,
        options: impl FnOnce(Http) -> Http,
    ) -> Self {
        match over {
            Over::Memory => Self {
                target: server.into_target(),
                end: End::Memory(server.clone()),
            },
            Over::Unix => Self::unix(server).await,
            Over::Http | Over::Sse | Over::WebSocket => {
                let options = |http: Http| options(http.sse().websocket("/ws"));
                let running = Running::new(server.clone(), options).await;
                let address = running.address;
                let target = match over {
                    Over::Sse => format!("http://{address}/sse"),
                    Over::WebSocket => format!("ws://{address}/ws"),
                    _ => format!("http://{address}/mcp"),
                };
                Self {
                    target: target.into_target(),
                    end: End::Http(running),
                }
            }
        }
    }

    async fn unix(server: &Server) -> Self {
        server.start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.sock");
        let listener = socket::Unix::bind(&path, 0o600).await.unwrap();
        let (enough, told) = oneshot::channel();
        let endpoint = Arc::new(server.clone());
        let settings = socket::Settings::default();
        let serving = socket::serve(listener, endpoint, settings, async { drop(told.await) });
        Self {
            target: Target::unix(path),
            end: End::Unix(server.clone(), enough, tokio::spawn(serving), folder),
        }
    }

    /// The end of server and transport, in order.
    pub(crate) async fn end(self) {
        match self.end {
            End::Memory(server) => server.stop().await,
            End::Unix(server, enough, serving, _folder) => {
                drop(enough);
                serving.await.unwrap();
                server.stop().await;
            }
            End::Http(running) => running.ended().await,
        }
    }
}
