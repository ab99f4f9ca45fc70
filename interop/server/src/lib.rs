//! What the tests of interoperability need on both sides.
//!
//! [`cut`] is a proxy whose connections break. The server itself stands in `main.rs` and what belongs to it.

pub mod cut;
