//! The client's end of one stream of messages in each direction: child processes, sockets, WebSocket,
//! HTTP+SSE.
//!
//! What belongs here: everything but how a message travels. A [`Connection`] takes messages and gives
//! messages, [`Calls`] is what callers see of it, [`open`] makes a [`Link`](super::Link) of whatever can
//! [`Dial`]. What does not: processes and sockets. Start at [`Connection`].

mod calls;
mod connection;
mod fault;
mod garbage;
mod greet;
mod keeper;
mod lines;
mod link;
mod restart;
mod settings;
mod sort;
mod straight;
mod unheard;
mod waiting;

pub use calls::Calls;
pub use connection::Connection;
pub use lines::lines;
pub use link::{Carrier, Dial, open};
pub use restart::Restart;
pub use settings::Settings;
