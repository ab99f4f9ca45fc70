//! Arguments as they are typed: `name=value`, typed by a schema.
//!
//! What belongs here: reading what was typed. What does not: whether a server takes it. Start at
//! [`Assignments`].

mod assign;
mod source;
mod whole;

pub(crate) use assign::Assignments;
pub(crate) use whole::whole;
