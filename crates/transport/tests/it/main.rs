//! What the transports are held to.

#![allow(missing_docs, clippy::unwrap_used)]

/// One peer on one stream of bytes: order, ends, limits, and peers that mean no good.
mod duplex;
