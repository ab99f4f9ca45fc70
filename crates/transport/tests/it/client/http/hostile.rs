//! Answers that nobody should give.

use std::sync::Arc;

use bytes::Bytes;
use fmcp_core::protocol::Limits;
use fmcp_transport::http::Body;
use serde_json::json;

use super::{
    ask, event, open_with, result, settings,
    stage::{Asked, Stage, Told, bare, json, legacy, modern, told},
};

/// What the server says to a call of this kind.
fn say(asked: &Asked) -> Told {
    let id = asked.id();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let answer = |result: &str| format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#);
    let plain = |body: String| told(200, "application/json", body);
    let events = |body: String| told(200, "text/event-stream", body);
    match asked.method() {
        "fine" => json(200, &result(id, json!({}))),
        "huge" => plain(answer(&format!("\"{}\"", "x".repeat(20_000)))),
        "endless" => told(200, "application/json", Body::stream(Endless(b' '))),
        "endless line" => told(200, "text/event-stream", Body::stream(Endless(b'x'))),
        "endless data" => told(200, "text/event-stream", Body::stream(Endless(b'\n'))),
        "huge event" => events(event(&result(id, json!("x".repeat(20_000))))),
        "deep" => plain(answer(&nested(100_000 / 20))),
        "deep event" => events(format!("data: {}\n\n", answer(&nested(2_000)))),
        "not json" => plain("hello".to_owned()),
        "half json" => plain(answer("{").replace('}', "")),
        "not json event" => events("data: hello\n\n".to_owned()),
        "no utf-8" => told(
            200,
            "application/json",
            Bytes::from_static(b"{\"jsonrpc\":\"\xff\"}"),
        ),
        "no utf-8 event" => told(
            200,
            "text/event-stream",
            Bytes::from_static(b"data: {\"a\":\"\xff\"}\n\n"),
        ),
        "other id" => json(200, &result(&json!("other"), json!({}))),
        "other id event" => events(event(&result(&json!("other"), json!({})))),
        "no id" => plain(r#"{"jsonrpc":"2.0","result":{}}"#.to_owned()),
        "twice" => plain(format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":1,"result":2}}"#
        )),
        "empty" => plain(String::new()),
        "bad error" => plain(format!(r#"{{"jsonrpc":"2.0","id":{id},"error":7}}"#)),
        "long words" => told(500, "text/plain", "very ".repeat(10_000)),
        "control" => told(
            500,
            "text/plain",
            "\u{1b}[2Jsecretive\r\nX: y".replace("secret", ""),
        ),
        "half event" => events("data: {\"jsonrpc\"".to_owned()),
        "image" => told(200, "image/png", "PNG"),
        _ => bare(404),
    }
}

/// Blanks, a line, or lines of data, without end.
struct Endless(u8);

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        let piece = match self.0 {
            b'\n' => b"data: xxx\n".repeat(100),
            byte => vec![byte; 1_000],
        };
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(piece.into()))))
    }
}

async fn check(stage: &Stage) {
    let mut settings = settings(stage);
    settings.limits = Limits::new().message_bytes(10_000);
    settings.resumptions = 1;
    let (link, _) = open_with(settings).await;
    for (how, expect) in [
        ("huge", "larger than 10000 bytes"),
        ("endless", "larger than 10000 bytes"),
        ("endless line", "larger than 10000 bytes"),
        ("endless data", "larger than 10000 bytes"),
        ("huge event", "larger than 10000 bytes"),
        ("deep", "larger than 10000 bytes|nest"),
        ("deep event", "no message"),
        ("not json", "no message"),
        ("half json", "no message"),
        ("not json event", "no message"),
        ("no utf-8", "no message"),
        ("no utf-8 event", "no message"),
        ("other id", "was not asked"),
        (
            "other id event",
            "was not asked|ended before the answer came",
        ),
        ("no id", "no message"),
        ("twice", "no message"),
        ("empty", "does not answer it"),
        ("bad error", "cannot be read"),
        ("long words", "HTTP 500 Internal Server Error: very very"),
        ("control", "HTTP 500 Internal Server Error: [2Jive X: y"),
        ("half event", "ended before the answer came"),
        ("image", "answers image/png"),
    ] {
        let words = ask(&link, how, json!({})).await.unwrap_err();
        assert!(
            expect.split('|').any(|expect| words.contains(expect)),
            "{how}: {words}"
        );
        assert!(words.len() < 400, "{how}: {words}");
        // Nobody else is harmed.
        ask(&link, "fine", json!({})).await.unwrap();
    }
}

#[tokio::test]
async fn a_call_that_stands_alone_survives_any_answer() {
    let stage = modern(|asked| async move { say(&asked) }).await;
    Box::pin(check(&stage)).await;
}

#[tokio::test]
async fn a_session_survives_any_answer() {
    let known = [
        "initialize",
        "server/discover",
        "notifications/initialized",
        "",
    ];
    let stage = legacy("2025-11-25", move |asked| async move {
        let is_ours =
            known.contains(&asked.method()) || asked.method() == "notifications/cancelled";
        (!is_ours).then(|| say(&asked))
    })
    .await;
    Box::pin(check(&stage)).await;
}

#[tokio::test]
async fn a_million_events_are_heard_by_nobody_but_their_call() {
    let stage = modern(|asked| async move {
        if asked.method() == "fine" {
            return say(&asked);
        }
        let noise = ": x\n\nevent: ping\ndata: 1\n\n".repeat(50_000);
        told(
            200,
            "text/event-stream",
            noise + &event(&result(asked.id(), json!({"n": 1}))),
        )
    })
    .await;
    let (link, peer) = open_with(settings(&stage)).await;
    let noisy = {
        let link = Arc::clone(&link);
        tokio::spawn(async move { ask(&link, "noise", json!({})).await })
    };
    ask(&link, "fine", json!({})).await.unwrap();
    assert_eq!(noisy.await.unwrap().unwrap(), json!({"n": 1}));
    assert_eq!(peer.heard(), Vec::<String>::new());
}

#[tokio::test]
async fn a_session_id_that_no_header_can_hold_is_refused() {
    for id in ["a b", &"x".repeat(5_000)] {
        let id = id.to_owned();
        let stage = legacy("2025-11-25", move |asked| {
            let id = id.clone();
            async move {
                (asked.method() == "initialize").then(|| {
                    let about = json!({"protocolVersion": "2025-11-25", "capabilities": {},
                        "serverInfo": {"name": "stage", "version": "1"}});
                    super::stage::with(json(200, &result(asked.id(), about)), "mcp-session-id", &id)
                })
            }
        })
        .await;
        let peer = Arc::new(super::peer::Peer::default());
        let error = super::try_open(settings(&stage), None, &peer)
            .await
            .err()
            .unwrap();
        assert!(
            error.message().contains("gives its session an id"),
            "{error}"
        );
    }
}
