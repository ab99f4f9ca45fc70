//! Both eras, questions, cancellation, notices, the end.

use serde_json::json;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::peer::{host, legacy, modern, request, soon, text, until};

#[tokio::test]
async fn every_revision_is_served() {
    let host = host(|_| {}).await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut peer = host.connect().await;
        let answer = peer.initialize(version).await;
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
        let answer = peer.ask(&legacy(2, "echo", json!({"text": version}))).await;
        assert_eq!(text(&answer), version);
        // A modern call needs no session, and minds none.
        let answer = peer.ask(&modern(3, "echo", json!({"text": "new"}))).await;
        assert_eq!(text(&answer), "new");
    }
}

#[tokio::test]
async fn calls_are_answered_as_they_get_done() {
    let host = host(|_| {}).await;
    let mut peer = host.connect().await;
    peer.say(&modern(1, "wait", json!({"millis": 100}))).await;
    let quick = peer.ask(&modern(2, "echo", json!({"text": "quick"}))).await;
    assert_eq!(quick["id"], 2);
    assert_eq!(peer.hear().await["id"], 1);
}

#[tokio::test]
async fn a_legacy_client_can_be_asked() {
    let host = host(|_| {}).await;
    let mut peer = host.connect().await;
    peer.initialize("2025-11-25").await;
    let question = peer.ask(&legacy(2, "ask", json!({}))).await;
    assert_eq!(question["method"], "roots/list", "{question}");
    let roots = json!({"roots": [{"uri": "file:///home"}]});
    let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": roots});
    let answer = peer.ask(&answer).await;
    assert_eq!(answer["id"], 2);
    assert!(text(&answer).contains("file:///home"), "{answer}");
}

#[tokio::test]
async fn anything_can_be_told() {
    let host = host(|_| {}).await;
    let mut peer = host.connect().await;
    let told = peer.ask(&modern(1, "tell", json!({}))).await;
    assert_eq!(told["method"], "notifications/custom", "{told}");
    assert_eq!(told["params"]["news"], "some");
    assert_eq!(text(&peer.hear().await), "told");
}

#[tokio::test]
async fn a_call_can_be_cancelled() {
    let host = host(|_| {}).await;
    let mut peer = host.connect().await;
    peer.initialize("2025-06-18").await;
    peer.say(&legacy(2, "wait", json!({}))).await;
    until(|| host.tools.waiting() == 1).await;
    let params = json!({"requestId": 2});
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
    peer.say(&cancel).await;
    until(|| host.tools.waiting() == 0).await;
    // It has no answer; the next one has.
    assert_eq!(peer.ask(&request(3, "ping", json!({}))).await["id"], 3);
}

#[tokio::test]
async fn who_goes_cancels_what_runs() {
    let host = host(|_| {}).await;
    for is_polite in [true, false] {
        let mut peer = host.connect().await;
        peer.say(&modern(1, "wait", json!({}))).await;
        until(|| host.tools.waiting() == 1).await;
        if is_polite {
            soon(peer.0.close(None)).await.unwrap();
            peer.closed().await;
        }
        drop(peer);
        until(|| host.tools.waiting() == 0).await;
    }
}

#[tokio::test]
async fn at_the_end_what_runs_is_answered_and_the_peer_is_told() {
    let host = host(|_| {}).await;
    let (mut busy, mut idle) = (host.connect().await, host.connect().await);
    busy.say(&modern(1, "wait", json!({"millis": 300}))).await;
    until(|| host.tools.waiting() == 1).await;
    host.drain.begin();
    assert_eq!(idle.closed().await, Some(CloseCode::Away));
    assert_eq!(text(&busy.hear().await), "waited");
    assert_eq!(busy.closed().await, Some(CloseCode::Away));
    let summary = soon(host.task).await.unwrap();
    assert_eq!((summary.finished, summary.aborted), (2, 0));
}
