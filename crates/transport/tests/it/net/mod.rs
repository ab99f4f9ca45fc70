//! Connections, over raw sockets: what a peer may do to them, and what is done about it.

mod drain; // the end: who may finish, who goes at once, who is cut off
#[cfg(target_os = "linux")]
mod exhausted; // no descriptors left
mod flood; // many who say nothing, while others want to be served
mod gone; // who goes while something is answered, or says more
mod host; // a server to talk to, and the ways to talk to it
mod limits; // every limit, at its edge
mod listeners; // several addresses, Unix sockets, sockets that are bound already
mod multiplexed; // HTTP/2 on one connection
mod plain; // requests that are plain, and answered as all others are
mod smuggling; // requests that two servers would read in two ways
#[cfg(feature = "tls")]
mod tls; // handshakes, new certificates, certificates of clients
