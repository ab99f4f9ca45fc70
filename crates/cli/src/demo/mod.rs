//! The servers that come with the program, to try everything on: one endpoint in front of four.
//!
//! What belongs here: small servers, written as users write theirs. What does not: how they are served. Start
//! at [`server`].

mod calculator;
mod expression;
mod folder;
mod guest;
mod jobs;
mod notes;
mod whole;

pub(crate) use folder::{Folder, data_folder};
pub(crate) use whole::server;
