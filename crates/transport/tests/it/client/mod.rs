//! The client's end of every transport.

/// Requests to HTTP servers: connections, TLS, proxies, where a request may go.
#[cfg(feature = "web")]
mod web;
