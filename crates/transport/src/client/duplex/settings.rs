//! How much one server may do, and how long it may take.

use std::time::Duration;

use fmcp_core::protocol::Limits;

use super::Restart;

/// How much one server may do at once, and how long it may take.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Bounds for each message. Answers may be larger than requests: a picture, a whole file.
    pub limits: Limits,
    /// Calls that wait for their answers at once. Further ones are refused.
    pub calls: usize,
    /// Questions of the server that are answered at once. Further ones are refused.
    pub questions: usize,
    /// Notices for one call, or for nobody in particular, that may wait to be heard. Then the server is
    /// not read from, for as long as `unheard_timeout`.
    pub unheard: usize,
    /// The same in bytes.
    pub unheard_bytes: usize,
    /// How long what is heard slowly may keep everybody else's answers waiting. Then the oldest of it is
    /// dropped for each that comes.
    pub unheard_timeout: Duration,
    /// Bytes that may wait for the server to read them, before further calls wait, too.
    pub unread_bytes: usize,
    /// How long the server may not read at all while something waits for it.
    pub write_timeout: Duration,
    /// How long answering one question of the server may take.
    pub question_timeout: Duration,
    /// Whether the server is asked which revisions it speaks. Without, it is shaken hands with at once,
    /// unless a revision is pinned that has no handshake.
    pub probes: bool,
    /// How long the server may be silent when it is asked which revisions it speaks, before it is taken
    /// for one that does not know the question.
    pub probe_timeout: Duration,
    /// The same, once it has sent a message.
    pub lively_timeout: Duration,
    /// The same, as long as something that is no message is written, by the server or by what installs it and starts
    /// it: each time `probe_timeout` begins anew.
    pub noisy_timeout: Duration,
    /// How long it may take until the server can be called. It may have to be installed first.
    pub open_timeout: Duration,
    /// How long the server may take to read the last messages when the link is closed.
    pub grace: Duration,
    /// How often, and how fast, a way that has broken is opened again.
    pub restart: Restart,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::new().message_bytes(64 * 1024 * 1024).batch(1_024),
            calls: 10_000,
            questions: 64,
            unheard: 256,
            unheard_bytes: 1024 * 1024,
            unheard_timeout: Duration::from_secs(5),
            unread_bytes: 1024 * 1024,
            write_timeout: Duration::from_secs(120),
            question_timeout: Duration::from_secs(600),
            probes: true,
            probe_timeout: Duration::from_secs(5),
            lively_timeout: Duration::from_secs(1),
            noisy_timeout: Duration::from_secs(30),
            open_timeout: Duration::from_secs(120),
            grace: Duration::from_secs(1),
            restart: Restart::default(),
        }
    }
}
