//! A session as its transport holds it.

use std::{fmt, sync::Arc, time::Duration};

use crate::{Endpoint, Principal, Session};

/// A session as its transport holds it: the way to the client outside of any call.
///
/// As an endpoint it asks the client ([`Endpoint::call`]) and tells it something ([`Endpoint::notify`]).
/// A server gets it when a session is opened ([`Endpoint::connect`]).
pub trait Line: Endpoint {
    /// What was agreed on.
    fn session(&self) -> &Arc<Session>;

    /// What carries it.
    fn transport(&self) -> Carrier;

    /// Who the client is, where that is known.
    fn principal(&self) -> Option<Arc<Principal>>;

    /// How long it has been open, here.
    fn age(&self) -> Duration;

    /// How long nothing has been heard of the client.
    fn idle(&self) -> Duration;

    /// Whether the handshake is over already, so that nobody will say so.
    fn is_ready(&self) -> bool {
        false
    }

    /// Whether the client hears now what is told outside of its calls.
    fn is_heard(&self) -> bool {
        true
    }

    /// Ends it, for good.
    fn close(&self);
}

/// What carries a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Carrier {
    /// This process: both ends are in it.
    Memory,
    /// Standard input and output.
    Stdio,
    /// A Unix socket, or another stream of lines.
    Socket,
    /// Streamable HTTP.
    Http,
    /// HTTP+SSE, the transport of 2024-11-05.
    Sse,
    /// A WebSocket.
    WebSocket,
}

impl Carrier {
    /// Its name, as it stands in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Stdio => "stdio",
            Self::Socket => "socket",
            Self::Http => "http",
            Self::Sse => "sse",
            Self::WebSocket => "websocket",
        }
    }
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
