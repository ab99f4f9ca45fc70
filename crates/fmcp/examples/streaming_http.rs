//! Answers that come in parts: a tool that tells how it goes, a tool that gives back a stream, and streams
//! beside the endpoint. `-N` keeps curl from collecting what should be seen as it comes.
//!
//! ```sh
//! cargo run --example streaming_http               # or at another address: -- 127.0.0.1:9000
//! curl -N localhost:8000/ticks                  # a line of JSON each (NDJSON)
//! curl -N localhost:8000/events                 # server-sent events, for `new EventSource("/events")`
//! curl -N localhost:8000/mcp -H 'Content-Type: application/json' \
//!   -H 'Accept: application/json, text/event-stream' \
//!   -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: import' \
//!   -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"import","arguments":{"files":4},
//!        "_meta":{"progressToken":"p","io.modelcontextprotocol/logLevel":"info",
//!                 "io.modelcontextprotocol/protocolVersion":"2026-07-28",
//!                 "io.modelcontextprotocol/clientCapabilities":{}}}}'
//! curl -N localhost:8000/mcp -H 'Content-Type: application/json' \
//!   -H 'Accept: application/json, text/event-stream' \
//!   -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: poem' \
//!   -d '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"poem",
//!        "_meta":{"fmcp/streamContent":true,
//!                 "io.modelcontextprotocol/protocolVersion":"2026-07-28",
//!                 "io.modelcontextprotocol/clientCapabilities":{}}}}'
//! ```
#![allow(missing_docs)]

use std::time::Duration;

use fmcp::{
    Context, Http, Server, Stream,
    http::{ndjson, sse},
    tool,
};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::time::sleep;

/// How long a step takes.
const STEP: Duration = Duration::from_millis(200);

/// Import files, and tell of each. Whoever asked for progress or for log messages gets them while the tool
/// runs; for everybody else, the answer is plain JSON.
#[tool]
async fn import(#[arg(default = 3, range(1..=20))] files: u32, ctx: Context) -> String {
    ctx.info("looking for files").await;
    for file in 1..=files {
        sleep(STEP).await;
        ctx.progress(file, files, format!("file {file}")).await;
    }
    format!("imported {files} files")
}

/// A poem, line by line.
#[tool]
fn poem() -> impl Stream<Item = &'static str> {
    let lines = [
        "Roses are red,",
        "violets are blue,",
        "streams come in parts,",
        "and so does this, too.",
    ];
    stream::iter(lines).then(async |line| {
        sleep(STEP).await;
        line
    })
}

/// Values as they come. Nothing is computed before somebody reads, and nothing after the reader has gone.
fn ticks() -> impl Stream<Item = Value> + Send + 'static {
    stream::iter(1..=5).then(async |n| {
        sleep(STEP).await;
        json!({"tick": n})
    })
}

#[tokio::main]
async fn main() -> fmcp::Result<()> {
    let server = Server::new("streaming")
        .version("1.0.0")
        .tool(import::tool())
        .tool(poem::tool())
        .route("/ticks", |_| async { ndjson(ticks()) })
        .route("/events", |_| async { sse(ticks()) });
    let address = std::env::args().nth(1);
    server
        .run_http(Http::new(address.as_deref().unwrap_or("127.0.0.1:8000")))
        .await
}
