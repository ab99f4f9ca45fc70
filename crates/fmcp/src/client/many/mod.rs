//! One link for many servers.
//!
//! What belongs here: whom a call is for, what things are called outside and inside, and servers that come
//! and go. What does not: how each of them is reached. Start at [`Many`].

mod link;
mod listen;
mod lists;
mod news;
mod upstream;

pub use upstream::{ServerState, ServerStatus};

pub(super) use link::Many;
pub(crate) use lists::all as list_all;
pub(crate) use news::News;
pub(crate) use upstream::{Opening, Upstream};
