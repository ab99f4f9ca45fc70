//! JSON that is carried rather than understood, and the macros that the protocol model is written with.
//!
//! What belongs here: [`Raw`] (a JSON text kept as it came), [`Number`], [`Named`] (an object whose
//! names are data; [`Extra`] for the fields that the model does not know), `model!` (a struct that keeps
//! such fields), `word!` and `union!` (enums that keep what they do not know). What does not: anything
//! that knows a protocol type. Start at [`Raw`].

mod model_macro;
mod named;
mod number;
mod raw;
mod union_macro;

pub(crate) use model_macro::{Key, Member, lists, model, required, setters, word};
pub use named::{Extra, Named};
pub use number::Number;
pub use raw::Raw;
pub(crate) use union_macro::{parse_inner, peek, peek_word, union};
