//! How much the peers on WebSockets may do.

use std::time::Duration;

use crate::{duplex, http};

/// How much the peers on WebSockets may do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// What each peer may do.
    pub each: duplex::Settings,
    /// WebSockets at once, of all peers together.
    pub sockets: usize,
    /// WebSockets at once, of one principal.
    pub principal_sockets: usize,
    /// How often a peer that says nothing is asked whether it is still there. If it has not answered when
    /// it would be asked again, it is gone.
    pub ping_every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            each: duplex::Settings::default(),
            sockets: 10_000,
            principal_sockets: 1_000,
            ping_every: Duration::from_secs(30),
        }
    }
}

impl Settings {
    /// The defaults, with what an endpoint on HTTP says about messages and calls.
    #[must_use]
    pub fn of(http: &http::Settings) -> Self {
        let each = duplex::Settings {
            limits: http.limits.clone(),
            calls: http.session_calls,
            unread_bytes: http.unread_bytes,
            call_timeout: http.call_timeout,
            question_timeout: http.question_timeout,
            rates: http.rates,
            ..duplex::Settings::default()
        };
        Self {
            each,
            ..Self::default()
        }
    }
}
