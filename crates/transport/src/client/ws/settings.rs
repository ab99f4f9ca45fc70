//! Where the server is, and how it is reached.

use std::{fmt, sync::Arc, time::Duration};

use fmcp_core::Credentials;
use http::{HeaderMap, Uri};

use crate::client::{duplex, web::Web};

/// Where the server is, and how it is reached.
#[derive(Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Where the server is: `wss://…`, or `ws://…` without TLS.
    pub url: Uri,
    /// Further headers of the request that becomes a WebSocket.
    pub headers: HeaderMap,
    /// What proves who is calling.
    pub credentials: Option<Arc<dyn Credentials>>,
    /// How the server is reached.
    pub web: Web,
    /// How often a server that says nothing is asked whether it is still there. If it has not answered when
    /// it would be asked again, it is gone.
    pub ping_every: Duration,
    /// How much the server may do, and how often it is connected to again.
    pub each: duplex::Settings,
}

impl Settings {
    /// The server at `url`, reached by `web`.
    #[must_use]
    pub fn new(url: Uri, web: Web) -> Self {
        Self {
            url,
            headers: HeaderMap::new(),
            credentials: None,
            web,
            ping_every: Duration::from_secs(30),
            each: duplex::Settings {
                open_timeout: Duration::from_secs(30),
                // A server that is being replaced comes back, however long it takes.
                restart: duplex::Restart::always(),
                ..duplex::Settings::default()
            },
        }
    }
}

/// The address and the headers may hold what nobody should read in a log.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("server", &crate::client::web::server(&self.url))
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("credentials", &self.credentials.is_some())
            .field("each", &self.each)
            .finish_non_exhaustive()
    }
}
