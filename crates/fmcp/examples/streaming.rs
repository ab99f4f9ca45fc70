//! A tool whose result comes in parts, and a client that hears each of them while the tool still runs.
//!
//! ```sh
//! cargo run -p fmcp --example streaming
//! ```
//!
//! On HTTP, with `curl` as the client; the parts come as events, before the result:
//!
//! ```sh
//! cargo run -p fmcp --example streaming -- 127.0.0.1:8000
//! curl -N http://127.0.0.1:8000/mcp -H 'Content-Type: application/json' \
//!   -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' \
//!   -H 'Mcp-Method: tools/call' -H 'Mcp-Name: count' \
//!   -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"count","arguments":{"to":3},
//!        "_meta":{"fmcp/streamContent":true,"io.modelcontextprotocol/protocolVersion":"2026-07-28",
//!                 "io.modelcontextprotocol/clientInfo":{"name":"curl","version":"8"},
//!                 "io.modelcontextprotocol/clientCapabilities":{}}}}'
//! ```
#![allow(missing_docs)]

use std::{
    error::Error,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fmcp::{Client, Extra, Notice, Server, Stream, model::ClientCapabilities, tool};
use futures_util::stream;
use serde_json::{Value, json};

/// Count, slowly.
#[tool]
fn count(#[arg(range(1..=100))] to: u32) -> impl Stream<Item = String> {
    stream::unfold(1, move |n| async move {
        if n > to {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        Some((format!("{n} of {to}"), n + 1))
    })
}

fn server() -> Server {
    Server::new("counting").version("1.0.0").tool(count::tool())
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let (parts, reports) = (Arc::clone(&told), Arc::clone(&told));
    let note = |told: &Mutex<Vec<String>>, line: String| {
        told.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    };

    // Progress is part of the protocol; parts a client has to ask for.
    let mut asks = Extra::default();
    asks.insert("fmcp/streamContent", json!({}));
    let client = Client::builder(server())
        .capabilities(ClientCapabilities::new().experimental(asks))
        .on_progress(move |report| {
            let words = report.message.unwrap_or_default();
            note(&reports, format!("progress {}: {words}", report.progress));
        })
        .on_notice(move |notice| {
            if let Notice::Other(_, params) = notice {
                let part: Value = params.parse().unwrap_or_default();
                note(&parts, format!("part: {}", part["content"][0]["text"]));
            }
        })
        .connect()
        .await?;

    let result = client.call("count", json!({"to": 3})).await?;
    for line in told.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{} parts in the result", result.content().len())?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1) {
        Some(address) => Ok(server().run_http(address.as_str()).await?),
        None => run(&mut std::io::stdout()).await,
    }
}
