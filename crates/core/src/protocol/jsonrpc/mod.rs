//! JSON-RPC 2.0 as MCP uses it: messages read without copying, and written by concatenation.
//!
//! What belongs here: the envelope. What does not: what a method means. Start at [`read`].

mod envelope;

pub use envelope::{
    Fault, Frame, Message, Notification, Request, Response, begin_result, read, write_error,
    write_notification,
};

#[cfg(test)]
mod tests;
