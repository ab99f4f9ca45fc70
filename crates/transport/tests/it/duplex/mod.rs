//! One peer on one stream of bytes.

use std::{sync::Arc, time::Duration};

use fmcp_core::{
    BoxFuture, Call, Context, Endpoint, Error, Notice, Reply, Result,
    protocol::{
        Method,
        model::{CallToolResult, DiscoverResult, ServerCapabilities},
    },
};
use fmcp_transport::{
    drain::Drain,
    duplex::{Connection, End, Settings, lines},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf},
    task::JoinHandle,
    time::{sleep, timeout},
};

/// What calls may do to each other.
mod calls;
/// How a connection comes to its end.
mod ends;
/// How much one peer may do, at the edge.
mod limits;
/// What is no message.
mod noise;
/// What the peer is told and asked while its calls run.
mod notices;

/// Ten minutes of the paused clock: longer than anything here takes.
const LONG: Duration = Duration::from_secs(600);

/// An endpoint whose tools do what they are called.
struct Script {
    /// Told by tools that are dropped.
    dropped: Drain,
}

/// Tells when it is dropped.
struct Bell(Drain);

impl Drop for Bell {
    fn drop(&mut self) {
        self.0.begin();
    }
}

impl Script {
    async fn tool(&self, call: Call) -> Result<Reply> {
        let (name, ctx) = (
            call.name().unwrap_or_default().into_owned(),
            Context::new(call),
        );
        match name.as_str() {
            "echo" => {}
            "slow" => sleep(Duration::from_secs(1)).await,
            "hang" => {
                let _bell = Bell(self.dropped.clone());
                std::future::pending::<()>().await;
            }
            "panic" => panic!("as it is called"),
            "panic later" => {
                tokio::task::yield_now().await;
                panic!("as it is called");
            }
            "tell" => {
                ctx.info("here").await;
                for done in 1..=3 {
                    ctx.progress(done, 3, None).await;
                }
            }
            "flood" => {
                let words = "x".repeat(1_000);
                loop {
                    ctx.info(words.as_str()).await;
                    tokio::task::yield_now().await;
                }
            }
            "ask" => {
                let roots = ctx.ask_client(Method::ListRoots, &json!({})).await?;
                return Ok(CallToolResult::text(roots.as_str()).into());
            }
            other => return Err(Error::not_found(other.to_owned())),
        }
        Ok(CallToolResult::text(name).into())
    }
}

impl Endpoint for Script {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            match call.method() {
                Method::CallTool => self.tool(call).await,
                Method::Listen => {
                    if let Some(peer) = call.peer() {
                        peer.notify(Notice::ListChanged(fmcp_core::ComponentKind::Tool))
                            .await;
                    }
                    std::future::pending().await
                }
                Method::Discover => {
                    // As if a layer had to look something up first.
                    tokio::task::yield_now().await;
                    Ok(DiscoverResult::new([], ServerCapabilities::new()).into())
                }
                _ => Ok(fmcp_core::protocol::model::EmptyResult::new().into()),
            }
        })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            match notice.topic().as_str() {
                "x/panic" => panic!("as it is called"),
                "x/hang" => std::future::pending().await,
                _ => {}
            }
        })
    }
}

/// The other side.
struct Peer {
    read: tokio::io::Lines<BufReader<ReadHalf<DuplexStream>>>,
    write: WriteHalf<DuplexStream>,
    end: JoinHandle<End>,
    stop: Drain,
    dropped: Drain,
}

fn connect(settings: Settings) -> Peer {
    connect_over(16 * 1024, settings)
}

/// A peer on a stream that holds as many bytes as this.
fn connect_over(bytes: usize, settings: Settings) -> Peer {
    let (ours, theirs) = tokio::io::duplex(bytes);
    let (stop, dropped) = (Drain::new(), Drain::new());
    let script = Script {
        dropped: dropped.clone(),
    };
    let connection = Connection::new(Arc::new(script), settings);
    let (read, write) = tokio::io::split(theirs);
    let stopped = stop.clone();
    let end = tokio::spawn(async move { lines(read, write, connection, stopped.begun()).await });
    let (read, write) = tokio::io::split(ours);
    Peer {
        read: BufReader::new(read).lines(),
        write,
        end,
        stop,
        dropped,
    }
}

impl Peer {
    async fn say(&mut self, message: Value) {
        self.say_text(format!("{message}\n")).await;
    }

    async fn say_text(&mut self, text: impl AsRef<[u8]>) {
        let written = timeout(LONG, self.write.write_all(text.as_ref())).await;
        written.expect("nobody reads what the peer says").unwrap();
    }

    async fn call(&mut self, id: impl Into<Value>, tool: &str) {
        let params = json!({"name": tool, "_meta": meta()});
        self.say(request(id, "tools/call", params)).await;
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

    async fn hears_nothing(&mut self) {
        let line = timeout(Duration::from_secs(5), self.read.next_line()).await;
        assert!(line.is_err(), "{line:?}");
    }

    /// Opens a legacy session.
    async fn open(&mut self, revision: &str) {
        self.say(handshake(revision)).await;
        assert_eq!(self.hear().await["result"]["protocolVersion"], revision);
    }

    async fn hang_up(&mut self) {
        self.write.shutdown().await.unwrap();
    }

    /// How it ended, and what was still said.
    async fn ended(mut self) -> (End, Vec<Value>) {
        let mut rest = Vec::new();
        while let Some(message) = self.next().await {
            rest.push(message);
        }
        (timeout(LONG, self.end).await.unwrap().unwrap(), rest)
    }
}

fn request(id: impl Into<Value>, method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params})
}

fn notification(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "params": params})
}

fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/logLevel": "debug",
        "progressToken": "p",
    })
}

fn handshake(revision: &str) -> Value {
    let client = json!({"name": "test", "version": "1"});
    let params =
        json!({"protocolVersion": revision, "capabilities": {"roots": {}}, "clientInfo": client});
    request(0, "initialize", params)
}

/// The text of a tool's result.
fn text(answer: &Value) -> &str {
    let text = answer["result"]["content"][0]["text"].as_str();
    text.unwrap_or_else(|| panic!("no result: {answer}"))
}

/// The code of an error.
fn code(answer: &Value) -> i64 {
    let code = answer["error"]["code"].as_i64();
    code.unwrap_or_else(|| panic!("no error: {answer}"))
}
