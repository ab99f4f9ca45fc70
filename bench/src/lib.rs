//! What is measured, and against which floor. Two programs do the measuring: `fmcp-bench` the CPU time,
//! and `fmcp-bench-allocations` the allocations, apart because counting costs time.

mod cases;
mod floor;
mod server;

pub use cases::{Cases, NAMES};
