//! Sockets whose peers speak as on stdio: one message a line.
//!
//! What belongs here: accepting peers, how many, and their end. What does not: what one of them says
//! ([`duplex`](crate::duplex)). Start at [`serve`].

mod serve;
mod unix;

pub use serve::{Accept, Settings, serve};
pub use unix::Unix;
