//! The nouns and the protocol of fmcp. No I/O, no clock, no spawn, no runtime.

mod json;
pub mod protocol;

pub use json::{Extra, Named, Number, Raw};
