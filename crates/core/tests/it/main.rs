//! The integration tests of fmcp-core, one binary.
//!
//! - [`corpus`]: every type of the model reads and writes what the protocol says, over our own files and
//!   over the official schema and examples where they are at hand.
//! - [`exchange`]: one peer's bytes in, answers out: sessions, batches, ids, refusals.
//! - [`model`]: what authors build, and what peers get wrong.
//! - [`revisions`]: what becomes of requests and replies on the way from and to each revision.
//! - [`types`]: which type of the model stands for which name of the official schema.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod corpus;
mod exchange;
mod model;
mod revisions;
mod types;
