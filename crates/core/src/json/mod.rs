//! JSON that is carried rather than understood, and the macro that the protocol model is written with.
//!
//! What belongs here: [`Raw`] (a JSON text kept as it came), [`Extra`] (the fields of an object that
//! the model does not know) and `model!` (a struct that keeps such fields). What does not: anything
//! that knows a protocol type. Start at [`Raw`].

mod extra;
mod model_macro;
mod raw;

pub use extra::Extra;
pub(crate) use model_macro::{Key, Member, model, required, word};
pub use raw::Raw;
