//! WebSocket, on an HTTP server: both sides say what they like, when they like.
//!
//! What belongs here: the upgrade of a request, and how messages travel in frames. What does not: who may
//! come ([`http`](crate::http) has looked at `Host`, `Origin` and who is calling before), and what messages
//! mean ([`duplex`](crate::duplex)).
//!
//! A text frame is a message. Binary frames are refused: there is one form of a message. The subprotocol
//! `mcp` is agreed upon where it is offered; whoever offers none, or others, is served all the same.
//!
//! Start at [`WebSockets`].

mod carry;
mod counted;
mod endpoint;
mod handshake;
mod service;
mod settings;

#[cfg(feature = "web")]
pub(crate) use carry::{End, carry, config};
#[cfg(feature = "web")]
pub(crate) use counted::Counted;
pub use service::WebSockets;
pub use settings::Settings;
