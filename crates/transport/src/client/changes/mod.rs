//! What a legacy session hears unasked, for those who asked to hear it.
//!
//! What belongs here: who listens to what, and what the server is told about it. What does not: how a
//! notification comes in. Start at [`Changes`].

mod ear;
mod ears;

pub(crate) use ears::Changes;

#[cfg(test)]
mod tests;
