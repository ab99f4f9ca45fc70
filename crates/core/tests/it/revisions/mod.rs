//! What becomes of requests and replies on the way from and to each revision.
//!
//! - [`corpus`]: cases in files, one folder for each revision.
//! - [`handshake`]: which revision comes of which request for one.
//! - [`properties`]: what holds for all replies, over replies that [`generate`] makes up.
//! - [`shared`]: a shared reply says what its single twin says.
//! - [`schema`]: the official schema of each revision, where it is at hand.

mod corpus;
mod generate;
mod handshake;
mod properties;
mod schema;
mod shared;

use fmcp_core::{
    Raw, Reply,
    protocol::{Identity, Method, Revision},
};
use serde_json::Value;

/// A reply written in `revision`, as a tree.
fn write(
    revision: Revision,
    method: &Method,
    reply: Reply,
    identity: Option<&Identity>,
) -> Result<Value, fmcp_core::Error> {
    let mut out = Vec::new();
    revision.write(method, reply, identity, &mut out)?;
    Ok(serde_json::from_slice(&out).unwrap())
}

/// A reply read from a tree.
fn raise(revision: Revision, method: &Method, text: &Value) -> Reply {
    revision.raise(method, &Raw::from(text)).unwrap()
}
