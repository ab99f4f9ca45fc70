//! What servers have and give, in words for people.
//!
//! What belongs here: lists, contents, results. What does not: the terminal. Nothing that a server wrote is
//! shown before it has gone through [`clean`](crate::terminal::clean).

mod components;
mod content;
mod report;
mod words;

pub(crate) use components::{Component, components};
pub(crate) use content::{blocks, contents};
pub(crate) use report::{counted, report};
pub(crate) use words::last_words;
