//! The everything-server: a file for each area.
//!
//! Each file offers `add`, which takes a server and gives it back with the area's tools, resources or
//! prompts. The names and texts of all of them are the suite's. Start at [`everything()`].

mod asking;
mod changes;
mod content;
mod everything;
mod prompts;
mod resources;
mod rounds;
mod schemas;
mod skills;
mod tasks;
mod telling;

pub use everything::everything;
