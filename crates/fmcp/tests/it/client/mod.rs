//! A client in memory. Here is the server that most tests ask.

use std::sync::{Arc, Mutex};

use fmcp::{
    Client, Content, Context, Input, Json, Prompt, Raw, Resource, Server, Tool, ToolError,
    schemars::JsonSchema,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What a client answers when its server asks, in sessions and in rounds alike.
mod answers;
/// Answers that are kept for as long as the server says.
mod cache;
/// What a client hears while it waits: progress, logs, changes of lists.
mod callbacks;
/// Extensions of one's own, and middleware around the calls of a client.
mod extensions;
/// Servers that do what they should not.
mod hostile;
/// One client for many servers.
mod many;
/// Results held against the schemas of tools that the client has listed.
mod output;
/// Answers: typed, raw, wrapped; tools that fail; what cannot be asked; lists.
mod results;
/// Calls that are made again, and calls that are not.
mod retries;
/// Who says what to whom, in every revision.
mod revisions;
/// Rounds: a server without sessions asks back, and the call is made again with the answers.
mod rounds;
/// Ready-made handlers for language models, against stand-ins for their providers.
#[cfg(all(feature = "openai", feature = "anthropic"))]
mod sampling;
/// Streams of changes: who hears of what, once, and what happens when the server goes away.
mod subscriptions;
/// Time-outs, cancellation, and many calls at once.
mod time;
/// Calls over HTTP and over standard streams: many at once, and arguments in headers.
mod wires;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Point {
    #[serde(default)]
    x: i64,
    #[serde(default)]
    y: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Number {
    n: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Path {
    name: String,
}

fn server() -> Server {
    Server::new("shapes")
        .version("1.2.3")
        .instructions("Ask for a point.")
        .tool(Tool::new(
            "double",
            |Input(Number { n })| async move { n * 2 },
        ))
        .tool(Tool::new("flag", || async { true }))
        .tool(Tool::new("ratio", || async { 0.5 }))
        .tool(Tool::new("words", || async { "42" }))
        .tool(Tool::new("nothing", || async {}))
        .tool(Tool::new("point", || async { Json(Point { x: 1, y: 2 }) }))
        .tool(Tool::new("points", || async {
            Json(vec![Point { x: 1, y: 2 }])
        }))
        .tool(Tool::new("none", || async { None::<i64> }))
        .tool(Tool::new("maybe", || async { Some(7) }))
        .tool(Tool::new("maybe_point", || async {
            Some(Json(Point { x: 3, y: 4 }))
        }))
        .tool(Tool::new("blocks", || async {
            vec![Content::text("a"), Content::image("AA==", "image/png")]
        }))
        .tool(Tool::new("json_text", || async { r#"{"x":5,"y":6}"# }))
        .tool(Tool::new("refuse", || async {
            Err::<String, _>(ToolError::new("not today").structured(json!({"code": 7})))
        }))
        .tool(Tool::new("who", |ctx: Context| async move {
            let client = ctx.client().map(|client| client.name).unwrap_or_default();
            json!({
                "client": client,
                "revision": ctx.revision().as_str(),
                "session": ctx.session().map(|session| session.revision().as_str()),
                "sampling": ctx.client_capabilities().sampling.is_some(),
                "meta": ctx.call().meta().get("trace").map(Raw::to_value),
                "id": ctx.request_id(),
            })
        }))
        .resource(Resource::new("text://a", || async { "plain" }).mime("text/plain"))
        .resource(Resource::new("json://a", || async {
            json!({"x": 1, "y": 2})
        }))
        .resource(
            Resource::new("file://{name}", |Input(Path { name })| async move {
                name.into_bytes()
            })
            .complete("name", ["alpha", "beta"]),
        )
        .prompt(Prompt::new("greet", |Input(Path { name })| async move {
            format!("Greet {name}")
        }))
}

async fn connect() -> Client {
    Client::connect(server()).await.unwrap()
}

/// A server whose tool tells much while it runs.
fn teller() -> Server {
    Server::new("teller").tool(Tool::new("tell", |ctx: Context| async move {
        ctx.debug("looking").await;
        ctx.logger("db").warning("slow").await;
        for done in 1..=10 {
            ctx.progress(done, 10, "working").await;
        }
        ctx.call().wants_progress()
    }))
}

type Seen<T> = Arc<Mutex<Vec<T>>>;

fn push<T: Send + 'static>(seen: &Seen<T>) -> impl Fn(T) + Send + Sync + 'static {
    let seen = Arc::clone(seen);
    move |item| seen.lock().unwrap().push(item)
}
