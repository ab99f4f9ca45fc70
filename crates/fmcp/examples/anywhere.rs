//! One program for every place: the environment says which transport it serves on.
//!
//! ```sh
//! cargo run --example anywhere                        # on standard input and output, for a client that starts it
//! FMCP_TRANSPORT=http cargo run --example anywhere    # on HTTP, at FMCP_ADDRESS or 127.0.0.1:8000
//! curl localhost:8000/health
//! curl localhost:8000/mcp -H 'Content-Type: application/json' \
//!   -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: add' \
//!   -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"a":40,"b":2},
//!        "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",
//!                 "io.modelcontextprotocol/clientCapabilities":{}}}}'
//! ```
#![allow(missing_docs)]

use fmcp::{Server, tool};

/// Add two numbers.
#[tool(read_only, idempotent)]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[tokio::main]
async fn main() -> fmcp::Result<()> {
    let server = Server::new("anywhere").version("1.0.0").tool(add::tool());
    server.run().await
}
