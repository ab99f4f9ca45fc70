//! `cargo xtask conformance`: the official suite against our own server, in several revisions at once.
//!
//! What belongs here: starting servers, running `conformance/run.sh`, holding its verdicts against the list
//! of scenarios that are not attempted yet. What the suite is and how it is run stands in the script. Start
//! at [`run()`].

mod report;
mod run;
mod server;
mod waiting;

pub(crate) use run::run;
