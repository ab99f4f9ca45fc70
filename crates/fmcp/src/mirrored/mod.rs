//! Arguments that are repeated in headers where a call goes over HTTP (`x-mcp-header`).
//!
//! What belongs here: which arguments of a tool they are ([`Mirrored::of`]), the comparison on the server's
//! side ([`Mirrored::check`]), and the headers on the client's ([`Mirrored::headers`]). What does not: how a
//! header carries a text (`protocol::header_value`), and the headers that every request has.

mod annotations;
mod compare;
mod write;

pub(crate) use annotations::{KEYWORD, Mirrored, is_mirror};
