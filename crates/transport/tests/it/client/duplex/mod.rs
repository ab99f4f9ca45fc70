//! A link to a server that the test plays.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use fmcp_core::{
    BoxFuture, Call, ComponentKind, Endpoint, Error, Kind, Notice, Reply, Result,
    protocol::{
        Method, Revision,
        model::{Implementation, LogLevel},
    },
};
use fmcp_transport::client::{
    Greeting, Link,
    duplex::{self, Carrier, Connection, Dial, Settings},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf},
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// Answers, and those who wait for them.
mod calls;
/// How a way breaks, is opened again, and is closed.
mod ends;
/// How both sides come to an agreement.
mod eras;
/// What is no message.
mod noise;
/// What the server tells.
mod notices;
/// What the server asks.
mod questions;

/// An hour of the paused clock: longer than anything here takes.
const LONG: Duration = Duration::from_secs(3_600);

/// Where the link finds its servers, one each time that it dials.
struct Stage {
    servers: mpsc::Sender<Server>,
    /// How many bytes lie between them unread.
    bytes: usize,
}

impl Dial for Stage {
    fn name(&self) -> &str {
        "stage"
    }

    fn dial(&self, connection: Connection) -> BoxFuture<'_, Result<Carrier>> {
        Box::pin(async move {
            let (ours, theirs) = tokio::io::duplex(self.bytes);
            let (read, write) = tokio::io::split(theirs);
            let read = BufReader::new(read).lines();
            let gone = |_| Error::new(Kind::Unavailable, "there is no server");
            let server = Server { read, write };
            self.servers.try_send(server).map_err(gone)?;
            let carrier: Carrier = Box::pin(async move {
                let (read, write) = tokio::io::split(ours);
                let end = duplex::lines(read, write, connection).await;
                Error::new(Kind::Unavailable, format!("the server has gone: {end:?}"))
            });
            Ok(carrier)
        })
    }
}

/// The server's side of one stream.
struct Server {
    read: tokio::io::Lines<BufReader<ReadHalf<DuplexStream>>>,
    write: WriteHalf<DuplexStream>,
}

impl Server {
    async fn say(&mut self, message: Value) {
        self.say_text(format!("{message}\n")).await;
    }

    async fn say_text(&mut self, text: impl AsRef<[u8]>) {
        let written = timeout(LONG, self.write.write_all(text.as_ref())).await;
        written.expect("nobody reads what the server says").unwrap();
    }

    /// The next message, if there is any more.
    async fn next(&mut self) -> Option<Value> {
        let line = timeout(LONG, self.read.next_line()).await;
        let line = line.expect("nothing more comes").unwrap()?;
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")))
    }

    async fn hear(&mut self) -> Value {
        self.next().await.expect("the stream has ended")
    }

    /// The next message, which is of this method.
    async fn hear_of(&mut self, method: &str) -> Value {
        let message = self.hear().await;
        assert_eq!(message["method"], method, "{message}");
        message
    }

    async fn hears_nothing(&mut self) {
        let line = timeout(Duration::from_millis(1), self.read.next_line()).await;
        assert!(line.is_err(), "{line:?}");
    }

    async fn answer(&mut self, request: &Value, result: Value) {
        self.say(answer(&request["id"], result)).await;
    }

    async fn refuse(&mut self, request: &Value, code: i64, data: Value) {
        let error = json!({"code": code, "message": "no", "data": data});
        self.say(json!({"jsonrpc": "2.0", "id": request["id"], "error": error}))
            .await;
    }

    /// Answers the call of a tool with its name.
    async fn serve(&mut self) {
        let call = self.hear_of("tools/call").await;
        let name = call["params"]["name"].clone();
        self.answer(&call, json!({"content": [], "name": name}))
            .await;
    }

    /// Describes itself as a server of the newest revision.
    async fn open_modern(&mut self) {
        let question = self.hear_of("server/discover").await;
        self.answer(&question, description()).await;
    }

    /// Goes through the handshake, after it has been asked for.
    async fn open_legacy(&mut self, handshake: &Value) {
        let revision = &handshake["params"]["protocolVersion"];
        self.answer(handshake, initialized(revision.as_str().unwrap()))
            .await;
        self.hear_of("notifications/initialized").await;
    }
}

fn answer(id: &Value, result: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

fn told(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "params": params})
}

fn asked(id: impl Into<Value>, method: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": {}})
}

fn capabilities() -> Value {
    json!({"tools": {"listChanged": true}, "resources": {"subscribe": true}, "logging": {}})
}

fn description() -> Value {
    json!({"resultType": "complete", "supportedVersions": ["2026-07-28"],
        "capabilities": capabilities(), "ttlMs": 0, "cacheScope": "public"})
}

fn initialized(revision: &str) -> Value {
    json!({"protocolVersion": revision, "capabilities": capabilities(),
        "serverInfo": {"name": "played", "version": "1"}})
}

/// What the client hears and is asked. It answers at once, or as it is called.
#[derive(Default)]
struct Ear {
    heard: Mutex<Vec<String>>,
    delay: Mutex<VecDeque<Duration>>,
}

impl Ear {
    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }

    /// Each notice takes this long to be heard.
    fn slow(delays: impl IntoIterator<Item = Duration>) -> Arc<Self> {
        let ear = Self::default();
        ear.delay.lock().unwrap().extend(delays);
        Arc::new(ear)
    }
}

impl Endpoint for Ear {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            match call.method().as_str() {
                "roots/list" => {}
                "sampling/createMessage" => sleep(Duration::from_secs(1)).await,
                "elicitation/create" => std::future::pending().await,
                other => return Err(Error::new(Kind::MethodNotFound, other.to_owned())),
            }
            let roots = fmcp_core::Raw::from(json!({"roots": []}));
            Ok(Reply::Raw(call.revision(), roots))
        })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let delay = self.delay.lock().unwrap().pop_front();
            if let Some(delay) = delay {
                sleep(delay).await;
            }
            let words = match notice {
                Notice::Progress(report) => format!("{}", report.progress),
                Notice::Log(message) => message.data.as_str().to_owned(),
                Notice::ListChanged(kind) => format!("{kind:?}"),
                Notice::ResourceUpdated(uri) => uri.into(),
                Notice::Other(topic, params) => {
                    let params = String::from_utf8_lossy(params.raw().unwrap_or_default());
                    format!("{topic} {params}")
                }
                other => format!("{other:?}"),
            };
            self.heard.lock().unwrap().push(words);
        })
    }
}

/// A link that is being opened, or is open.
struct Client {
    link: Arc<dyn Link>,
    ear: Arc<Ear>,
}

struct Opening {
    task: JoinHandle<Result<Arc<dyn Link>>>,
    servers: mpsc::Receiver<Server>,
    ear: Arc<Ear>,
}

fn greeting(pinned: Option<Revision>) -> Greeting {
    let mut greeting = Greeting::new(Implementation::new("test", "1"));
    greeting.revision = pinned;
    greeting
}

/// Begins to open a link.
fn opening(greeting: Greeting, settings: Settings, bytes: usize) -> Opening {
    let (sender, servers) = mpsc::channel(64);
    let ear = Arc::new(Ear::default());
    let peer = Arc::clone(&ear);
    let stage = Stage {
        servers: sender,
        bytes,
    };
    let task =
        tokio::spawn(async move { duplex::open(stage, settings, &greeting, peer as _).await });
    Opening { task, servers, ear }
}

impl Opening {
    async fn server(&mut self) -> Server {
        let server = timeout(LONG, self.servers.recv()).await;
        server.expect("nobody dials").unwrap()
    }

    /// The link, once it is open, or why it cannot be.
    async fn outcome(&mut self) -> Result<Client> {
        let outcome = timeout(LONG, &mut self.task).await;
        let link = outcome.expect("the link is never open").unwrap()?;
        let ear = Arc::clone(&self.ear);
        Ok(Client { link, ear })
    }

    async fn client(&mut self) -> Client {
        self.outcome().await.unwrap()
    }
}

/// A link to a server of the newest revision.
async fn modern_with(settings: Settings) -> (Client, Server, Opening) {
    let mut opening = opening(greeting(None), settings, 64 * 1024);
    let mut server = opening.server().await;
    server.open_modern().await;
    (opening.client().await, server, opening)
}

async fn modern() -> (Client, Server, Opening) {
    modern_with(Settings::default()).await
}

/// A link to a server of the time of sessions.
async fn legacy_with(settings: Settings) -> (Client, Server, Opening) {
    let pinned = Some(Revision::NEWEST_LEGACY);
    let mut opening = opening(greeting(pinned), settings, 64 * 1024);
    let mut server = opening.server().await;
    let handshake = server.hear_of("initialize").await;
    server.open_legacy(&handshake).await;
    (opening.client().await, server, opening)
}

async fn legacy() -> (Client, Server, Opening) {
    legacy_with(Settings::default()).await
}

/// A call that runs.
type Running = JoinHandle<Result<Value>>;

/// The call of a tool, with a token for its progress.
fn tool(name: &str) -> Call {
    let params = json!({"name": name, "_meta": {"progressToken": name}});
    Call::of(Method::CallTool, &params).unwrap()
}

impl Client {
    /// Calls, with `ear` for what the call is told.
    fn start(&self, call: Call, ear: &Arc<Ear>) -> Running {
        let (link, call) = (Arc::clone(&self.link), call.with_peer(Arc::clone(ear) as _));
        tokio::spawn(async move {
            match link.call(call).await? {
                Reply::Raw(_, text) => Ok(text.to_value()),
                other => panic!("{other:?}"),
            }
        })
    }

    fn call(&self, name: &str) -> Running {
        self.start(tool(name), &Arc::default())
    }

    /// Listens to the tools and these resources.
    fn listen(&self, uris: &[&str], ear: &Arc<Ear>) -> JoinHandle<Result<Reply>> {
        let filter = json!({"toolsListChanged": true, "resourceSubscriptions": uris});
        let call = Call::of(Method::Listen, &json!({"notifications": filter})).unwrap();
        let call = call
            .with_id("\"mine\"".into())
            .with_peer(Arc::clone(ear) as _);
        let link = Arc::clone(&self.link);
        tokio::spawn(async move { link.call(call).await })
    }
}

async fn outcome(running: Running) -> Result<Value> {
    let outcome = timeout(LONG, running).await;
    outcome.expect("the call is never answered").unwrap()
}

/// Whether the call of this tool was answered with its own name.
async fn answers(running: Running, name: &str) {
    assert_eq!(outcome(running).await.unwrap()["name"], name);
}

async fn fails(running: Running, kind: Kind, words: &str) {
    let error = outcome(running).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

/// Lets everybody do what they can do now.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}
