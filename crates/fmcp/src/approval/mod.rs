//! Definitions of upstreams' tools that wait for a person: who has read a tool's words once should not have others
//! put in their place.
//!
//! What belongs here: what a definition is told by, which are approved, and which are held. What does not: lists and
//! calls, which are the proxy's. Start at [`Approvals`].

mod approvals;
mod decide;
mod digest;
mod ledger;
mod pins;
mod withheld;

pub use approvals::{Approvals, Held};
pub(crate) use withheld::{Withheld, withheld};
