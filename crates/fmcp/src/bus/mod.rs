//! What replicas of a server tell each other: small messages, to whoever listens just then.
//!
//! What belongs here: the seam, and how messages travel. What does not: what servers tell each other, which is the
//! server's own affair, and what is kept, which is a [`Store`](crate::Store)'s. Start at [`Bus`]; [`Shared`] is
//! what a server is given.

mod channel;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod shared;

pub use channel::{Bus, Heard, Hearing};
pub use memory::Memory;
pub use shared::Shared;
