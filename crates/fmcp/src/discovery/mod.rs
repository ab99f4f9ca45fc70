//! Three tools in front of any number: find one, read what it takes, run it.
//!
//! What belongs here: the three tools, the index that ranks, and how little is said at first. What does not: where the
//! tools behind come from. Start at [`Discovery`].

mod front;
mod index;
mod rank;
mod shelf;
mod show;
mod spelling;
mod words;

pub use front::Discovery;
