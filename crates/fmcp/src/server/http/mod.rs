//! A server on HTTP: its options, its routes, and running it.
//!
//! Start at [`Http`] for what can be set, at `run.rs` for what happens.

mod options;
mod routes;
mod run;
mod started;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "ws")]
mod websocket;

pub use options::Http;
pub use run::HttpServer;
pub(super) use run::run_named;
