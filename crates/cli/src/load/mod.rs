//! Load on a server, and how long its answers take.
//!
//! What belongs here: who calls when, and what is counted. What does not: what is shown. Start at [`run`].

mod histogram;
mod run;

pub(crate) use histogram::Histogram;
pub(crate) use run::{Load, Outcome, Work, run};
