//! The terminal: what is written, in which colours and widths; what is typed.
//!
//! What belongs here: lines, tables, bars, answers. What does not: what they are about. Start at [`Output`].

mod clean;
mod output;
mod progress;
pub(crate) mod style;
mod table;
mod wrap;

pub(crate) use clean::clean;
pub(crate) use output::Output;
pub(crate) use progress::Progress;
pub(crate) use table::table;
pub(crate) use wrap::wrap;
