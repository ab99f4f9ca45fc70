//! What the transports are held to.

#![allow(missing_docs, clippy::unwrap_used)]

/// One peer on one stream of bytes: order, ends, limits, and peers that mean no good.
mod duplex;
/// Connections: limits, floods, smuggling, TLS, the end.
#[cfg(feature = "http")]
mod net;
/// Sockets in the file system: who may come, how many, and what is left behind.
#[cfg(unix)]
mod socket;
