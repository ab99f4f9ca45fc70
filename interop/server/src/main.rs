//! The server of the tests of interoperability: over stdio, or with `--http` over Streamable HTTP.
#![allow(clippy::print_stdout, reason = "a program for the tests")]

mod cut;
mod fixtures;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = fixtures::server();
    let c =
        fmcp_transport::duplex::Connection::new(std::sync::Arc::new(server), Default::default());
    let end = fmcp_transport::duplex::lines(
        tokio::io::stdin(),
        tokio::io::stdout(),
        c,
        std::future::pending(),
    )
    .await;
    eprintln!("{end:?}");
    std::process::exit(0);
}
