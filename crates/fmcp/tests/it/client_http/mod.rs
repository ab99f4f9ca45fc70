//! Links over HTTP to our own server, in every revision.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use fmcp::{
    BoxFuture, Call, Context, Endpoint, Http, Method, Notice, Raw, Reply, Resource, Result,
    Revision, Server, State, Tool,
    protocol::model::{
        ClientCapabilities, Implementation, LogLevel, RootsCapability, SubscriptionFilter,
    },
    tool,
};
use fmcp_transport::client::{
    Greeting, Link,
    http::{self, Settings},
    web::{self, Proxy, Web},
};
use serde_json::{Value, json};
use tokio::{sync::Notify, time::timeout};

use crate::raw_http::{PATIENCE, Running};

/// Calls: answers, what is told before them, cancellation, many at once.
mod calls;
/// Sessions: questions, lost sessions, streams that are taken up again.
mod sessions;

/// How handlers and tests talk to each other.
#[derive(Clone, Default)]
struct Gate {
    inside: Arc<AtomicUsize>,
    moved: Arc<Notify>,
    open: Arc<Notify>,
}

struct Inside(Gate);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, SeqCst);
        self.0.moved.notify_waiters();
    }
}

impl Gate {
    fn enter(&self) -> Inside {
        self.inside.fetch_add(1, SeqCst);
        self.moved.notify_waiters();
        Inside(self.clone())
    }

    /// Waits until this many calls are inside.
    async fn holds(&self, many: usize) {
        soon(async {
            loop {
                let moved = self.moved.notified();
                if self.inside.load(SeqCst) == many {
                    return;
                }
                moved.await;
            }
        })
        .await;
    }
}

/// Add two numbers.
#[tool]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Tell how it goes, then answer.
#[tool]
async fn tell(ctx: Context) -> &'static str {
    ctx.progress(1, 2, "halfway").await;
    ctx.warning("beware").await;
    ctx.progress(2, 2, "there").await;
    "told"
}

/// Wait until somebody opens.
#[tool]
async fn wait(#[ctx] State(gate): State<Gate>) -> &'static str {
    let _inside = gate.enter();
    gate.open.notified().await;
    "open"
}

/// Send the caller away, to come back for the answer.
#[tool]
async fn interrupted(ctx: Context, #[ctx] State(gate): State<Gate>) -> &'static str {
    ctx.hang_up(Duration::from_millis(20)).await;
    let _inside = gate.enter();
    gate.open.notified().await;
    ctx.progress(1, 1, "still here").await;
    "done"
}

/// Ask the client for its folders.
#[tool]
async fn folders(ctx: Context) -> Result<String> {
    let roots = ctx.ask_client(Method::ListRoots, &json!({})).await?;
    Ok(roots.as_str().to_owned())
}

fn server(gate: &Gate) -> Server {
    Server::new("site")
        .version("1.2.3")
        .state(gate.clone())
        .tool(add::tool())
        .tool(tell::tool())
        .tool(wait::tool())
        .tool(interrupted::tool())
        .tool(folders::tool())
        .resource(Resource::new("note://1", || async { "hello" }))
}

/// Who hears what the server tells, and answers what it asks.
#[derive(Default)]
struct Peer {
    heard: Mutex<Vec<String>>,
    moved: Notify,
}

impl Peer {
    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    async fn hears(&self, line: &str) {
        soon(async {
            loop {
                let moved = self.moved.notified();
                if self.heard().iter().any(|heard| heard == line) {
                    return;
                }
                moved.await;
            }
        })
        .await;
    }
}

impl Endpoint for Peer {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        assert_eq!(*call.method(), Method::ListRoots);
        let roots = json!({"roots": [{"uri": "file:///home", "name": "home"}]});
        let reply = Reply::Raw(Revision::NEWEST_LEGACY, Raw::from(roots));
        Box::pin(std::future::ready(Ok(reply)))
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.heard.lock().unwrap().push(match notice {
            // The first revision has no words for progress.
            Notice::Progress(report) => format!("progress {}", report.progress),
            Notice::Log(message) => format!("log {}", message.data.as_str()),
            Notice::ResourceUpdated(uri) => format!("updated {uri}"),
            notice => notice.topic().to_string(),
        });
        self.moved.notify_waiters();
        Box::pin(std::future::ready(()))
    }
}

/// A link to a server, and all that the test needs of both.
struct Talk {
    link: Arc<dyn Link>,
    peer: Arc<Peer>,
    greeting: Greeting,
}

async fn soon<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("it takes too long")
}

fn greeting(revision: Option<Revision>) -> Greeting {
    let mut greeting = Greeting::new(Implementation::new("test", "1"));
    greeting.capabilities = ClientCapabilities::new().roots(RootsCapability::new());
    greeting.log_level = Some(LogLevel::Info);
    greeting.revision = revision;
    greeting
}

async fn open(url: &str, revision: Option<Revision>) -> Talk {
    open_with(url, revision, |_| {}).await
}

async fn open_with(
    url: &str,
    revision: Option<Revision>,
    change: impl FnOnce(&mut Settings),
) -> Talk {
    let mut settings = web::Settings::default();
    settings.proxy = Proxy::None;
    let web = Web::new(settings).unwrap();
    let mut settings = Settings::new(url.parse().unwrap(), web);
    change(&mut settings);
    let (peer, greeting) = (Arc::new(Peer::default()), greeting(revision));
    let everybody = Arc::clone(&peer);
    let link = soon(http::open(settings, &greeting, everybody))
        .await
        .unwrap();
    Talk {
        link,
        peer,
        greeting,
    }
}

impl Talk {
    fn call(&self, method: Method, mut params: Value) -> Call {
        let meta = self.greeting.meta(self.link.revision()).unwrap();
        let mut meta = serde_json::to_value(&meta).unwrap();
        meta["progressToken"] = json!(1);
        params["_meta"] = meta;
        Call::of(method, &params).unwrap()
    }

    fn tool(&self, name: &str, arguments: Value) -> Call {
        self.call(
            Method::CallTool,
            json!({"name": name, "arguments": arguments}),
        )
    }

    /// What a tool gives, as text.
    async fn ask(&self, name: &str, arguments: Value) -> String {
        text(
            soon(self.link.call(self.tool(name, arguments)))
                .await
                .unwrap(),
        )
    }
}

/// The text of a tool's result.
fn text(reply: Reply) -> String {
    let Reply::Raw(_, text) = reply else {
        panic!("{reply:?}")
    };
    text.to_value()["content"][0]["text"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A site with the endpoint and HTTP+SSE.
async fn running(gate: &Gate) -> Running {
    Running::new(server(gate), Http::sse).await
}

fn url(running: &Running, path: &str) -> String {
    format!("http://{}{path}", running.address)
}

/// Every way to our server: which revision is asked for, and where.
fn ways() -> impl Iterator<Item = (Option<Revision>, &'static str)> {
    let pinned = Revision::ALL.map(|revision| (Some(revision), "/mcp"));
    pinned.into_iter().chain([
        (None, "/mcp"),
        (None, "/sse"),
        (Some(Revision::V2024_11_05), "/sse"),
    ])
}
