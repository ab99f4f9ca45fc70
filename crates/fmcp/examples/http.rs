//! A server on HTTP, for clients of every revision at once.
//!
//! ```sh
//! cargo run --example http                      # or with another address: -- 127.0.0.1:9000
//! curl localhost:8000/health
//! curl localhost:8000/hello
//! curl localhost:8000/mcp -H 'Content-Type: application/json' \
//!   -H 'Accept: application/json, text/event-stream' \
//!   -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: countdown' \
//!   -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"countdown","arguments":{"from":3},
//!        "_meta":{"progressToken":1,"io.modelcontextprotocol/protocolVersion":"2026-07-28",
//!                 "io.modelcontextprotocol/clientCapabilities":{}}}}'
//! curl localhost:8000/sse -N                     # for clients of 2024-11-05
//! ```
#![allow(missing_docs)]

use std::time::Duration;

use fmcp::{Context, Http, Server, tool};

/// Add two numbers.
#[tool(read_only, idempotent)]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Count down to zero, a step every tenth of a second, and report each.
#[tool]
async fn countdown(#[arg(range(1..=100))] from: u32, ctx: Context) -> String {
    for step in 0..from {
        ctx.progress(step + 1, from, None).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    "lift-off".to_owned()
}

fn server() -> Server {
    Server::new("http-example")
        .version("1.0.0")
        .tool(add::tool())
        .tool(countdown::tool())
        .route("/hello", |_| async { "Hello from beside the endpoint!\n" })
}

#[tokio::main]
async fn main() -> fmcp::Result<()> {
    let address = std::env::args().nth(1);
    let http = Http::new(address.as_deref().unwrap_or("127.0.0.1:8000"));
    // Clients from before 2025 are given the address of `/sse`.
    server().run_http(http.sse()).await
}
