//! A server to talk to, and a client to talk with.

#![allow(
    clippy::needless_pass_by_value,
    reason = "what is said is written where it is said"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Notice, Reply, Result,
    protocol::{
        Identity, Method, Params, Topic,
        model::{CallToolResult, DiscoverResult, EmptyResult, Implementation, ServerCapabilities},
    },
};
use fmcp_transport::{
    drain::Drain,
    http::{McpService, Settings as HttpSettings, Site},
    net::{self, Listener, Summary},
    ws::{Settings, WebSockets},
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Message, client::IntoClientRequest, handshake::client::Response,
        protocol::frame::coding::CloseCode,
    },
};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// A server whose tools do what the tests need: `echo`, `host`, `ask`, `tell`, `wait`, `large`.
#[derive(Clone, Default)]
pub(super) struct Tools(Arc<AtomicUsize>);

/// Counts what waits, until it goes.
struct Waiting(Tools);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, SeqCst);
    }
}

impl Tools {
    /// How many calls wait.
    pub(super) fn waiting(&self) -> usize {
        self.0.load(SeqCst)
    }

    async fn run(&self, call: &Call) -> Result<Reply> {
        let peer = call.peer().expect("somebody is there to be told");
        let arguments: Value = call.parse_arguments()?;
        let text = match call.name().as_deref() {
            Some("echo") => arguments["text"].as_str().unwrap_or_default().to_owned(),
            Some("host") => {
                let headers = call.headers().expect("there was a request");
                headers["host"].to_str().unwrap().to_owned()
            }
            Some("ask") => {
                let question = Call::of(Method::ListRoots, &json!({}))?;
                let answer = peer.call(question).await?;
                format!("{answer:?}")
            }
            Some("tell") => {
                let params = Params::of(&json!({"news": "some"}))?;
                let topic = Topic::from("notifications/custom");
                peer.notify(Notice::Other(topic, params)).await;
                "told".to_owned()
            }
            Some("wait") => {
                self.0.fetch_add(1, SeqCst);
                let _waiting = Waiting(self.clone());
                let millis = arguments["millis"].as_u64().unwrap_or(u64::MAX);
                tokio::time::sleep(Duration::from_millis(millis)).await;
                "waited".to_owned()
            }
            Some("large") => "x".repeat(4 * 1024 * 1024),
            _ => return Err(Error::not_found("no such tool")),
        };
        Ok(CallToolResult::text(text).into())
    }
}

impl Endpoint for Tools {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            match call.method() {
                Method::Discover => {
                    let versions = ["2026-07-28".to_owned()];
                    Ok(DiscoverResult::new(versions, ServerCapabilities::new()).into())
                }
                Method::Ping => Ok(EmptyResult::new().into()),
                Method::CallTool => self.run(&call).await,
                other => Err(Error::new(Kind::MethodNotFound, format!("no {other}"))),
            }
        })
    }

    fn identity(&self) -> Option<Arc<Identity>> {
        Some(Arc::new(Identity::new(Implementation::new("tools", "1"))))
    }
}

/// A server that runs, with its WebSocket at `/ws`.
pub(super) struct Host {
    pub(super) address: std::net::SocketAddr,
    pub(super) drain: Drain,
    pub(super) tools: Tools,
    pub(super) task: JoinHandle<Summary>,
}

pub(super) async fn host(change: impl FnOnce(&mut Settings)) -> Host {
    host_in(true, change).await
}

/// A server that is a site, or nothing but WebSockets, whatever the path.
pub(super) async fn host_in(is_site: bool, change: impl FnOnce(&mut Settings)) -> Host {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let (address, drain) = (listener.local_addr().unwrap(), Drain::new());
    let tools = Tools::default();
    let http = HttpSettings::default();
    let mut settings = Settings::of(&http);
    change(&mut settings);
    let mcp = McpService::new(Arc::new(tools.clone()), http, drain.clone());
    let (sockets, net) = (
        WebSockets::new(mcp.clone(), settings),
        net::Settings::default(),
    );
    let task = if is_site {
        let site = Site::builder(mcp, "/mcp").upgrade("/ws", Arc::new(sockets));
        tokio::spawn(net::serve(listener, site.build(), net, drain.clone()))
    } else {
        tokio::spawn(net::serve(listener, sockets, net, drain.clone()))
    };
    Host {
        address,
        drain,
        tools,
        task,
    }
}

impl Host {
    pub(super) async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A WebSocket, asked for with these headers on top.
    pub(super) async fn open(&self, headers: &[(&'static str, &str)]) -> (Peer, Response) {
        let mut request = format!("ws://{}/ws", self.address)
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let opened = soon(client_async(request, self.tcp().await)).await;
        let (socket, response) = opened.unwrap();
        (Peer(socket), response)
    }

    pub(super) async fn connect(&self) -> Peer {
        self.open(&[]).await.0
    }
}

/// A client.
pub(super) struct Peer(pub(super) WebSocketStream<TcpStream>);

impl Peer {
    pub(super) async fn say(&mut self, message: &Value) {
        let text = Message::text(message.to_string());
        soon(self.0.send(text)).await.unwrap();
    }

    /// The next message.
    pub(super) async fn hear(&mut self) -> Value {
        loop {
            let frame = soon(self.0.next()).await;
            match frame.expect("the server has gone").unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(super) async fn ask(&mut self, message: &Value) -> Value {
        self.say(message).await;
        self.hear().await
    }

    /// Opens a legacy session.
    pub(super) async fn initialize(&mut self, version: &str) -> Value {
        let params = json!({"protocolVersion": version, "capabilities": {"roots": {}},
                            "clientInfo": {"name": "c", "version": "1"}});
        let answer = self.ask(&request(1, "initialize", params)).await;
        let opened = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        self.say(&opened).await;
        answer
    }

    /// How the server closes, once all that it says before is heard.
    pub(super) async fn closed(&mut self) -> Option<CloseCode> {
        let mut code = None;
        while let Some(Ok(frame)) = soon(self.0.next()).await {
            if let Message::Close(Some(close)) = frame {
                code = Some(close.code);
            }
        }
        code
    }
}

pub(super) fn request(id: u64, method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

/// A call of a tool in the newest revision.
pub(super) fn modern(id: u64, tool: &str, arguments: Value) -> Value {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "c", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
    request(id, "tools/call", params)
}

pub(super) fn legacy(id: u64, tool: &str, arguments: Value) -> Value {
    let params = json!({"name": tool, "arguments": arguments});
    request(id, "tools/call", params)
}

/// The words of a tool.
#[track_caller]
pub(super) fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
}

pub(super) async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(LONG, what).await.expect("it takes too long")
}

pub(super) async fn until(mut is_true: impl FnMut() -> bool) {
    soon(async {
        while !is_true() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
