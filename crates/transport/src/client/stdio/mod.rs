//! A server that this process starts, and speaks with over its standard streams.
//!
//! What belongs here: what the process is given, what becomes of what it prints, and how it is ended so
//! that nothing of it is left. What does not: messages. Start at [`Settings`].

mod environment;
mod link;
mod process;
mod settings;
mod stderr;
mod words;

pub use link::open;
pub use settings::{Grace, Inherit, Settings, Stderr};
