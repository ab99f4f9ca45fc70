//! A server on standard input and output: what a client starts as a process of its own.
//!
//! Try it with a client of the newest revision, or of an older one:
//!
//! ```sh
//! printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"count","arguments":{"to":3},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"me","version":"1"},"io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/logLevel":"info","progressToken":"p"}}}' | cargo run -q -p fmcp --example stdio
//!
//! printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"me","version":"1"}}}' '{"jsonrpc":"2.0","method":"notifications/initialized"}' '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"shout","arguments":{"words":"hello"}}}' | cargo run -q -p fmcp --example stdio
//! ```
//!
//! Or give a client the command `cargo run -q -p fmcp --example stdio`.
#![allow(missing_docs, clippy::print_stderr)]

use std::time::Duration;

use fmcp::{Context, Server, tool};

/// Count, and tell how far it is.
#[tool(read_only)]
async fn count(
    #[arg(range(1..=100))] to: u64,
    /// Milliseconds between two numbers
    #[arg(default = 100, range(0..=10_000))]
    every: u64,
    ctx: Context,
) -> String {
    ctx.info(format!("counting to {to}")).await;
    for n in 1..=to {
        tokio::time::sleep(Duration::from_millis(every)).await;
        ctx.progress(n, to, None).await;
    }
    format!("counted to {to}")
}

/// Say it louder.
#[tool(read_only)]
#[allow(clippy::print_stdout, reason = "this is what it shows")]
async fn shout(words: String) -> String {
    // This does not disturb the client: standard output belongs to the protocol, and what is printed
    // goes to standard error.
    println!("somebody shouts {words:?}");
    words.to_uppercase()
}

#[tokio::main]
async fn main() -> fmcp::Result<()> {
    Server::new("example")
        .version("1.0.0")
        .tool(count::tool())
        .tool(shout::tool())
        .on_stop(|_| async { eprintln!("the server has stopped") })
        .run_stdio()
        .await
}
