//! `cargo xtask tidy`: the house rules that neither rustfmt nor clippy can check.
//!
//! What belongs here: one file per family of rules, each a pure function from a text to its
//! [`Fault`]s, with a test that shows it failing. What does not: anything that a lint can say.
//! Start at [`run`].

mod budget;
mod check;
mod exempt;
mod fault;
mod index;
mod manifest;
mod markdown;
mod names;
mod seams;
mod source;
mod tree;

pub(crate) use check::run;
use fault::Fault;
use source::Source;
use tree::Tree;
