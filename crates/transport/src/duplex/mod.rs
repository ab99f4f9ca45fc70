//! One peer on one stream of messages in each direction: stdio, sockets, WebSocket, HTTP+SSE.
//!
//! What belongs here: everything but how a message travels. [`Connection`] takes messages and gives
//! messages; [`lines`] carries them over bytes, one a line. What does not: HTTP, where every request
//! has a stream of its own. Start at [`Connection`].

mod connection;
mod line;
mod lines;
mod party;
mod settings;
mod work;

pub use connection::Connection;
#[cfg(feature = "http")]
pub(crate) use connection::listen_for;
pub(crate) use lines::carry;
pub use lines::{End, lines};
pub(crate) use party::Party;
pub use settings::Settings;
pub(crate) use work::{Done, Task, done};
