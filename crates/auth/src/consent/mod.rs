//! How a user is asked to let a client in.
//!
//! What belongs here: where the user is sent, and how the answer comes back. What does not: what the answer
//! says, and whether it may be believed, which is checked whoever brought it.
//!
//! Start at [`Consent`]. [`Browser`] is for a user at this machine, [`Paste`] for one who has a browser
//! somewhere else.

mod browser;
mod loopback;
mod open;
mod page;
mod paste;
mod way;

pub use browser::Browser;
pub use open::open;
pub use paste::Paste;
pub use way::{Consent, Visit};
