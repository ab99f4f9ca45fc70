//! The client's end of every transport.
//!
//! What belongs here: how a server is reached, how both sides agree on a revision, how calls and notices
//! travel. What does not: what is asked and what answers mean, which is the client's in `fmcp`.
//!
//! Start at [`Link`], which is what every carrier becomes, and at [`Greeting`], which is what a client says
//! when it opens one.

pub mod agree;
mod backoff;
mod changes;
pub mod duplex;
mod greeting;
#[cfg(feature = "web")]
pub mod http;
mod link;
#[cfg(feature = "web")]
mod sse_2024;
pub mod stdio;
#[cfg(unix)]
pub mod unix;
#[cfg(feature = "web")]
pub mod web;
#[cfg(all(feature = "web", feature = "ws"))]
pub mod ws;

pub use backoff::Backoff;
pub use greeting::Greeting;
pub use link::Link;
