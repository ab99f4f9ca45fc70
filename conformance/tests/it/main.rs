//! The integration tests of `fmcp-conformance`: each fixture is what the suite's contract says, in a
//! revision with sessions and in one without.

#![allow(missing_docs, clippy::unwrap_used)]
// Tests write `accept(json!({…}))`.
#![allow(clippy::needless_pass_by_value)]

/// Questions to the client while a tool runs.
mod asking;
/// Lists that change, and who hears of it.
mod changes;
/// What tools give back.
mod content;
/// The one way in: a request at the everything-server, in a revision of choice.
mod door;
/// What is listed, and in which order.
mod lists;
/// The program, on standard streams and on HTTP.
mod program;
/// Prompts, and the completion of their arguments.
mod prompts;
/// Resources, listed or not.
mod resources;
/// Calls that end with questions, and come again with the answers.
mod rounds;
/// What is said of skills, and what lies in their folders.
mod skills;
/// Progress and log messages.
mod telling;
