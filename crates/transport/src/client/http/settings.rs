//! Where the server is, and how much it may do.

use std::{fmt, sync::Arc, time::Duration};

use fmcp_core::{Credentials, protocol::Limits};
use http::{HeaderMap, Uri};

use crate::client::{Backoff, web::Web};

/// Where the server is, who is calling, and how much the server may do.
///
/// Calls have no time limit of their own: they wait as long as their caller does.
#[derive(Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The endpoint: `https://example.com/mcp`.
    pub url: Uri,
    /// What every request carries beside what the protocol wants.
    pub headers: HeaderMap,
    /// What proves who is calling.
    pub credentials: Option<Arc<dyn Credentials>>,
    /// What sends the requests.
    pub web: Web,
    /// Bounds for each message of the server. Answers may be larger than requests: a picture, a whole file.
    pub limits: Limits,
    /// How long each request may take that the link makes by itself: handshakes, answers, the end.
    pub patience: Duration,
    /// Whether a session listens to what the server says outside the answers to calls.
    pub listens: bool,
    /// The pauses between tries to take up a stream that has ended.
    pub backoff: Backoff,
    /// How often in a row the stream of a call may end with nothing new before the call fails.
    pub resumptions: u32,
    /// How many questions of the server wait for an answer at once. Further ones are refused.
    pub questions: usize,
    /// How long a question may wait for its answer.
    pub question_timeout: Duration,
}

impl Settings {
    /// The server at `url`, with nobody's credentials.
    #[must_use]
    pub fn new(url: Uri, web: Web) -> Self {
        Self {
            url,
            headers: HeaderMap::new(),
            credentials: None,
            web,
            limits: Limits::new().message_bytes(64 * 1024 * 1024).batch(1_024),
            patience: Duration::from_secs(30),
            listens: true,
            backoff: Backoff::default(),
            resumptions: 5,
            questions: 64,
            question_timeout: Duration::from_secs(600),
        }
    }
}

/// Address and headers may hold what nobody should read in a log.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("host", &self.url.host())
            .field("credentials", &self.credentials.is_some())
            .finish_non_exhaustive()
    }
}
