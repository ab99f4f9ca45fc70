//! Redis, and whoever speaks like it: what several replicas of a server share.
//!
//! What belongs here: the connection, and values by key. What does not: what is told between replicas, which is
//! [`crate::bus`]. Start at [`Redis`]; `link` is the only file that opens a connection.

mod keep;
mod link;
mod server;
mod words;

pub(crate) use link::{Again, Link, late};
pub use server::Redis;
pub(crate) use words::failed;
