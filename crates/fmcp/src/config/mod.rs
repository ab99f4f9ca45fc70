//! Configuration: which servers there are, and how they are reached.
//!
//! What belongs here: `mcpServers` as other programs write it, read and checked whole. What does not:
//! connecting, which is the client's; once a configuration is read, nobody sees how it was typed. Start at
//! [`Servers`].

mod entry;
mod error;
mod expand;
mod fields;
mod names;
mod read;
mod secret;
#[cfg(test)]
mod tests;

pub use entry::{Auth, Command, Entry, Remote, RemoteKind, Servers, Way};
pub use error::{ConfigError, Fault};
pub use names::Names;
pub(crate) use read::address;
pub use secret::Secret;
