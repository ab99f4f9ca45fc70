//! JSON-RPC 2.0 as MCP uses it: messages read without copying, and written by concatenation.
//!
//! What belongs here: the envelope. What does not: what a method means. Start at [`read`].

mod envelope;
mod write;

pub use envelope::{Fault, Frame, Message, Notification, Request, Response, read};
pub use write::{Answer, write_notification};

#[cfg(test)]
mod tests;
