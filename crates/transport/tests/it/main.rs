//! What the transports are held to.

#![allow(missing_docs, clippy::unwrap_used)]
// A test wants to write `request(1, "ping", json!({}))`.
#![allow(clippy::needless_pass_by_value)]

/// The client's end: requests, links.
mod client;
/// One peer on one stream of bytes: order, ends, limits, and peers that mean no good.
mod duplex;
/// Connections: limits, floods, smuggling, TLS, the end.
#[cfg(feature = "http")]
mod net;
/// Sockets in the file system: who may come, how many, and what is left behind.
#[cfg(unix)]
mod socket;
/// WebSockets: the upgrade, frames, both eras, the end.
#[cfg(feature = "ws")]
mod ws;
