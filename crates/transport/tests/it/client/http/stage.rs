//! A server that does as it is told.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use fmcp_core::BoxFuture;
use fmcp_transport::{
    drain::Drain,
    http::{Body, BoxError},
    net::{Incoming, Listener, Settings, serve},
};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use http_body::Frame;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::{
    sync::{Notify, mpsc},
    task::JoinHandle,
};

use super::{event, result};

/// A request as the server sees it.
pub(super) struct Asked {
    pub(super) verb: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    /// The message, where there is one.
    pub(super) body: Value,
    /// How many requests there have been before.
    pub(super) number: usize,
}

impl Asked {
    pub(super) fn method(&self) -> &str {
        self.body["method"].as_str().unwrap_or_default()
    }

    pub(super) fn id(&self) -> &Value {
        &self.body["id"]
    }

    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("-", |value| value.to_str().unwrap())
    }

    /// What was asked, in which session.
    fn line(&self) -> String {
        let what = match (self.verb.as_str(), self.method()) {
            ("POST", "") => "POST answer",
            (verb, "") => verb,
            (_, method) => method,
        };
        match self.header("mcp-session-id") {
            "-" => what.to_owned(),
            session => format!("{what} in {session}"),
        }
    }
}

pub(super) type Told = Response<Body>;

type Script = Arc<dyn Fn(Asked) -> BoxFuture<'static, Told> + Send + Sync>;

/// A server that answers by a script, and writes down what it was asked.
pub(super) struct Stage {
    address: SocketAddr,
    task: JoinHandle<fmcp_transport::net::Summary>,
    player: Player,
}

#[derive(Clone)]
struct Player {
    script: Script,
    seen: Arc<Mutex<Vec<Arc<Asked>>>>,
    moved: Arc<Notify>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stage {
    pub(super) async fn new<F>(script: impl Fn(Asked) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Told> + Send + 'static,
    {
        let listener = Listener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let player = Player {
            script: Arc::new(move |asked| Box::pin(script(asked))),
            seen: Arc::default(),
            moved: Arc::default(),
        };
        let served = serve(listener, player.clone(), Settings::default(), Drain::new());
        Self {
            address,
            task: tokio::spawn(served),
            player,
        }
    }

    pub(super) fn url(&self, path: &str) -> Uri {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    /// Every request so far.
    pub(super) fn seen(&self) -> Vec<Arc<Asked>> {
        self.player.seen.lock().unwrap().clone()
    }

    /// What was asked so far, in words.
    pub(super) fn log(&self) -> Vec<String> {
        self.seen().iter().map(|asked| asked.line()).collect()
    }

    /// Waits until something has been asked that is described like this.
    pub(super) async fn until(&self, line: &str) -> Arc<Asked> {
        super::soon(async {
            loop {
                let moved = self.player.moved.notified();
                if let Some(asked) = self.seen().into_iter().find(|asked| asked.line() == line) {
                    return asked;
                }
                moved.await;
            }
        })
        .await
    }
}

impl tower_service::Service<Request<Incoming>> for Player {
    type Response = Told;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Told, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let player = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let asked = |number| Asked {
                verb: head.method.clone(),
                path: head.uri.path().to_owned(),
                headers: head.headers.clone(),
                body: serde_json::from_slice(&body).unwrap_or_default(),
                number,
            };
            let number = {
                let mut seen = player.seen.lock().unwrap();
                let number = seen.len();
                seen.push(Arc::new(asked(number)));
                number
            };
            player.moved.notify_waiters();
            Ok((player.script)(asked(number)).await)
        })
    }
}

pub(super) fn told(status: u16, kind: &str, body: impl Into<Body>) -> Told {
    let mut told = Response::new(body.into());
    *told.status_mut() = StatusCode::from_u16(status).unwrap();
    if !kind.is_empty() {
        let kind = kind.parse().unwrap();
        told.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    told
}

pub(super) fn bare(status: u16) -> Told {
    told(status, "", "")
}

pub(super) fn json(status: u16, body: &Value) -> Told {
    told(status, "application/json", body.to_string())
}

/// A stream that says this, and ends.
pub(super) fn events(text: impl Into<String>) -> Told {
    told(200, "text/event-stream", text.into())
}

pub(super) fn with(mut told: Told, name: &'static str, value: &str) -> Told {
    told.headers_mut().insert(name, value.parse().unwrap());
    told
}

/// What is said on a stream that is open.
pub(super) struct Talk(mpsc::Sender<Result<Bytes, BoxError>>);

impl Talk {
    pub(super) async fn say(&self, text: impl Into<String>) {
        self.0.send(Ok(text.into().into())).await.unwrap();
    }

    pub(super) async fn break_off(self) {
        let _ = self.0.send(Err("broken".into())).await;
    }

    /// Waits until nobody reads any more.
    pub(super) async fn unread(&self) {
        super::soon(self.0.closed()).await;
    }
}

/// A stream that stays open as long as its talk is held.
pub(super) fn talk() -> (Talk, Told) {
    let (sender, receiver) = mpsc::channel(16);
    let body = Body::stream(Spoken(receiver));
    (Talk(sender), told(200, "text/event-stream", body))
}

struct Spoken(mpsc::Receiver<Result<Bytes, BoxError>>);

impl http_body::Body for Spoken {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let next = self.0.poll_recv(cx);
        next.map(|next| next.map(|next| next.map(Frame::data)))
    }
}

/// What a server of the newest revision says about itself.
pub(super) fn discovered(asked: &Asked) -> Told {
    let about = json!({"supportedVersions": ["2026-07-28"], "capabilities": {}, "resultType": "complete",
        "ttlMs": 0, "cacheScope": "private"});
    json(200, &result(asked.id(), about))
}

/// A server of the newest revision, which answers everything else by `script`.
pub(super) async fn modern<F>(script: impl Fn(Asked) -> F + Send + Sync + 'static) -> Stage
where
    F: Future<Output = Told> + Send + 'static,
{
    let script = Arc::new(script);
    Stage::new(move |asked| {
        let script = Arc::clone(&script);
        async move {
            match asked.method() {
                "server/discover" => discovered(&asked),
                _ => script(asked).await,
            }
        }
    })
    .await
}

/// A server with sessions called `s-` and the number of the request that opened them, which answers everything
/// else by `script`. It has no stream of its own and hears of the end of sessions.
pub(super) async fn legacy<F>(
    revision: &'static str,
    script: impl Fn(Asked) -> F + Send + Sync + 'static,
) -> Stage
where
    F: Future<Output = Option<Told>> + Send + 'static,
{
    let script = Arc::new(script);
    Stage::new(move |asked| {
        let script = Arc::clone(&script);
        async move {
            let (id, number, verb) = (asked.id().clone(), asked.number, asked.verb.clone());
            let method = asked.method().to_owned();
            if let Some(told) = script(asked).await {
                return told;
            }
            match (verb.as_str(), method.as_str()) {
                ("POST", "initialize") => {
                    let about = json!({"protocolVersion": revision,
                        "capabilities": {"logging": {}, "resources": {"subscribe": true}},
                        "serverInfo": {"name": "stage", "version": "1"}});
                    let told = json(200, &result(&id, about));
                    with(told, "mcp-session-id", &format!("s-{number}"))
                }
                ("POST", "server/discover") => told(400, "text/plain", "no session"),
                ("POST", _) if id.is_null() || method.is_empty() => bare(202),
                ("POST", _) => json(200, &result(&id, json!({"method": method}))),
                ("DELETE", _) => bare(200),
                _ => bare(405),
            }
        }
    })
    .await
}

/// The answer to a call on a stream, after these messages.
pub(super) fn streamed(before: &[Value], answer: &Value) -> Told {
    events(before.iter().chain([answer]).map(event).collect::<String>())
}
