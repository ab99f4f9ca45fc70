//! The commonest of all results, a tool's text, written and read without a detour.
//!
//! What belongs here: results that say exactly what the model's own serializer and deserializer say of them,
//! which tests hold them to; only the way is shorter. What does not: results with anything more in them.

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::write;
