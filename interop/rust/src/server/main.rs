//! A server made with the official Rust SDK, over stdio or with `--http PORT` over Streamable HTTP, until standard
//! input ends. The same as `interop/server`, but for what only our own server knows to tell.
//!
//! What it offers stands in `offers`, what its tools do in `calls`, what it tells and asks in `house`.

#![expect(
    deprecated,
    reason = "the SDK deprecates what the newest revision does, which is tested all the same"
)]

mod calls;
mod handler;
mod house;
mod offers;

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use rmcp::{
    ServiceExt as _,
    transport::{
        stdio,
        streamable_http_server::{
            StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
        },
    },
};
use tokio::{io::AsyncReadExt as _, net::TcpListener};

use handler::Handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let handler = Handler::default();
    let Some(port) = std::env::args().nth(2) else {
        handler.serve(stdio()).await?.waiting().await?;
        return Ok(());
    };
    let service = StreamableHttpService::new(
        move || Ok(handler.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default().with_sse_retry(Some(Duration::from_millis(50))),
    );
    let app = axum::Router::new().nest_service("/mcp", service);
    let port = port.parse().context("a port is a number")?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://127.0.0.1:{port}/mcp");
    tokio::select! {
        served = async { axum::serve(listener, app).await } => Ok(served?),
        () = end_of_input() => Ok(()),
    }
}

async fn end_of_input() {
    let mut input = tokio::io::stdin();
    // Whatever is there to read is not for us; an error is an end, too.
    while let Ok(1..) = input.read(&mut [0; 64]).await {}
}
