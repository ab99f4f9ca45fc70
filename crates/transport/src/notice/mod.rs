//! What a handler tells while it runs, on its way to the peer.
//!
//! What belongs here: which notices go on ([`Throttle`]), and the bounded way out ([`Queue`]). What does
//! not: how they look on the wire (that is the revision's).

mod queue;
mod throttle;

pub(crate) use queue::Passed;
pub use queue::{Closed, Queue};
pub use throttle::{Rates, Throttle, Verdict};
