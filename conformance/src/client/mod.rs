//! The client of the conformance suite: what each scenario wants to see done.
//!
//! What belongs here: using a server, in the words that a user of `fmcp` would write. What does not: any way
//! round the framework. Start at [`run`].

mod calls;
mod identity;
mod scenario;
mod skills;

pub use scenario::{Scenario, run};
