//! How the endpoint behaves, and how much one peer may do.

use std::{sync::Arc, time::Duration};

use fmcp_core::{Authenticator, protocol::Limits};

use super::{Cors, SessionKey};
use crate::notice::Rates;

/// How the endpoint behaves. The defaults are the safe ones.
#[derive(Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Bounds for each message.
    pub limits: Limits,
    /// How long a request's body may take to arrive, and who sent it to be found out.
    pub body_timeout: Duration,
    /// Bytes of requests' bodies that are held at once, of all peers together: while they arrive, and until
    /// their answer begins. Further ones are refused. A body that is there at once, in one piece, is not
    /// counted.
    pub body_bytes: usize,
    /// Calls that run at once, of all peers together. Further ones are refused.
    pub calls: usize,
    /// Calls that run at once in one legacy session.
    pub session_calls: usize,
    /// How long one call may take.
    pub call_timeout: Duration,
    /// How long an answer may be awaited before it turns into a stream, which keeps the connection alive.
    pub stream_after: Duration,
    /// How often a silent stream says that it is alive; zero: never.
    pub keep_alive: Duration,
    /// Bytes that may wait in a stream for its reader, before handlers that tell more wait, too.
    pub unread_bytes: usize,
    /// Streams that are open at once, of all peers together.
    pub streams: usize,
    /// Streams that are open at once, of one principal.
    pub principal_streams: usize,
    /// How fast notices go out.
    pub rates: Rates,
    /// How long a question to a legacy client may wait for its answer.
    pub question_timeout: Duration,
    /// Whether legacy clients get sessions. Without, every request stands alone in any revision, and no
    /// legacy client can be asked or told anything outside an answer.
    pub sessions: bool,
    /// What legacy session ids are sealed with; without it, with a key of this process.
    pub session_key: Option<SessionKey>,
    /// Legacy sessions that are remembered at once, of all peers together.
    pub max_sessions: usize,
    /// Legacy sessions that are remembered at once, of one principal.
    pub principal_sessions: usize,
    /// How long a legacy session may be silent.
    pub session_idle: Duration,
    /// How old a legacy session may become.
    pub session_age: Duration,
    /// Bytes of events that each legacy stream keeps for readers that come back.
    pub replay_bytes: usize,
    /// How long a legacy stream may be open before its reader is sent away to come back for the rest; `None`:
    /// for as long as it takes. Who calls in a revision before 2025-11-25 could not come back, and stays.
    pub poll_after: Option<Duration>,
    /// After how long the reader of a broken legacy stream should come back.
    pub retry: Duration,
    /// Names by which the server may be called (`Host`), beside loopback names and addresses.
    pub hosts: Vec<String>,
    /// Whether the server may be called by any name.
    pub any_host: bool,
    /// Pages of which other origins may call, beside those of loopback and of the server itself.
    pub origins: Vec<String>,
    /// What browsers are told about calls from other origins.
    pub cors: Option<Cors>,
    /// Who finds out who is calling.
    pub authenticator: Option<Arc<dyn Authenticator>>,
    /// Whether callers that are nobody are refused. Only with an authenticator.
    pub authentication_required: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            body_timeout: Duration::from_secs(30),
            body_bytes: 256 * 1024 * 1024,
            calls: 10_000,
            session_calls: 256,
            call_timeout: Duration::from_secs(3600),
            stream_after: Duration::from_secs(10),
            keep_alive: Duration::from_secs(15),
            unread_bytes: 256 * 1024,
            streams: 50_000,
            principal_streams: 1_000,
            rates: Rates::default(),
            question_timeout: Duration::from_secs(600),
            sessions: true,
            session_key: None,
            max_sessions: 100_000,
            principal_sessions: 1_000,
            session_idle: Duration::from_secs(1800),
            session_age: Duration::from_secs(7 * 24 * 3600),
            replay_bytes: 256 * 1024,
            poll_after: None,
            retry: Duration::from_secs(1),
            hosts: Vec::new(),
            any_host: false,
            origins: Vec::new(),
            cors: None,
            authenticator: None,
            authentication_required: true,
        }
    }
}
