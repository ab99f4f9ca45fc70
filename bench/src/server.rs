//! What is measured: a server with one tool of three arguments, or with very many.

use bytes::Bytes;
use fmcp::{
    Call, Context, Exchange, Middleware, Next, Reply, Result, Server, Tool, ToolError,
    schemars::{self, JsonSchema},
    tool,
};
use futures_util::FutureExt as _;
use serde::Deserialize;
use serde_json::{Value, json};

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

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct Trip {
    city: String,
    nights: u8,
}

/// Ask the user where to go.
#[tool]
async fn ask(
    /// Who asks
    text: String,
    ctx: Context,
) -> std::result::Result<String, ToolError> {
    let trip = ctx.elicit::<Trip>("Where do you want to go?").await?;
    let trip = trip.accepted().ok_or_else(|| ToolError::new("nowhere"))?;
    Ok(format!("{text}: {} nights in {}", trip.nights, trip.city))
}

/// A server with the tool `ask`, which asks its user.
pub(crate) fn asking() -> Server {
    Server::new("bench").version("1.0.0").tool(ask::tool())
}

/// The two requests of a call that asks once: the first, and the one that comes back with the answer. The
/// server takes the second as often as it comes, for as long as its state is good.
pub(crate) fn round(exchange: &Exchange) -> [Bytes; 2] {
    let call = |answers: Value, state: Value| {
        let mut params = json!({
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1.0.0"},
                "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}},
            },
            "name": "ask",
            "arguments": {"text": "bench"},
        });
        if state.is_string() {
            params["inputResponses"] = answers;
            params["requestState"] = state;
        }
        let call = json!({"jsonrpc": "2.0", "id": 17, "method": "tools/call", "params": params});
        Bytes::from(call.to_string())
    };
    let first = call(Value::Null, Value::Null);
    let asked: Value = serde_json::from_slice(&answer(exchange, &first)).unwrap_or_default();
    let questions = asked["result"]["inputRequests"].as_object();
    let accepted = json!({"action": "accept", "content": {"city": "Rome", "nights": 3}});
    let answers = questions
        .into_iter()
        .flatten()
        .map(|(name, _)| (name.clone(), accepted.clone()));
    let second = call(
        Value::Object(answers.collect()),
        asked["result"]["requestState"].clone(),
    );
    [first, second]
}

/// A server with the tool `repeat` among many others.
pub(crate) fn large(tools: usize) -> Server {
    (1..tools).fold(small(), |server, n| server.tool(other(n)))
}

/// A server with the tool `repeat` so many levels down, and a call that gets there.
///
/// # Errors
/// When it cannot be mounted.
pub(crate) fn nested(levels: usize) -> Result<(Exchange, Bytes)> {
    let (mut server, mut name) = (small(), "repeat".to_owned());
    for _ in 0..levels {
        let above = Server::new("bench").version("1.0.0");
        above.mount("m", &server)?;
        server = above;
        name.insert_str(0, "m_");
    }
    Ok((Exchange::new(server), modern_call_of(&name)))
}

/// A server with so many others mounted, each of which has five tools.
///
/// # Errors
/// When they cannot be mounted.
pub(crate) fn family(children: usize) -> Result<Server> {
    let parent = Server::new("bench").version("1.0.0");
    for n in 0..children {
        parent.mount(format!("child-{n}"), large(5))?;
    }
    Ok(parent)
}

/// How many tools a list has.
pub(crate) fn count(list: &[u8]) -> usize {
    let list: Value = serde_json::from_slice(list).unwrap_or_default();
    list["result"]["tools"].as_array().map_or(0, Vec::len)
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
    modern_call_of("repeat")
}

fn modern_call_of(name: &str) -> Bytes {
    let call = json!({"jsonrpc": "2.0", "id": 17, "method": "tools/call", "params": {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1.0.0"},
            "io.modelcontextprotocol/clientCapabilities": {},
        },
        "name": name,
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
