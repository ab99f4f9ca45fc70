//! The client's end of every transport.

/// One server on one stream of messages: eras, calls, what is told and asked, ends.
mod duplex;
/// Requests to HTTP servers: connections, TLS, proxies, where a request may go.
#[cfg(feature = "web")]
mod web;
