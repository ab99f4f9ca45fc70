//! How fmcp servers meet their peers.
//!
//! What belongs here: sockets, pipes, HTTP, and everything about them that has nothing to do with what a
//! call means. What does not: who answers, which is an [`Endpoint`](fmcp_core::Endpoint). Every transport
//! serves every protocol revision at once.
//!
//! Start at [`duplex`] for one peer on one stream (stdio, sockets, WebSocket), at [`http`] for Streamable
//! HTTP.

pub mod client;
pub mod drain;
pub mod duplex;
#[cfg(feature = "http")]
pub mod http;
pub mod net;
pub mod notice;
pub mod peer;
pub mod seal;
pub mod signal;
#[cfg(unix)]
pub mod socket;
pub mod stdio;
mod text;
#[cfg(feature = "ws")]
pub mod ws;
