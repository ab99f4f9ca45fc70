//! Feature flags: what is on for whom.
//!
//! What belongs here: the flags of a server, and the decision. What does not: how they are changed and
//! shown by a server (that is `fmcp::flags`). Start at [`Flags`].

mod flag;
mod set;

pub use flag::Flag;
pub(crate) use flag::Who;
pub use set::Flags;
