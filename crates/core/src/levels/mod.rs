//! Values at three levels: of a call, of a user or session, of the whole server.
//!
//! What belongs here: where they are kept, bounded. What does not: which of them a call sees, and in which
//! order it looks ([`Context::value`](crate::Context::value), [`Context::lookup`](crate::Context::lookup)).

mod all;
mod shelf;
mod users;
mod values;

pub use all::{Level, Levels, UserLevel};
pub(crate) use shelf::Shelf;
pub use values::Values;
