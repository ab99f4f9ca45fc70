//! The link of revisions with sessions.
//!
//! What belongs here: the handshake, the session's id, streams that are taken up again, what the server asks.
//! What does not: what a response is ([`stream`](super::stream)). Start at `link.rs`, which is the link, and at
//! `shared.rs`, which is what its tasks share.

mod answering; // the answer to a call, on one stream or several
mod errands; // tasks that end with the link
mod handshake; // `initialize`, and what comes of it
mod link; // the link
mod listening; // the stream of what belongs to no call
mod questions; // what the server asks
mod shared; // what all of these share
mod strays; // answers on another stream than that of their call

pub(super) use link::open;
