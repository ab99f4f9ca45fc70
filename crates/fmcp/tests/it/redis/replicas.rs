use std::sync::Arc;

use fmcp::{
    Answer, Client, Context, Resource, Revision, Server, ToolError,
    bus::{self, Shared},
    serde_json::{Value, from_str, json},
    store,
    testing::{Wire, modern},
    tool,
};

use super::Kept;
use crate::raw_http::{Answer as Said, Events, Running, post};

const KEY: &str = "a key that both replicas have been given";

/// Counts the calls of its session.
#[tool]
async fn count(ctx: Context) -> Result<u64, ToolError> {
    let state = ctx
        .session_state()
        .ok_or_else(|| ToolError::new("no session"))?;
    let count = state.get::<u64>("count").await?.unwrap_or(0) + 1;
    state.set("count", &count).await?;
    Ok(count)
}

#[tool]
async fn pay(ctx: Context) -> Result<bool, ToolError> {
    Ok(ctx.confirm("Pay?").await?)
}

/// One of several servers that are one.
struct Replica {
    server: Server,
    http: Running,
}

impl Replica {
    async fn at(shared: impl Into<Shared>) -> Self {
        let server = Server::new("shop")
            .tool(count::tool())
            .tool(pay::tool())
            .resource(Resource::new("data://stock", || async { "7" }))
            .state_key(KEY)
            .state_single_use(true)
            .shared(shared);
        let http = Running::new(server.clone(), |http| http.session_key(KEY)).await;
        Self { server, http }
    }

    async fn post(&self, session: Option<&str>, message: Value) -> Said {
        let version = [("mcp-protocol-version", "2025-06-18")];
        let mut headers = version.to_vec();
        headers.extend(session.map(|id| ("mcp-session-id", id)));
        post(self.http.address, "/mcp", &headers, &message.to_string()).await
    }

    /// The id of a new session.
    async fn session(&self) -> String {
        let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"}}});
        let answer = self.post(None, hello).await;
        answer.header("mcp-session-id").unwrap().to_owned()
    }

    async fn ask(&self, session: &str, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self.post(Some(session), request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer: Value = from_str(&answer.body).unwrap();
        assert!(answer.get("result").is_some(), "{answer}");
        answer["result"].clone()
    }

    async fn counts(&self, session: &str) -> String {
        let answer = self
            .ask(session, "tools/call", json!({"name": "count"}))
            .await;
        answer["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// The stream that tells a session of changes.
    async fn stream(&self, session: &str) -> Stream {
        let headers = [
            ("accept", "text/event-stream"),
            ("mcp-protocol-version", "2025-06-18"),
            ("mcp-session-id", session),
        ];
        let events = Events::open(self.http.address, "GET /mcp", &headers, "").await;
        assert_eq!(events.status, 200);
        Stream(events)
    }

    /// A client of the newest revision.
    async fn client(&self) -> Client {
        Client::builder(format!("http://{}/mcp", self.http.address))
            .revision(Revision::NEWEST)
            .on_elicit(|_| async { Answer::accept(json!({"confirm": true})) })
            .connect()
            .await
            .unwrap()
    }
}

struct Stream(Events);

impl Stream {
    /// What is told next: the last part of the method, and the URI where there is one.
    async fn hears(&mut self) -> (String, String) {
        loop {
            let event = self.0.raw().await.expect("the stream has ended");
            let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) else {
                continue;
            };
            let told: Value = from_str(data).unwrap();
            let method = told["method"].as_str().unwrap();
            let method = method.strip_prefix("notifications/").unwrap().to_owned();
            let uri = told["params"]["uri"].as_str().unwrap_or_default();
            return (method, uri.to_owned());
        }
    }
}

fn updated(uri: &str) -> (String, String) {
    ("resources/updated".to_owned(), uri.to_owned())
}

/// In one process, without Redis, what is told is told all the same.
fn in_memory() -> Shared {
    Shared::new(store::Memory::new(), bus::Memory::new())
}

/// What every place that replicas share does for them.
async fn one_session_at_two(shared: impl Into<Shared> + Clone) {
    let (a, b) = (Replica::at(shared.clone()).await, Replica::at(shared).await);
    let session = a.session().await;
    assert_eq!(a.counts(&session).await, "1");
    assert_eq!(b.counts(&session).await, "2");
    assert_eq!(a.counts(&session).await, "3");

    let mut stream = a.stream(&session).await;
    a.ask(
        &session,
        "resources/subscribe",
        json!({"uri": "data://stock"}),
    )
    .await;
    b.server.notify_updated("data://other");
    b.server.notify_updated("data://stock");
    assert_eq!(stream.hears().await, updated("data://stock"));
    // What it asks another replica for, it hears here.
    b.ask(
        &session,
        "resources/subscribe",
        json!({"uri": "data://more"}),
    )
    .await;
    b.server.notify_updated("data://more");
    assert_eq!(stream.hears().await, updated("data://more"));
    a.server.notify_updated("data://more");
    assert_eq!(stream.hears().await, updated("data://more"));
    b.ask(
        &session,
        "resources/unsubscribe",
        json!({"uri": "data://more"}),
    )
    .await;
    b.server.notify_updated("data://more");
    b.server.notify_updated("data://stock");
    assert_eq!(stream.hears().await, updated("data://stock"));
    // Also where it goes on, at a replica that has not known it.
    drop(stream);
    let mut stream = b.stream(&session).await;
    a.server.notify_updated("data://stock");
    assert_eq!(stream.hears().await, updated("data://stock"));
    // Of many changes of a list, one is told.
    for round in 0..20 {
        let extra = fmcp::Tool::new(format!("t{round}"), || async {});
        a.server.add_tool(extra).unwrap();
    }
    let (method, _) = stream.hears().await;
    assert_eq!(method, "tools/list_changed");
}

#[tokio::test]
async fn one_session_is_served_by_two_replicas() {
    let redis = Kept::start().await;
    one_session_at_two(redis.store("fmcp")).await;
}

#[tokio::test]
async fn replicas_of_one_process_need_no_redis() {
    one_session_at_two(in_memory()).await;
}

#[tokio::test]
async fn streams_of_the_newest_revision_hear_of_other_replicas() {
    let redis = Kept::start().await;
    let (a, b) = (
        Replica::at(redis.store("r")).await,
        Replica::at(redis.store("r")).await,
    );
    let client = a.client().await;
    let mut stock = client.subscribe("data://stock").await.unwrap();
    b.server.notify_updated("data://other");
    b.server.notify_updated("data://stock");
    let heard = tokio::time::timeout(crate::raw_http::PATIENCE, stock.next()).await;
    assert!(heard.unwrap().is_some());
    // Of another server at the same place nobody hears, nor of another prefix.
    let other = Server::new("bank").shared(redis.store("r"));
    let apart = Replica::at(redis.store("s")).await;
    other.start().await.unwrap();
    other.notify_updated("data://stock");
    apart.server.notify_updated("data://stock");
    let silence = std::time::Duration::from_millis(300);
    assert!(tokio::time::timeout(silence, stock.next()).await.is_err());
}

#[tokio::test]
async fn who_may_have_missed_something_is_told_so() {
    let mut redis = Kept::start().await;
    let (a, b) = (
        Replica::at(redis.store("r")).await,
        Replica::at(redis.store("r")).await,
    );
    let session = a.session().await;
    let mut stream = a.stream(&session).await;
    a.ask(
        &session,
        "resources/subscribe",
        json!({"uri": "data://stock"}),
    )
    .await;
    redis.kill();
    b.server.notify_updated("data://stock");
    redis.again().await;
    // Everything that the session follows may have changed.
    loop {
        let told = stream.hears().await;
        if told == updated("data://stock") {
            break;
        }
        assert!(told.0.ends_with("list_changed"), "{told:?}");
    }
}

#[tokio::test]
async fn an_answer_counts_once_at_all_replicas_together() {
    let redis = Kept::start().await;
    let (a, b) = (
        Replica::at(redis.store("r")).await,
        Replica::at(redis.store("r")).await,
    );
    let capable =
        json!({"io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}}});
    let mut params = json!({"name": "pay", "arguments": {}, "_meta": capable});
    let first = (Wire::new(&a.server)
        .send(modern("tools/call", params.clone()))
        .await)
        .unwrap();
    let name = first["result"]["inputRequests"]
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap()
        .clone();
    params["requestState"] = first["result"]["requestState"].clone();
    params["inputResponses"] = json!({name: {"action": "accept", "content": {"confirm": true}}});
    let (one, other) = (Wire::new(&a.server), Wire::new(&b.server));
    let (one, other) = tokio::join!(
        one.send(modern("tools/call", params.clone())),
        other.send(modern("tools/call", params.clone())),
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    let taken = [&one, &other]
        .into_iter()
        .filter(|answer| answer.get("result").is_some());
    assert_eq!(taken.count(), 1, "{one} {other}");
}

#[tokio::test]
async fn what_is_shared_can_be_sealed() {
    let redis = Kept::start().await;
    let sealed = || {
        let secret = "a secret of thirty-two bytes, all told";
        let store = store::Encrypted::new(redis.store("r"), secret).unwrap();
        Shared::from(redis.store("r")).store(store)
    };
    let (a, b) = (Replica::at(sealed()).await, Replica::at(sealed()).await);
    let session = a.session().await;
    assert_eq!(a.counts(&session).await, "1");
    assert_eq!(b.counts(&session).await, "2");
    let plain = Arc::new(redis.store("r"));
    let keys = fmcp::Store::list(&plain, "session:", 10).await.unwrap();
    assert_eq!(keys.len(), 1, "{keys:?}");
    let value = fmcp::Store::get(&plain, &keys[0]).await.unwrap().unwrap();
    assert!(value.len() > 16, "{value:?}");
}

#[tokio::test]
async fn a_server_starts_and_stops_without_its_redis() {
    let nowhere = store::Redis::new("redis://127.0.0.1:1").unwrap();
    let server = Server::new("shop").tool(count::tool()).shared(nowhere);
    server.start().await.unwrap();
    server.notify_updated("data://stock");
    let client = Client::connect(&server).await.unwrap();
    assert_eq!(client.list_tools().await.unwrap().len(), 1);
    drop(client);
    server.stop().await;
}
