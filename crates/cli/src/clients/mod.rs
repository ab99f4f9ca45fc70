//! The programs on this machine that use servers: where each keeps its configuration, in which form.
//!
//! What belongs here: reading and changing those files. What does not: what is typed and shown. Start at
//! [`known::CLIENTS`]. Changing is pure ([`edit`]); files are read, kept and written in [`file`].

mod edit;
mod entry;
mod file;
mod found;
mod known;
mod yaml;

pub(crate) use edit::{add, key};
pub(crate) use entry::{Server, of_named, of_text};
pub(crate) use file::{read, write};
pub(crate) use found::{Source, find, sources};
pub(crate) use known::{CLIENTS, Client, Form, Machine};
