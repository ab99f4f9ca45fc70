//! The way back to a peer: what a handler tells and asks while its call runs.
//!
//! What belongs here: everything that transports have in common about it. What does not: how a message
//! travels. Start at [`Way`].

mod questions;
mod way;

pub use questions::Questions;
pub use way::{Out, Way};
