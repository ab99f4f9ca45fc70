//! What is measured: a server with one tool of three arguments, or with very many.

use bytes::Bytes;
use fmcp::{Call, Exchange, Middleware, Next, Reply, Result, Server, Tool, tool};
use futures_util::FutureExt as _;
use serde_json::json;

/// The work of the tool, the same here and in the floor.
pub(crate) fn repeated(text: &str, times: i64, loud: bool) -> String {
    let text = text.repeat(usize::try_from(times).unwrap_or(0));
    if loud { text.to_uppercase() } else { text }
}

/// Say something several times.
#[tool]
async fn repeat(
    /// What to say
    text: String,
    /// How often
    times: i64,
    /// Whether to shout
    loud: bool,
) -> String {
    repeated(&text, times, loud)
}

/// A server with the tool `repeat`.
pub(crate) fn small() -> Server {
    Server::new("bench").version("1.0.0").tool(repeat::tool())
}

/// A server with the tool `repeat` among many others.
pub(crate) fn large(tools: usize) -> Server {
    (1..tools).fold(small(), |server, n| server.tool(other(n)))
}

fn other(n: usize) -> Tool {
    let schema = json!({"type": "object", "properties": {
        "city": {"type": "string", "description": "City name or postal code"},
        "days": {"type": "integer", "description": "How many days ahead", "minimum": 1, "maximum": 14},
    }, "required": ["city"]});
    Tool::dynamic(
        format!("tool_{n}"),
        schema,
        |_: serde_json::Value, _| async { "done" },
    )
    .description("One of very many tools, with a description of a usual length for such a thing.")
}

/// Looks at every call and hands it on.
pub(crate) struct Looks(pub(crate) u64);

impl Middleware for Looks {
    async fn handle(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        let seen = std::hint::black_box(self.0);
        let reply = next.run(call).await;
        std::hint::black_box(seen);
        reply
    }
}

/// A call as a client of the newest revision writes it.
pub(crate) fn modern_call() -> Bytes {
    let call = json!({"jsonrpc": "2.0", "id": 17, "method": "tools/call", "params": {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1.0.0"},
            "io.modelcontextprotocol/clientCapabilities": {},
        },
        "name": "repeat",
        "arguments": {"text": "hello ", "times": 3, "loud": false},
    }});
    Bytes::from(call.to_string())
}

/// A call as a client with a session writes it.
pub(crate) fn legacy_call() -> Bytes {
    let call = json!({"jsonrpc": "2.0", "id": 17, "method": "tools/call", "params": {
        "name": "repeat",
        "arguments": {"text": "hello ", "times": 3, "loud": false},
    }});
    Bytes::from(call.to_string())
}

/// A request for the list of tools.
pub(crate) fn modern_list() -> Bytes {
    let call = json!({"jsonrpc": "2.0", "id": 17, "method": "tools/list", "params": {"_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }}});
    Bytes::from(call.to_string())
}

/// Opens a session of revision 2025-11-25.
pub(crate) fn open_session(exchange: &Exchange) {
    let open = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "bench", "version": "1.0.0"},
    }});
    answer(exchange, &Bytes::from(open.to_string()));
}

/// Bytes in, bytes out. Nothing in these servers waits, so one poll is all it takes; that also shows that
/// no task and no channel is on the way.
pub(crate) fn answer(exchange: &Exchange, body: &Bytes) -> Vec<u8> {
    exchange
        .answer(body.clone())
        .now_or_never()
        .flatten()
        .unwrap_or_default()
}
