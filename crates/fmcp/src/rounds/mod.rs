//! Rounds of a call in revisions without sessions: a handler that asks ends, and runs again with the answers.
//!
//! What belongs here: what was answered so far, on its way through the client's hands and back. What does
//! not: what is asked, and how answers find their questions, which is
//! [`fmcp_core::Rounds`]. Start at [`resume`] and [`close`], which stand around every run of a handler.

mod about;
mod keeper;
mod key;
mod run;

pub(crate) use about::about;
pub(crate) use keeper::{Keeper, Settings};
pub use key::StateKey;
pub(crate) use run::{asks, begins_task, close, hand_on, resume, resumes};
