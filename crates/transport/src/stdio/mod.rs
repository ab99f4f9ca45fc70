//! The process's own standard streams as a transport.
//!
//! What belongs here: whose the streams are while a server speaks on them, and how they are read and
//! written without holding up anybody. What does not: what the messages mean ([`duplex`](crate::duplex)).
//! Start at [`serve`].

#[cfg(unix)]
mod polled;
#[cfg(not(unix))]
#[path = "plain.rs"]
mod serve;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod takeover;
#[cfg(unix)]
mod threaded;

pub use serve::serve;
