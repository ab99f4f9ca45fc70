//! How much the network may do.

use std::{net::SocketAddr, time::Duration};

/// How many connections there may be, how long they may take, and how large a request's head may be.
///
/// Times are kept to within two sweeps of the connections: of two seconds where they are long, of less
/// where they are short. None ends early.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Connections at once, those that have become WebSockets among them. At the bound, a new one takes
    /// the place of the one that has waited longest for its first request; if all have had one, it is
    /// turned away.
    pub connections: usize,
    /// How long TLS may take to come to terms.
    pub handshake_timeout: Duration,
    /// How long a request's head may take, from its first byte; for the first request of a connection,
    /// from the connection on.
    pub header_timeout: Duration,
    /// How long a connection may do nothing between two requests. Streams do something until they end.
    pub idle_timeout: Duration,
    /// How long a peer may not read at all while something waits for it.
    pub write_timeout: Duration,
    /// How long calls that run may go on once the end has begun.
    pub drain_timeout: Duration,
    /// How many bytes the head of a request may have. HTTP/1 answers 431 to more.
    pub header_bytes: usize,
    /// How many fields the head of a request may have. HTTP/1 answers 431 to more.
    pub headers: usize,
    /// How much is read or waits to be written at once on HTTP/1: no less than 16 KiB.
    pub buffer_bytes: usize,
    /// Calls at once on a connection of HTTP/2.
    pub h2_streams: u32,
    /// How often a peer on HTTP/2 has to show that it is there; it has 20 seconds to do so.
    pub h2_ping_every: Duration,
    /// Whether requests carry a [`PeerAddress`].
    pub peer_address: bool,
}

impl Settings {
    /// How many fields HTTP/1 takes without being told.
    pub(super) const HEADERS: usize = 100;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections: 16_384,
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(30),
            header_bytes: 32 * 1024,
            headers: Self::HEADERS,
            buffer_bytes: 64 * 1024,
            h2_streams: 200,
            h2_ping_every: Duration::from_secs(30),
            peer_address: false,
        }
    }
}

/// Where a request comes from; among its extensions, if [`Settings::peer_address`] says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);
