//! Resources that somebody follows: who hears of their changes, and who does not.

use std::{future::poll_fn, sync::Arc, time::Duration};

use fmcp::{
    Call, Endpoint as _, Method, Revision, Server, Tool,
    testing::{Wire, expect_result, expect_rpc_error, legacy, modern},
};
use fmcp_transport::duplex::{Connection, Settings};
use serde_json::json;

use super::*;

/// Sessions follow with requests of their own; what comes later has streams for it.
fn with_sessions() -> impl Iterator<Item = Revision> {
    Revision::ALL
        .into_iter()
        .filter(|revision| *revision != Revision::NEWEST)
}

/// A client at the other end of a connection.
struct Peer(Connection);

impl Peer {
    /// A client with an open session.
    async fn open(server: &Server, revision: Revision) -> Self {
        server.start().await.unwrap();
        let mut peer = Self(Connection::new(
            Arc::new(server.clone()),
            Settings::default(),
        ));
        let hello = json!({"protocolVersion": revision.as_str(), "capabilities": {},
                           "clientInfo": {"name": "t", "version": "1"}});
        expect_result(&Some(peer.ask(legacy("initialize", hello)).await));
        peer.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        peer
    }

    fn say(&mut self, message: &Value) {
        self.0.take(message.to_string().into());
    }

    /// The next message that the server sends.
    async fn hear(&mut self) -> Value {
        let next = poll_fn(|cx| self.0.poll_message(cx));
        let message = tokio::time::timeout(Duration::from_secs(5), next).await;
        serde_json::from_slice(&message.expect("nothing is said").unwrap()).unwrap()
    }

    async fn ask(&mut self, request: Value) -> Value {
        self.say(&request);
        self.hear().await
    }

    async fn follow(&mut self, uri: &str) -> Value {
        self.ask(legacy("resources/subscribe", json!({"uri": uri})))
            .await
    }

    async fn unfollow(&mut self, uri: &str) -> Value {
        self.ask(legacy("resources/unsubscribe", json!({"uri": uri})))
            .await
    }

    /// The URI of the resource of whose change the server tells next.
    async fn updated(&mut self) -> String {
        let told = self.hear().await;
        assert_eq!(told["method"], "notifications/resources/updated", "{told}");
        told["params"]["uri"].as_str().unwrap().to_owned()
    }
}

/// What everybody hears of, so that a test sees what was not told before it.
fn change_the_tools(server: &Server) {
    server.add_tool(Tool::new("more", || async {})).unwrap();
}

#[tokio::test]
async fn a_session_hears_of_what_it_follows_and_of_nothing_else() {
    for revision in with_sessions() {
        let server = Server::new("s");
        let mut peer = Peer::open(&server, revision).await;
        server.notify_updated("r://a");
        change_the_tools(&server);
        let told = peer.hear().await;
        assert_eq!(told["method"], "notifications/tools/list_changed");
        for uri in ["r://a", "r://c"] {
            assert_eq!(peer.follow(uri).await["result"], json!({}), "{revision}");
        }
        for uri in ["r://b", "r://a", "r://a/b", "r://c"] {
            server.notify_updated(uri);
        }
        assert_eq!(peer.updated().await, "r://a");
        assert_eq!(peer.updated().await, "r://c");
        assert_eq!(peer.unfollow("r://a").await["result"], json!({}));
        assert_eq!(peer.unfollow("r://never").await["result"], json!({}));
        server.notify_updated("r://a");
        server.notify_updated("r://c");
        assert_eq!(peer.updated().await, "r://c");
    }
}

#[tokio::test]
async fn sessions_follow_each_for_itself() {
    let server = Server::new("s");
    let mut follows = Peer::open(&server, Revision::V2025_06_18).await;
    let mut other = Peer::open(&server, Revision::V2025_06_18).await;
    follows.follow("r://a").await;
    server.notify_updated("r://a");
    change_the_tools(&server);
    assert_eq!(follows.updated().await, "r://a");
    let told = other.hear().await;
    assert_eq!(told["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn following_twice_is_following_once() {
    let server = Server::new("s");
    let mut peer = Peer::open(&server, Revision::V2025_11_25).await;
    peer.follow("r://a").await;
    peer.follow("r://a").await;
    server.notify_updated("r://a");
    change_the_tools(&server);
    assert_eq!(peer.updated().await, "r://a");
    let told = peer.hear().await;
    assert_eq!(told["method"], "notifications/tools/list_changed");
    peer.unfollow("r://a").await;
    server.notify_updated("r://a");
    server.remove(&fmcp::Key::new(fmcp::ComponentKind::Tool, "more"));
    let told = peer.hear().await;
    assert_eq!(told["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn a_session_follows_a_thousand_resources_and_no_more() {
    let server = Server::new("s");
    let mut peer = Peer::open(&server, Revision::V2025_06_18).await;
    for n in 0..1_000 {
        let answer = peer.follow(&format!("r://{n}")).await;
        assert_eq!(answer["result"], json!({}), "{n}");
    }
    let answer = Some(peer.follow("r://1000").await);
    let words = "this session follows as many resources as it may, or the URI is too long";
    assert_eq!(expect_rpc_error(&answer, -31029)["message"], words);
    assert_eq!(peer.follow("r://7").await["result"], json!({}), "it does");
    peer.unfollow("r://7").await;
    assert_eq!(peer.follow("r://1000").await["result"], json!({}));
    for uri in ["r://7", "r://1000"] {
        server.notify_updated(uri);
    }
    assert_eq!(peer.updated().await, "r://1000");
}

#[tokio::test]
async fn a_session_that_missed_changes_hears_of_all_that_it_follows() {
    let server = Server::new("s");
    let mut peer = Peer::open(&server, Revision::V2025_06_18).await;
    for uri in ["r://a", "r://b"] {
        peer.follow(uri).await;
    }
    // More than wait for anybody, and nobody has had the time to hear them.
    for _ in 0..1_000 {
        server.notify_updated("r://nobody");
    }
    let mut told = Vec::new();
    for _ in 0..5 {
        told.push(peer.hear().await);
    }
    let lists = ["tools", "resources", "prompts"];
    for (told, list) in told.iter().zip(lists) {
        let expect = format!("notifications/{list}/list_changed");
        assert_eq!(told["method"], expect);
    }
    let mut uris: Vec<_> = told[3..].iter().map(|t| &t["params"]["uri"]).collect();
    uris.sort_by_key(ToString::to_string);
    assert_eq!(uris, ["r://a", "r://b"]);
}

#[tokio::test]
async fn what_is_followed_must_be_named() {
    let wire = Wire::new(Server::new("s"));
    wire.initialize(Revision::V2025_06_18).await;
    for method in ["resources/subscribe", "resources/unsubscribe"] {
        for params in [json!({}), json!({"uri": 7}), json!({"uri": null})] {
            let error = wire.send(legacy(method, params)).await;
            let error = expect_rpc_error(&error, -32602);
            assert_eq!(error["message"], "`uri` is missing, or not a string");
        }
    }
}

#[tokio::test]
async fn who_has_no_session_follows_nothing() {
    let call = Call::of(Method::Subscribe, &json!({"uri": "r://a"})).unwrap();
    let error = Server::new("s").call(call).await.unwrap_err();
    assert_eq!(error.message(), "only a session follows resources");
}

#[tokio::test]
async fn revisions_with_streams_of_changes_have_no_such_requests() {
    let wire = Wire::new(Server::new("s"));
    for method in ["resources/subscribe", "resources/unsubscribe"] {
        let answer = wire.send(modern(method, json!({"uri": "r://a"}))).await;
        expect_rpc_error(&answer, -32601);
    }
}

#[tokio::test]
async fn a_stream_of_changes_tells_of_the_resources_that_it_names() {
    let server = Server::new("s");
    server.start().await.unwrap();
    let mut peer = Peer(Connection::new(
        Arc::new(server.clone()),
        Settings::default(),
    ));
    let filter = json!({"notifications": {"resourceSubscriptions": ["r://a"]}});
    let request = modern("subscriptions/listen", filter);
    let id = request["id"].clone();
    let told = peer.ask(request).await;
    assert_eq!(told["method"], "notifications/subscriptions/acknowledged");
    for uri in ["r://b", "r://a"] {
        server.notify_updated(uri);
    }
    let told = peer.hear().await;
    assert_eq!(told["params"]["uri"], "r://a");
    let stream = &told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
    assert_eq!(*stream, id);
}

#[tokio::test]
async fn every_revision_is_told_that_resources_can_be_followed() {
    for revision in Revision::ALL {
        let client = testing::connect_at(&Server::new("s"), revision).await;
        let resources = client.capabilities().resources.clone().unwrap();
        assert_eq!(resources.subscribe, Some(true), "{revision}");
    }
}
