//! Asking clients whether they are there.

use std::time::Duration;

use fmcp_core::{Carrier, protocol::model::LogLevel};

/// How a server asks the clients of its sessions whether they are there, when nothing has been heard of them
/// for a while.
///
/// It asks nobody on standard streams or in memory, where the end of a client is seen at once, unless
/// [`Pings::on`] says so; over Streamable HTTP only clients that listen outside of their calls. (WebSockets
/// and idle HTTP sessions have time limits of their own besides.)
///
/// ```
/// use std::time::Duration;
/// use fmcp::{LogLevel, Pings, Server};
///
/// let pings = Pings::every(Duration::from_secs(30))
///     .timeout(Duration::from_secs(10))
///     .attempts(2)
///     .log_level(LogLevel::Warning);
/// let server = Server::new("s").pings(pings);
/// ```
#[derive(Clone, Debug)]
pub struct Pings {
    pub(super) every: Duration,
    pub(super) timeout: Duration,
    pub(super) attempts: u32,
    pub(super) log_level: LogLevel,
    carriers: Vec<Carrier>,
}

impl Pings {
    /// Asks when nothing has been heard for this long.
    ///
    /// # Panics
    /// When that is no time at all.
    #[must_use]
    pub fn every(interval: Duration) -> Self {
        assert!(!interval.is_zero(), "there must be time between two pings");
        Self {
            every: interval,
            timeout: Duration::from_secs(10),
            attempts: 1,
            log_level: LogLevel::Debug,
            carriers: vec![
                Carrier::Http,
                Carrier::Sse,
                Carrier::WebSocket,
                Carrier::Socket,
            ],
        }
    }

    /// Sets how long the answer may take. Without it, ten seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how many pings in a row must stay without an answer before the session is closed. Without it, one.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sets the level at which a ping without an answer stands in the log. Without it, `debug`.
    #[must_use]
    pub fn log_level(mut self, level: LogLevel) -> Self {
        self.log_level = level;
        self
    }

    /// Sets on which transports clients are asked.
    #[must_use]
    pub fn on(mut self, carriers: impl IntoIterator<Item = Carrier>) -> Self {
        self.carriers = carriers.into_iter().collect();
        self
    }

    /// Whether clients are asked on this transport.
    pub(super) fn are_on(&self, carrier: Carrier) -> bool {
        self.carriers.contains(&carrier)
    }

    /// Writes that a ping has had no answer.
    pub(super) fn log(&self, session: &str, why: &fmcp_core::Error) {
        let words = "a client does not answer";
        match self.log_level {
            LogLevel::Debug => tracing::debug!(session, error = %why, "{words}"),
            LogLevel::Info | LogLevel::Notice => tracing::info!(session, error = %why, "{words}"),
            LogLevel::Warning => tracing::warn!(session, error = %why, "{words}"),
            _ => tracing::error!(session, error = %why, "{words}"),
        }
    }
}
