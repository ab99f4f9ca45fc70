//! How much the peers of a server may do, where there are no HTTP requests.

use std::{path::PathBuf, time::Duration};

use fmcp_core::protocol::Limits;
use fmcp_transport::{duplex, notice::Rates};

macro_rules! peer_options {
    ($options:ident, $each:ident => $settings:expr) => {
        impl $options {
            /// Sets the bounds for each message.
            #[must_use]
            pub fn limits(mut self, limits: Limits) -> Self {
                let $each = &mut self;
                $settings.limits = limits;
                self
            }

            /// Sets how many calls of a peer run at once; further ones are refused. Without it, 256.
            #[must_use]
            pub fn calls(mut self, calls: usize) -> Self {
                let $each = &mut self;
                $settings.calls = calls;
                self
            }

            /// Sets how many streams of notifications a peer holds open at once. Without it, 64.
            #[must_use]
            pub fn streams(mut self, streams: usize) -> Self {
                let $each = &mut self;
                $settings.streams = streams;
                self
            }

            /// Sets how many bytes may wait for a peer to read them, before handlers that tell more
            /// wait, too. Without it, 1 MiB.
            #[must_use]
            pub fn unread_bytes(mut self, bytes: usize) -> Self {
                let $each = &mut self;
                $settings.unread_bytes = bytes;
                self
            }

            /// Sets how long a peer may not read at all while something waits for it, before it is
            /// hung up on. Without it, half a minute.
            #[must_use]
            pub fn write_timeout(mut self, timeout: Duration) -> Self {
                let $each = &mut self;
                $settings.write_timeout = timeout;
                self
            }

            /// Sets how long a call may take. Without it, an hour. A component's own limit is in force
            /// besides.
            #[must_use]
            pub fn call_timeout(mut self, timeout: Duration) -> Self {
                let $each = &mut self;
                $settings.call_timeout = timeout;
                self
            }

            /// Sets how long a question to a peer waits for its answer. Without it, ten minutes.
            #[must_use]
            pub fn question_timeout(mut self, timeout: Duration) -> Self {
                let $each = &mut self;
                $settings.question_timeout = timeout;
                self
            }

            /// Sets how long calls that run may go on at the end. Without it, five seconds.
            #[must_use]
            pub fn grace(mut self, grace: Duration) -> Self {
                let $each = &mut self;
                $settings.grace = grace;
                self
            }

            /// Sets how fast progress reports and log messages go out.
            #[must_use]
            pub fn rates(mut self, rates: Rates) -> Self {
                let $each = &mut self;
                $settings.rates = rates;
                self
            }
        }
    };
}

/// How [`Server::run_stdio_with`](crate::Server::run_stdio_with) serves the peer on the standard streams.
///
/// ```
/// use std::time::Duration;
///
/// let stdio = fmcp::Stdio::new().calls(16).grace(Duration::from_secs(20));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stdio {
    pub(super) settings: duplex::Settings,
}

impl Stdio {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

peer_options!(Stdio, options => options.settings);

/// Where and how [`Server::run_unix`](crate::Server::run_unix) serves peers on a Unix socket.
///
/// ```
/// let socket = fmcp::Unix::new("/run/notes.sock").mode(0o660).peers(32);
/// ```
#[cfg(unix)]
#[derive(Clone, Debug)]
pub struct Unix {
    pub(super) path: PathBuf,
    pub(super) mode: u32,
    pub(super) settings: fmcp_transport::socket::Settings,
}

#[cfg(unix)]
impl Unix {
    /// The defaults, at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            mode: 0o600,
            settings: fmcp_transport::socket::Settings::default(),
        }
    }

    /// Sets the permissions of the socket. Without it, 0o600: only the same user gets in.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Sets how many peers there may be at once; further ones are hung up on. Without it, 256.
    #[must_use]
    pub fn peers(mut self, peers: usize) -> Self {
        self.settings.peers = peers;
        self
    }
}

#[cfg(unix)]
peer_options!(Unix, options => options.settings.each);

#[cfg(unix)]
impl<P: Into<PathBuf>> From<P> for Unix {
    fn from(path: P) -> Self {
        Self::new(path)
    }
}
