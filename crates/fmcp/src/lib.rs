//! FastMCP for Rust.

pub mod schema;
