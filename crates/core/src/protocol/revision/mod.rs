//! The revisions of the protocol, each with what it cannot say.
//!
//! The model speaks the newest revision; every older one is a file that names what its successor added
//! and takes it away again, so that the way down to an old revision is the chain of the files in
//! between. No other place compares revisions. Adding a revision: a file here, a line in `chain.rs`
//! and `name.rs`, and its corpus.
//!
//! Start at [`Revision`].

mod chain;
mod dialect;
mod handshake;
mod head;
mod lift;
mod name;
mod notice;
mod plain;
mod raise;
mod tasks;
mod v2024_11_05;
mod v2025_03_26;
mod v2025_06_18;
mod v2025_11_25;
mod v2026_07_28;
mod write;

pub use handshake::Handshake;
pub use lift::lift;
pub use name::{Era, Revision};
pub(crate) use raise::questions;
pub use tasks::{TaskTerms, list as list_tasks};
