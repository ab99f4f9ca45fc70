//! A server on a WebSocket.
//!
//! What belongs here: how a request becomes a WebSocket. What does not: how it reaches the server
//! ([`web`](super::web)), and what travels in it ([`duplex`](super::duplex)). Start at [`Settings`].

mod link;
mod settings;
mod upgrade;

pub use link::open;
pub use settings::Settings;
