//! Everything that only legacy revisions have: sessions, their streams, and streams that are resumed.
//!
//! Start at [`Sessions`] for what is remembered, at [`message`] for what a POST does.

mod get;
mod line;
mod live;
mod moment;
mod post;
mod seal;
mod sessions;

pub(crate) use get::{delete, get};
pub(crate) use live::Live;
pub(crate) use post::{Asked, batch, later, message, session};
pub use seal::SessionKey;
pub(crate) use sessions::Sessions;
