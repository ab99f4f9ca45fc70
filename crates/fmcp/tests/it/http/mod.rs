//! Streamable HTTP: what a client reads off the wire, whatever it sends.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use fmcp::{
    Authenticator, BoxFuture, Component, Context, Error, Http, Kind, Level, LogLevel, Method,
    Principal, Resource, Server, State, Tool, serde_json::Value, testing, tool,
};
use serde_json::json;
use tokio::sync::{Notify, oneshot, watch};

use self::wire::{Answer, Answering, Request, SOON, said};

/// Who may call: names, origins, credentials; which methods, types and sizes.
mod door;
/// Those who mean harm: what they get, and that others do not notice.
mod hostile;
/// Requests that say all by themselves.
mod modern;
/// What attacks leave behind in memory.
mod returns;
/// What a silent session costs.
mod room;
/// Legacy sessions: opening, closing, who they belong to, how many there may be.
mod sessions;
/// Streams of legacy sessions: of calls and of changes, broken and resumed.
mod streams;
/// Streams of changes that one request opens.
mod subscriptions;
/// The client.
mod wire;

const LEGACY: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// How tests and handlers talk to each other.
#[derive(Clone)]
struct Signals {
    /// Lets handlers that wait go on.
    go: Arc<Notify>,
    /// How many handlers were dropped before their end.
    dropped: watch::Sender<usize>,
    /// How much a handler has told.
    told: watch::Sender<usize>,
}

impl Signals {
    fn new() -> Self {
        Self {
            go: Arc::default(),
            dropped: watch::Sender::new(0),
            told: watch::Sender::new(0),
        }
    }

    async fn drops(&self, count: usize) {
        let mut dropped = self.dropped.subscribe();
        let dropped = tokio::time::timeout(SOON, dropped.wait_for(|now| *now >= count)).await;
        dropped.expect("nothing was dropped").unwrap();
    }

    async fn tells(&self, count: usize) {
        let mut told = self.told.subscribe();
        let told = tokio::time::timeout(SOON, told.wait_for(|now| *now >= count)).await;
        told.expect("nothing was told").unwrap();
    }
}

/// Counts a handler that does not come to its end.
struct Guard(Option<Signals>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(signals) = self.0.take() {
            signals.dropped.send_modify(|dropped| *dropped += 1);
        }
    }
}

#[tool]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Waits until the test lets it go on.
#[tool]
async fn wait(#[ctx] State(signals): State<Signals>) -> &'static str {
    let mut guard = Guard(Some(Signals::clone(&signals)));
    signals.told.send_modify(|told| *told += 1);
    signals.go.notified().await;
    guard.0 = None;
    "gone on"
}

/// Tells something, waits until the test lets it go on, and tells something else.
#[tool]
async fn tell(ctx: Context, #[ctx] State(signals): State<Signals>) -> &'static str {
    let mut guard = Guard(Some(Signals::clone(&signals)));
    ctx.log(LogLevel::Debug, "aside").await;
    ctx.log(LogLevel::Warning, "before").await;
    signals.told.send_modify(|told| *told += 1);
    signals.go.notified().await;
    ctx.log(LogLevel::Warning, "after").await;
    guard.0 = None;
    "told"
}

/// Tells without end.
#[tool]
async fn flood(ctx: Context, #[ctx] State(signals): State<Signals>) -> &'static str {
    let _guard = Guard(Some(Signals::clone(&signals)));
    let words = "x".repeat(10_000);
    loop {
        ctx.log(LogLevel::Warning, words.as_str()).await;
        signals.told.send_modify(|told| *told += 1);
    }
}

/// Asks the client.
#[tool]
async fn ask(ctx: Context) -> Result<String, Error> {
    let answer = ctx.ask_client(Method::from("roots/list"), &json!({})).await;
    answer.map(|answer| answer.as_str().to_owned())
}

/// Lets the caller hang up.
#[tool]
async fn hang(ctx: Context, #[ctx] State(signals): State<Signals>) -> &'static str {
    ctx.hang_up(Duration::from_millis(20)).await;
    signals.told.send_modify(|told| *told += 1);
    signals.go.notified().await;
    "back"
}

fn server(signals: &Signals) -> Server {
    Server::new("s")
        .version("1")
        .state(signals.clone())
        .tool(add::tool())
        .tool(change::tool())
        .tool(wait::tool())
        .tool(tell::tool())
        .tool(flood::tool())
        .tool(ask::tool())
        .tool(hang::tool())
        .resource(Resource::new("note://one", || async { "one" }))
        .resource(Resource::new("note://two", || async { "two" }))
}

/// Knows everybody who says a name.
struct Names;

impl Authenticator for Names {
    fn authenticate<'a>(
        &'a self,
        request: &'a ::http::request::Parts,
    ) -> BoxFuture<'a, fmcp::Result<Option<Principal>>> {
        let name = request
            .headers
            .get("authorization")
            .map(|name| name.to_str());
        Box::pin(async move {
            match name {
                None => Ok(None),
                Some(Ok("nobody")) => Err(Error::new(Kind::Unauthenticated, "not good")),
                Some(Ok("sleepy")) => std::future::pending().await,
                Some(Ok("mallory")) => Err(Error::new(Kind::Forbidden, "not you")),
                Some(name) => Ok(Some(Principal::new(name.unwrap_or_default()))),
            }
        })
    }
}

/// The tool that comes and goes.
fn is_change(component: &Component) -> bool {
    component.name() == "change"
}

/// Comes and goes.
#[tool]
async fn change() {}

/// A server that is running.
struct Site {
    server: Server,
    signals: Signals,
    address: SocketAddr,
    enough: Option<oneshot::Sender<()>>,
    running: tokio::task::JoinHandle<fmcp::Result<()>>,
}

async fn serve(change: impl FnOnce(Http) -> Http) -> Site {
    let signals = Signals::new();
    let server = server(&signals);
    let http = change(Http::new("127.0.0.1:0"));
    let bound = server.clone().bind_http(http).await.unwrap();
    let address = bound.local_addr().unwrap();
    let (enough, told) = oneshot::channel::<()>();
    let running = tokio::spawn(bound.run_until(async { drop(told.await) }));
    Site {
        server,
        signals,
        address,
        enough: Some(enough),
        running,
    }
}

/// A server with nothing changed.
async fn plain() -> Site {
    serve(|http| http).await
}

fn tool(name: &str) -> Value {
    json!({"name": name, "arguments": {}})
}

fn sum(a: i64, b: i64) -> Value {
    json!({"name": "add", "arguments": {"a": a, "b": b}})
}

impl Site {
    /// A request of the newest revision, with all the headers that it must have.
    fn modern(&self, method: &str, params: Value) -> Request {
        self.modern_with(testing::modern(method, params))
    }

    fn modern_with(&self, message: Value) -> Request {
        let mut request = Request::post(self.address, message.to_string())
            .header("MCP-Protocol-Version", "2026-07-28")
            .header("Mcp-Method", message["method"].as_str().unwrap());
        let params = &message["params"];
        if let Some(name) = params["name"].as_str().or(params["uri"].as_str()) {
            request = request.header("Mcp-Name", name);
        }
        request
    }

    /// A stream of changes, after it has been acknowledged.
    async fn listen(&self, filter: Value) -> Answering {
        let params = json!({"notifications": filter});
        let mut stream = self.modern("subscriptions/listen", params).open().await;
        stream = stream.streams();
        let first = stream.message().await;
        assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
        stream
    }

    /// A session of a legacy revision.
    async fn session(&self, revision: &'static str) -> Session {
        self.session_of(revision, None).await
    }

    async fn session_of(&self, revision: &'static str, name: Option<&str>) -> Session {
        let mut request = self.hello(revision);
        if let Some(name) = name {
            request = request.header("Authorization", name);
        }
        let answer = request.await.status(200);
        let id = answer.header("mcp-session-id").unwrap().to_owned();
        Session {
            address: self.address,
            revision,
            id,
            name: name.map(str::to_owned),
        }
    }

    fn hello(&self, revision: &str) -> Request {
        Request::post(self.address, hello(revision).to_string())
    }

    /// Changes the list of tools.
    fn change(&self) {
        let changed = self.server.disable(is_change);
        if changed == 0 {
            self.server.enable(is_change);
        }
    }

    /// Calls go on being answered.
    async fn is_well(&self) {
        let answer = self.modern("tools/call", sum(1, 2)).await;
        assert_eq!(answer.said(), "3");
    }

    /// Tells it to end, and waits until it has.
    async fn end(&mut self) {
        self.enough.take();
        let running = tokio::time::timeout(SOON, &mut self.running).await;
        running.expect("it does not end").unwrap().unwrap();
    }
}

fn hello(revision: &str) -> Value {
    let params = json!({"protocolVersion": revision, "capabilities": {"roots": {}},
                        "clientInfo": {"name": "t", "version": "1"}});
    testing::legacy("initialize", params)
}

/// A legacy session, as its client has it.
#[derive(Clone)]
struct Session {
    address: SocketAddr,
    revision: &'static str,
    id: String,
    name: Option<String>,
}

impl Session {
    fn dress(&self, request: Request) -> Request {
        let request = request
            .header("Mcp-Session-Id", self.id.as_str())
            .header("MCP-Protocol-Version", self.revision);
        match &self.name {
            Some(name) => request.header("Authorization", name.as_str()),
            None => request,
        }
    }

    fn post(&self, method: &str, params: Value) -> Request {
        self.send(&testing::legacy(method, params))
    }

    fn send(&self, message: &Value) -> Request {
        self.dress(Request::post(self.address, message.to_string()))
    }

    fn call(&self, name: &str) -> Request {
        self.post("tools/call", tool(name))
    }

    fn get(&self) -> Request {
        self.dress(Request::new(self.address, "GET").header("Accept", "text/event-stream"))
    }

    /// Comes back after the event of this id.
    fn resume(&self, last: &str) -> Request {
        self.get().header("Last-Event-ID", last)
    }

    fn delete(&self) -> Request {
        self.dress(Request::new(self.address, "DELETE"))
    }

    async fn is_over(&self) {
        let answer: Answer = self.post("ping", json!({})).await;
        answer.status(404).error(-32600);
    }

    async fn is_open(&self) {
        self.post("ping", json!({})).await.status(200).result();
    }
}
