//! The server of the matrix on its standard streams.

#![allow(missing_docs)]

#[path = "server.rs"]
mod server;

#[tokio::main]
async fn main() -> fmcp::Result<()> {
    server::server().run_stdio().await
}
