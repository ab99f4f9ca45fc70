//! What the official conformance suite of the Model Context Protocol is run against.
//!
//! What belongs here: programs as users of `fmcp` would write them, with every tool, resource and prompt
//! that the suite asks for. What does not: anything that the suite could not see, and any way round the
//! framework. Start at [`server::everything`] and [`client::run`]; `cargo xtask conformance` runs the suite.

pub mod client;
pub mod server;
