//! The everything-server of the conformance suite.
//!
//! ```sh
//! conformance-server                          # on standard streams
//! conformance-server --http 127.0.0.1:8000    # on HTTP; port 0 lets the system choose
//! ```

#![allow(
    clippy::print_stdout,
    reason = "whoever starts it reads where it listens"
)]

use anyhow::{Result, bail};
use fmcp_conformance::server::everything;

#[tokio::main]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => everything().run_stdio().await?,
        ["--http", address] => on_http(address).await?,
        _ => bail!("usage: conformance-server [--http ADDRESS]"),
    }
    Ok(())
}

/// Says where it listens, and serves until it is told to end.
async fn on_http(address: &str) -> fmcp::Result<()> {
    let server = everything().bind_http(address).await?;
    println!("{}", server.url());
    server.run().await
}
