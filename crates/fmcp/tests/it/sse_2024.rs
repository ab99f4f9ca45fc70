//! HTTP+SSE, the transport of revision 2024-11-05, over real sockets.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fmcp::{
    Authenticator, BoxFuture, Call, Context, Error, Headers, Http, Kind, Limits, Method,
    Middleware, Next, Principal, Reply, Result, Server, State, Tool, http::Cors, testing::modern,
    tool,
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::raw_http::{Answer, Events, Running, post, send, until};

/// Add two numbers.
#[tool]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Tell how it goes, then answer.
#[tool]
async fn tell(ctx: Context) -> &'static str {
    ctx.info("halfway").await;
    ctx.progress(1, 2, None).await;
    "told"
}

/// What the request that opened the stream said.
#[tool]
async fn lamp(#[ctx] headers: Headers) -> String {
    let lamp = headers.get("x-lamp").and_then(|lamp| lamp.to_str().ok());
    lamp.unwrap_or("none").to_owned()
}

/// Calls that wait to be let go.
#[derive(Clone, Default)]
struct Gate {
    inside: Arc<AtomicUsize>,
    open: Arc<Notify>,
}

struct Inside(Arc<AtomicUsize>);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gate {
    fn inside(&self) -> usize {
        self.inside.load(Ordering::Relaxed)
    }

    async fn pass(&self) {
        self.inside.fetch_add(1, Ordering::Relaxed);
        let _inside = Inside(Arc::clone(&self.inside));
        self.open.notified().await;
    }
}

/// Wait until somebody opens.
#[tool]
async fn wait(#[ctx] gate: State<Gate>) -> &'static str {
    gate.pass().await;
    "open"
}

/// Tell more than anybody reads.
#[tool]
async fn flood(ctx: Context, #[ctx] gate: State<Gate>) {
    gate.inside.fetch_add(1, Ordering::Relaxed);
    let _inside = Inside(Arc::clone(&gate.inside));
    loop {
        ctx.info("x".repeat(64 * 1024)).await;
    }
}

fn server(gate: &Gate) -> Server {
    Server::new("old")
        .state(gate.clone())
        .tool(add::tool())
        .tool(tell::tool())
        .tool(lamp::tool())
        .tool(wait::tool())
        .tool(flood::tool())
}

async fn running() -> Running {
    Running::new(server(&Gate::default()), Http::sse).await
}

/// A client of this transport.
struct Peer {
    address: SocketAddr,
    events: Events,
    endpoint: String,
}

impl Peer {
    async fn connect(address: SocketAddr) -> Self {
        Self::connect_with(address, &[]).await
    }

    async fn connect_with(address: SocketAddr, headers: &[(&str, &str)]) -> Self {
        let mut events = Events::open(address, "GET /sse", headers, "").await;
        assert_eq!(events.status, 200);
        let endpoint = events.next("endpoint").await.unwrap();
        Self {
            address,
            events,
            endpoint,
        }
    }

    async fn post(&self, message: &Value) -> Answer {
        post(self.address, &self.endpoint, &[], &message.to_string()).await
    }

    /// Posts what is accepted.
    async fn say(&self, message: Value) {
        let answer = self.post(&message).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (202, ""),
            "{message}"
        );
    }

    /// Posts a request, and waits for its answer.
    async fn ask(&mut self, message: Value) -> Value {
        let id = message["id"].clone();
        self.say(message).await;
        loop {
            let answer = self.events.message().await.expect("an answer");
            if answer["id"] == id {
                return answer;
            }
        }
    }

    async fn initialize(&mut self) -> Value {
        let params = json!({"protocolVersion": "2024-11-05", "capabilities": {},
            "clientInfo": {"name": "old", "version": "1"}});
        let answer = self.ask(request(0, "initialize", params)).await;
        self.say(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
        answer
    }
}

#[expect(clippy::needless_pass_by_value, reason = "tests write `json!({})`")]
fn request(id: u32, method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

#[expect(clippy::needless_pass_by_value, reason = "tests write `json!({})`")]
fn call(id: u32, tool: &str, arguments: Value) -> Value {
    request(
        id,
        "tools/call",
        json!({"name": tool, "arguments": arguments}),
    )
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test]
async fn the_first_event_says_where_to_post() {
    let running = running().await;
    let mut names = Vec::new();
    for _ in 0..2 {
        let mut events = Events::open(running.address, "GET /sse", &[], "").await;
        assert_eq!(events.header("content-type"), Some("text/event-stream"));
        assert_eq!(events.header("x-accel-buffering"), Some("no"));
        let first = events.raw().await.unwrap();
        let name = first.strip_prefix("event: endpoint\ndata: /messages?session_id=");
        let name = name.unwrap_or_else(|| panic!("{first}")).to_owned();
        // 128 bits: nobody guesses it.
        assert_eq!(name.len(), 32, "{name}");
        names.push(name);
    }
    assert_ne!(names[0], names[1]);
}

#[tokio::test]
async fn a_client_of_the_first_revision_is_served() {
    let running = running().await;
    let mut peer = Peer::connect(running.address).await;
    let opened = peer.initialize().await;
    assert_eq!(opened["result"]["protocolVersion"], "2024-11-05");
    assert_eq!(opened["result"]["serverInfo"]["name"], "old");

    let tools = peer.ask(request(1, "tools/list", json!({}))).await;
    assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 5);
    assert_eq!(
        text(&peer.ask(call(2, "add", json!({"a": 40, "b": 2}))).await),
        "42"
    );
    let wrong = peer.ask(call(3, "add", json!({"a": 40}))).await;
    assert_eq!(wrong["result"]["isError"], true, "{wrong}");
    let unknown = peer.ask(request(4, "tools/frobnicate", json!({}))).await;
    assert_eq!(unknown["error"]["code"], -32601, "{unknown}");
    assert_eq!(
        peer.ask(request(5, "ping", json!({}))).await["result"],
        json!({})
    );
}

#[tokio::test]
async fn what_is_told_comes_before_the_answer() {
    let running = running().await;
    let mut peer = Peer::connect(running.address).await;
    peer.initialize().await;
    peer.ask(request(1, "logging/setLevel", json!({"level": "debug"})))
        .await;
    let params = json!({"name": "tell", "_meta": {"progressToken": "t"}});
    peer.say(request(2, "tools/call", params)).await;
    let log = peer.events.message().await.unwrap();
    assert_eq!(log["params"]["data"], "halfway", "{log}");
    let progress = peer.events.message().await.unwrap();
    assert_eq!(progress["params"]["progressToken"], "t", "{progress}");
    assert_eq!(text(&peer.events.message().await.unwrap()), "told");
}

#[tokio::test]
async fn requests_that_say_all_by_themselves_are_answered_beside() {
    let running = running().await;
    let mut peer = Peer::connect(running.address).await;
    let params = json!({"name": "add", "arguments": {"a": 1, "b": 2}});
    let answer = peer.ask(modern("tools/call", params.clone())).await;
    assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
    peer.initialize().await;
    let answer = peer.ask(request(7, "tools/call", params)).await;
    assert!(answer["result"].get("resultType").is_none(), "{answer}");
}

#[tokio::test]
async fn changes_are_told_unasked() {
    let server = server(&Gate::default());
    let running = Running::new(server.clone(), Http::sse).await;
    let mut peer = Peer::connect(running.address).await;
    peer.initialize().await;
    // Answered after the notification before it has been heard.
    peer.ask(request(1, "ping", json!({}))).await;
    server.add_tool(Tool::new("late", async || "here")).unwrap();
    let heard = peer.events.message().await.unwrap();
    assert_eq!(heard["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn peers_do_not_hear_each_other() {
    let running = running().await;
    let (mut one, mut two) = (
        Peer::connect(running.address).await,
        Peer::connect(running.address).await,
    );
    for n in 0..20 {
        one.say(call(n, "add", json!({"a": n, "b": 100}))).await;
        two.say(call(n, "add", json!({"a": n, "b": 200}))).await;
    }
    // Neither has shaken hands, so that both are told the same, each on its own stream.
    for peer in [&mut one, &mut two] {
        for n in 0..20 {
            let answer = peer.events.message().await.unwrap();
            assert_eq!(answer["id"], n);
            assert!(answer["error"].is_object(), "{answer}");
        }
    }
    one.initialize().await;
    assert_eq!(
        text(&one.ask(call(30, "add", json!({"a": 1, "b": 1}))).await),
        "2"
    );
    let still = two.ask(call(30, "add", json!({"a": 1, "b": 1}))).await;
    assert!(still["error"].is_object(), "{still}");
}

#[tokio::test]
async fn handlers_see_the_headers_of_the_request_that_opened_the_stream() {
    let running = running().await;
    let mut peer = Peer::connect_with(running.address, &[("x-lamp", "green")]).await;
    peer.initialize().await;
    assert_eq!(text(&peer.ask(call(1, "lamp", json!({}))).await), "green");
}

#[tokio::test]
async fn calls_end_with_their_client() {
    let gate = Gate::default();
    let running = Running::new(server(&gate), Http::sse).await;
    let mut peer = Peer::connect(running.address).await;
    peer.initialize().await;
    for id in 1..=3 {
        peer.say(call(id, "wait", json!({}))).await;
    }
    until("all wait", || gate.inside() == 3).await;
    let (address, endpoint) = (peer.address, peer.endpoint.clone());
    drop(peer);
    until("all are cancelled", || gate.inside() == 0).await;
    let answer = post(
        address,
        &endpoint,
        &[],
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
    )
    .await;
    assert_eq!(answer.status, 404, "{answer:?}");
    assert!(answer.body.contains("GET /sse"), "{answer:?}");
}

#[tokio::test]
async fn who_does_not_read_is_hung_up_on() {
    let gate = Gate::default();
    let running = Running::new(server(&gate), |http| {
        http.sse()
            .settings(|s| s.rates.logs_per_second = u32::MAX)
            .net(|net| net.write_timeout = Duration::from_millis(100))
    })
    .await;
    let mut peer = Peer::connect(running.address).await;
    peer.initialize().await;
    peer.ask(request(1, "logging/setLevel", json!({"level": "info"})))
        .await;
    peer.say(call(2, "flood", json!({}))).await;
    until("it tells", || gate.inside() == 1).await;
    // Nobody reads. The handler waits, and then there is nobody to wait for.
    until("it is cancelled", || gate.inside() == 0).await;
    let ping = request(3, "ping", json!({}));
    assert_eq!(peer.post(&ping).await.status, 404);
    // Others go on being served.
    let mut other = Peer::connect(running.address).await;
    other.initialize().await;
}

#[tokio::test]
async fn a_cancelled_call_ends_without_an_answer() {
    let gate = Gate::default();
    let running = Running::new(server(&gate), Http::sse).await;
    let mut peer = Peer::connect(running.address).await;
    peer.initialize().await;
    peer.say(call(1, "wait", json!({}))).await;
    until("it waits", || gate.inside() == 1).await;
    peer.say(
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": {"requestId": 1}}),
    )
    .await;
    until("it is cancelled", || gate.inside() == 0).await;
    peer.say(request(2, "ping", json!({}))).await;
    assert_eq!(peer.events.message().await.unwrap()["id"], 2);
}

#[tokio::test]
async fn at_the_end_what_runs_is_answered_and_nothing_new_begins() {
    let gate = Gate::default();
    let mut running = Running::new(server(&gate), Http::sse).await;
    let mut peer = Peer::connect(running.address).await;
    peer.initialize().await;
    let listen = json!({"notifications": {"toolsListChanged": true}});
    let mut listen = modern("subscriptions/listen", listen);
    listen["id"] = json!("ear");
    peer.say(listen).await;
    let heard = peer.events.message().await.unwrap();
    assert_eq!(heard["method"], "notifications/subscriptions/acknowledged");
    peer.say(call(1, "wait", json!({}))).await;
    until("it waits", || gate.inside() == 1).await;
    running.end();
    // The stream of notifications ends in order.
    assert_eq!(peer.events.message().await.unwrap()["id"], "ear");
    gate.open.notify_one();
    assert_eq!(text(&peer.events.message().await.unwrap()), "open");
    assert!(peer.events.message().await.is_none());
    running.ended().await;
}

#[tokio::test]
async fn a_silent_stream_says_that_it_is_alive() {
    let running = Running::new(server(&Gate::default()), |http| {
        http.sse()
            .settings(|s| s.keep_alive = Duration::from_millis(20))
    })
    .await;
    let mut peer = Peer::connect(running.address).await;
    for _ in 0..3 {
        assert_eq!(peer.events.raw().await.unwrap(), ":");
    }
    peer.initialize().await;
}

/// Holds the handshake up: until then, nothing more is taken from the peer.
struct Slow(Gate);

impl Middleware for Slow {
    async fn handle(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        if *call.method() == Method::Discover {
            self.0.pass().await;
        }
        next.run(call).await
    }
}

#[tokio::test]
async fn who_posts_faster_than_can_be_taken_is_told_to_wait() {
    let gate = Gate::default();
    let running = Running::new(server(&gate).layer(Slow(gate.clone())), |http| {
        http.sse().settings(|s| s.unread_bytes = 256)
    })
    .await;
    let mut peer = Peer::connect(running.address).await;
    let params = json!({"protocolVersion": "2024-11-05", "capabilities": {},
        "clientInfo": {"name": "old", "version": "1"}});
    peer.say(request(0, "initialize", params)).await;
    until("the handshake is held up", || gate.inside() == 1).await;
    let mut accepted = 0;
    let refused = loop {
        let answer = peer.post(&request(accepted + 1, "ping", json!({}))).await;
        if answer.status != 202 {
            break answer;
        }
        accepted += 1;
        assert!(accepted < 256, "it is never full");
    };
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(refused.body.contains("read the stream"), "{refused:?}");
    // What was accepted is answered, and then there is room again.
    gate.open.notify_one();
    for id in 0..=accepted {
        assert_eq!(peer.events.message().await.unwrap()["id"], id);
    }
    assert!(peer.ask(request(999, "ping", json!({}))).await["result"].is_object());
}

#[tokio::test]
async fn calls_are_bounded_in_each_stream_and_in_all() {
    let gate = Gate::default();
    let running = Running::new(server(&gate), |http| {
        http.sse().settings(|s| {
            s.session_calls = 2;
            s.calls = 3;
        })
    })
    .await;
    let (mut one, mut two) = (
        Peer::connect(running.address).await,
        Peer::connect(running.address).await,
    );
    one.initialize().await;
    two.initialize().await;
    for (peer, id) in [(&one, 1), (&one, 2), (&two, 1)] {
        peer.say(call(id, "wait", json!({}))).await;
    }
    until("three wait", || gate.inside() == 3).await;
    for peer in [&mut one, &mut two] {
        let refused = peer.ask(call(3, "wait", json!({}))).await;
        let words = refused["error"]["message"].as_str().unwrap_or_default();
        assert!(words.contains("too much"), "{refused}");
    }
    gate.open.notify_waiters();
    until("all are done", || gate.inside() == 0).await;
    for (peer, id) in [(&mut one, 9), (&mut two, 9)] {
        let answer = peer.ask(call(id, "add", json!({"a": 1, "b": 1}))).await;
        assert_eq!(text(&answer), "2");
    }
}

#[tokio::test]
async fn streams_are_bounded_and_make_room_when_they_end() {
    let running = Running::new(server(&Gate::default()), |http| {
        http.sse().settings(|s| s.streams = 2)
    })
    .await;
    let one = Peer::connect(running.address).await;
    let _two = Peer::connect(running.address).await;
    let refused = send(running.address, "GET /sse", &[], "").await;
    assert_eq!(refused.status, 503, "{refused:?}");
    drop(one);
    loop {
        let events = Events::open(running.address, "GET /sse", &[], "").await;
        if events.status == 200 {
            break;
        }
        assert_eq!(events.status, 503);
    }
}

#[tokio::test]
async fn requests_that_cannot_be_are_turned_away() {
    let running = Running::new(server(&Gate::default()), |http| {
        http.sse().limits(Limits::new().message_bytes(1000))
    })
    .await;
    let peer = Peer::connect(running.address).await;
    let (here, ping) = (
        peer.endpoint.as_str(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
    );
    let json = ("content-type", "application/json");
    let get = "GET /sse".to_owned();
    let at = |path: &str| format!("POST {path}");
    let large = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"{}"}}"#,
        "x".repeat(1000)
    );
    for (line, headers, body, status, words) in [
        (at("/messages"), vec![json], ping, 404, "no such stream"),
        (
            at("/messages?session_id="),
            vec![json],
            ping,
            404,
            "no such stream",
        ),
        (
            at("/messages?session_id=0123456789abcdef0123456789abcdef"),
            vec![json],
            ping,
            404,
            "GET /sse",
        ),
        (
            at(here),
            vec![("content-type", "text/plain")],
            ping,
            415,
            "application/json",
        ),
        (
            at(here),
            vec![json, ("content-encoding", "gzip")],
            ping,
            415,
            "not packed",
        ),
        (at(here), vec![json], large.as_str(), 413, "1000 bytes"),
        (at(here), vec![json], "{", 400, "-32700"),
        (at(here), vec![json], r#"{"jsonrpc":"1.0"}"#, 400, "-32600"),
        (
            at(here),
            vec![json, ("host", "evil.example.com")],
            ping,
            421,
            "evil.example.com",
        ),
        (
            at(here),
            vec![json, ("origin", "https://evil.example.com")],
            ping,
            403,
            "evil.example.com",
        ),
        (
            get.clone(),
            vec![("host", "evil.example.com")],
            "",
            421,
            "evil.example.com",
        ),
        (
            get.clone(),
            vec![("origin", "https://evil.example.com")],
            "",
            403,
            "evil.example.com",
        ),
        (
            get.clone(),
            vec![("accept", "application/json")],
            "",
            406,
            "text/event-stream",
        ),
    ] {
        let answer = send(running.address, &line, &headers, body).await;
        assert_eq!(answer.status, status, "{line} {headers:?}: {answer:?}");
        assert!(
            answer.body.contains(words),
            "{line} {headers:?}: {answer:?}"
        );
    }
    for (line, allowed) in [
        ("POST /sse", "GET"),
        ("DELETE /sse", "GET"),
        ("OPTIONS /sse", "GET"),
        ("GET /messages", "POST"),
    ] {
        let answer = send(running.address, line, &[], "").await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some(allowed)),
            "{line}"
        );
    }
    // All this has not reached the stream.
    let mut peer = peer;
    peer.say(request(5, "ping", json!({}))).await;
    assert_eq!(peer.events.message().await.unwrap()["id"], 5);
}

#[tokio::test]
async fn pages_of_allowed_origins_are_told_that_they_may() {
    let running = Running::new(server(&Gate::default()), |http| {
        http.sse().cors(Cors::new(["https://app.example.com"]))
    })
    .await;
    let origin = ("origin", "https://app.example.com");
    let allowed = Some("https://app.example.com");
    let preflight = send(running.address, "OPTIONS /messages", &[origin], "").await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), allowed);
    let peer = Peer::connect_with(running.address, &[origin]).await;
    assert_eq!(peer.events.header("access-control-allow-origin"), allowed);
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let answer = post(running.address, &peer.endpoint, &[origin], ping).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.header("access-control-allow-origin"), allowed);
}

/// Believes what it is told.
struct Names;

impl Authenticator for Names {
    fn authenticate<'a>(
        &'a self,
        request: &'a ::http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>>> {
        let name = request
            .headers
            .get("authorization")
            .and_then(|name| name.to_str().ok());
        Box::pin(async move {
            match name {
                Some("nobody") => Err(Error::new(Kind::Unauthenticated, "nobody knows you")),
                name => Ok(name.map(Principal::new)),
            }
        })
    }
}

#[tokio::test]
async fn only_who_opened_a_stream_posts_to_it() {
    let running = Running::new(server(&Gate::default()), |http| {
        http.sse().authenticator(Names)
    })
    .await;
    for headers in [vec![], vec![("authorization", "nobody")]] {
        let refused = send(running.address, "GET /sse", &headers, "").await;
        assert_eq!(refused.status, 401);
        assert!(refused.header("www-authenticate").is_some());
    }
    let ada = ("authorization", "ada");
    let mut peer = Peer::connect_with(running.address, &[ada]).await;
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    for (headers, status) in [
        (vec![], 401),
        (vec![("authorization", "nobody")], 401),
        (vec![("authorization", "eve")], 404),
        (vec![ada], 202),
    ] {
        let answer = post(running.address, &peer.endpoint, &headers, ping).await;
        assert_eq!(answer.status, status, "{headers:?}: {answer:?}");
    }
    assert_eq!(peer.events.message().await.unwrap()["id"], 1);
}

#[tokio::test]
async fn it_is_off_until_it_is_switched_on_and_where_it_is_told() {
    let off = Running::new(server(&Gate::default()), |http| http).await;
    let answer = send(off.address, "GET /sse", &[], "").await;
    assert_eq!(answer.status, 404);

    // A slash that nobody has written is added.
    let moved = Running::new(server(&Gate::default()), |http| {
        http.sse_at("old/sse", "/old/in")
    })
    .await;
    assert_eq!(send(moved.address, "GET /sse", &[], "").await.status, 404);
    let mut events = Events::open(moved.address, "GET /old/sse", &[], "").await;
    let endpoint = events.next("endpoint").await.unwrap();
    assert!(endpoint.starts_with("/old/in?session_id="), "{endpoint}");
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    assert_eq!(post(moved.address, &endpoint, &[], ping).await.status, 202);
    assert_eq!(events.message().await.unwrap()["result"], json!({}));
}
