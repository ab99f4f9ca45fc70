//! Arguments that HTTP clients repeat in headers (`x-mcp-header`), and whether they say the same there.
//!
//! What belongs here: which arguments of a tool they are ([`Mirrored::of`]), and the comparison
//! ([`Mirrored::check`]). What does not: how a header carries a text (`protocol::header_value`), and the
//! headers that every request has.

mod annotations;
mod compare;

pub(super) use annotations::Mirrored;
