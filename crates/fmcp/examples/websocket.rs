//! A server on a WebSocket, which pushes whatever it likes to its clients.
//!
//! ```sh
//! cargo run --example websocket                 # or with another address: -- 127.0.0.1:9000
//! npx wscat -c ws://localhost:8000/ws -s mcp    # then, as one line:
//! {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"watch","arguments":{"ticks":3},
//!  "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",
//!           "io.modelcontextprotocol/clientCapabilities":{}}}}
//! ```
#![allow(missing_docs)]

use std::time::Duration;

use fmcp::{Context, Http, Notice, Server, Topic, protocol::Params, tool};
use serde_json::json;

/// Tell what the clock does, by notifications of our own, before the answer.
#[tool]
async fn watch(#[arg(range(1..=60))] ticks: u32, ctx: Context) -> fmcp::Result<String> {
    for tick in 1..=ticks {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if let Some(peer) = ctx.call().peer() {
            let params = Params::of(&json!({"tick": tick}))?;
            peer.notify(Notice::Other(Topic::from("notifications/tick"), params))
                .await;
        }
    }
    Ok(format!("{ticks} ticks"))
}

#[tokio::main]
async fn main() -> fmcp::Result<()> {
    let address = std::env::args().nth(1);
    let http = Http::new(address.as_deref().unwrap_or("127.0.0.1:8000")).websocket("/ws");
    Server::new("websocket-example")
        .version("1.0.0")
        .tool(watch::tool())
        .run_http(http)
        .await
}
