//! From what was typed to a connected client.
//!
//! What belongs here: which server is meant, and how it is to be connected to. What does not: what is
//! asked of it. Start at [`Connection`].

mod auth;
mod connection;
pub(crate) mod fastmcp;
mod listening;
mod refused;
pub(crate) mod target;

pub(crate) use auth::oauth;
pub(crate) use connection::{Connection, How, header};
pub(crate) use refused::refused;
