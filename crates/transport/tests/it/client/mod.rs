//! The client's end of every transport.

/// One server on one stream of messages: eras, calls, what is told and asked, ends.
mod duplex;
/// Links over HTTP: eras, calls, sessions, streams, and servers that mean no good.
#[cfg(feature = "web")]
mod http;
/// Servers that are started: what they are given, how they end, what is left of them.
#[cfg(unix)]
mod stdio;
/// Servers behind sockets in the file system.
#[cfg(unix)]
mod unix;
/// Requests to HTTP servers: connections, TLS, proxies, where a request may go.
#[cfg(feature = "web")]
mod web;
/// Servers on WebSockets: the upgrade, credentials, TLS, and what breaks.
#[cfg(all(feature = "web", feature = "ws"))]
mod ws;
