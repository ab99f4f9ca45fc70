//! HTTP+SSE, the transport of revision 2024-11-05: a stream of events to the client, and POSTs from it.
//!
//! What belongs here: how messages travel. What comes of them is a [`Connection`](crate::duplex::Connection),
//! as on every other transport with one peer on two streams. Start at [`Sse2024`] for where it is, at
//! `peers.rs` for what happens.

mod calls;
mod paths;
mod peers;
mod stream;

pub use paths::Sse2024;
pub(crate) use peers::Peers;
