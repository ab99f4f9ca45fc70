//! The integration tests of `fmcp`: what users of the crate see, one file per area.

#![allow(missing_docs, clippy::unwrap_used)]

/// A client in memory: typed answers, errors, lists, callbacks, revisions, time and cancellation.
mod client;
/// What authors of servers test with: a client that remembers, a wire, assertions.
mod testing;
