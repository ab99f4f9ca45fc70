//! How much one peer may do.

use std::{sync::Arc, time::Duration};

use fmcp_core::{Carrier, Principal, protocol::Limits};

use crate::notice::Rates;

/// How much one peer may do at once, and how long it may take.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Bounds for each message.
    pub limits: Limits,
    /// Calls that run at once. Further ones are refused.
    pub calls: usize,
    /// Streams of notifications that are open at once. They do not count as calls.
    pub streams: usize,
    /// Bytes that may wait for the peer to read them, before handlers that tell more wait, too.
    pub unread_bytes: usize,
    /// How long the peer may not read at all while something waits for it.
    pub write_timeout: Duration,
    /// How long one call may take.
    pub call_timeout: Duration,
    /// How long a question to the peer may wait for its answer.
    pub question_timeout: Duration,
    /// How long calls that run may go on after the last message, or after the order to stop.
    pub grace: Duration,
    /// How fast notices go out.
    pub rates: Rates,
    /// Who the peer is, where that is known.
    pub principal: Option<Arc<Principal>>,
    /// The name of the peer's legacy session; without it, one that no other peer has.
    pub session_id: Option<Arc<str>>,
    /// What carries the messages.
    pub carrier: Carrier,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            calls: 256,
            streams: 64,
            unread_bytes: 1024 * 1024,
            write_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(3600),
            question_timeout: Duration::from_secs(600),
            grace: Duration::from_secs(5),
            rates: Rates::default(),
            principal: None,
            session_id: None,
            carrier: Carrier::Socket,
        }
    }
}
