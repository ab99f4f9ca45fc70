//! Links over HTTP+SSE, the transport of 2024-11-05: the server talks on one stream, the client in POSTs.
//!
//! What belongs here: the stream, and where it says to post to. What does not: messages and calls, which are those
//! of any [stream in both directions](super::duplex). Start at `open.rs`; links come here by way of
//! [`http::open`](super::http::open), when a server speaks nothing else.

mod carry;
mod open;

pub(super) use open::open;
