//! The server of the tests of interoperability: over stdio, or with `--http PORT` over Streamable HTTP.
//!
//! On HTTP it prints two URLs, its own and that of a proxy whose connections break (see [`fmcp_interop::cut`]), and ends
//! with its standard input. Start reading at [`fixtures`].

#![allow(clippy::print_stdout, reason = "whoever starts it reads the URLs")]

mod fixtures;

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use fmcp_interop::cut;
use tokio::{io::AsyncReadExt as _, net::TcpListener};

#[tokio::main]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let wire = Arc::new(cut::Wire::default());
    let server = fixtures::server(Arc::clone(&wire));
    match args[..] {
        [] => Ok(server.run_stdio().await?),
        ["--http", port] => serve(server, port.parse().context("a port")?, wire).await,
        _ => bail!("usage: interop-server [--http PORT]"),
    }
}

async fn serve(server: fmcp::Server, port: u16, wire: Arc<cut::Wire>) -> Result<()> {
    let server = server.bind_http(format!("127.0.0.1:{port}")).await?;
    let upstream = server.local_addr().context("a Unix socket has no URL")?;
    let proxy = TcpListener::bind((upstream.ip(), 0)).await?;
    println!("{}", server.url());
    println!("http://{}/mcp", proxy.local_addr()?);
    tokio::select! {
        served = server.run_until(end_of_input()) => Ok(served?),
        broken = cut::serve(proxy, upstream, wire) => broken.context("the proxy"),
    }
}

async fn end_of_input() {
    let mut input = tokio::io::stdin();
    // Whatever is there to read is not for us; an error is an end, too.
    while let Ok(1..) = input.read(&mut [0; 64]).await {}
}
