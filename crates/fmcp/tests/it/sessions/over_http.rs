//! Sessions over HTTP as they end: silent, deleted, dead, forgotten.

use fmcp::{Context, Http, Pings, Tool, ToolError, testing::legacy};
use serde_json::json;

use super::*;
use crate::raw_http::{Events, Running, post, send};

/// A session, opened by hand.
async fn open(running: &Running, said: &mut Said) -> String {
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {"sampling": {}},
        "clientInfo": {"name": "raw", "version": "1"}});
    let body = legacy("initialize", params).to_string();
    let answer = post(running.address, "/mcp", &[], &body).await;
    let id = answer.header("mcp-session-id").unwrap().to_owned();
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let headers = [("mcp-session-id", id.as_str())];
    let heard = post(running.address, "/mcp", &headers, &ready.to_string()).await;
    assert_eq!(heard.status, 202);
    assert_eq!(said.next().await, "raw came");
    id
}

fn idle(time: Duration) -> impl FnOnce(Http) -> Http {
    move |http| http.settings(|settings| settings.session_idle = time)
}

#[tokio::test]
async fn a_silent_session_comes_to_its_end_without_anybody_asking() {
    let (server, mut said) = telling(Server::new("s"));
    let running = Running::new(server.clone(), idle(Duration::from_millis(100))).await;
    let id = open(&running, &mut said).await;
    assert_eq!(said.next().await, "raw went");
    assert!(server.sessions().is_empty());
    let headers = [("mcp-session-id", id.as_str())];
    let ping = legacy("ping", json!({})).to_string();
    assert_eq!(
        post(running.address, "/mcp", &headers, &ping).await.status,
        404
    );
    running.ended().await;
    assert!(said.is_silent());
}

#[tokio::test]
async fn a_session_that_its_client_deletes_is_over_once() {
    let (server, mut said) = telling(Server::new("s"));
    let running = Running::new(server, |http| http).await;
    let id = open(&running, &mut said).await;
    let headers = [("mcp-session-id", id.as_str())];
    for status in [204, 404] {
        let answer = send(running.address, "DELETE /mcp", &headers, "").await;
        assert_eq!(answer.status, status);
    }
    assert_eq!(said.next().await, "raw went");
    running.ended().await;
    assert!(said.is_silent());
}

#[tokio::test]
async fn a_question_is_taken_back_on_the_stream_of_its_call() {
    let ask = |ctx: Context| async move { Ok::<_, ToolError>(ctx.sample("Hello?").await?.text()) };
    let (server, mut said) = telling(Server::new("s").tool(Tool::new("ask", ask)));
    let running = Running::new(server, |http| http).await;
    let id = open(&running, &mut said).await;
    let call = legacy("tools/call", json!({"name": "ask", "arguments": {}}));
    let headers = [
        ("mcp-session-id", id.as_str()),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    let body = call.to_string();
    let mut events = Events::open(running.address, "POST /mcp", &headers, &body).await;
    let mut heard = String::new();
    while !heard.contains("sampling/createMessage") {
        heard += &events.raw().await.unwrap();
    }
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": {"requestId": call["id"]}});
    let headers = [("mcp-session-id", id.as_str())];
    post(running.address, "/mcp", &headers, &cancel.to_string()).await;
    let mut rest = String::new();
    while let Some(event) = events.raw().await {
        rest += &event;
    }
    assert!(rest.contains("notifications/cancelled"), "{heard} {rest}");
    running.ended().await;
}

#[tokio::test]
async fn what_is_told_waits_until_the_client_listens() {
    let (server, mut said) = telling(Server::new("s"));
    let running = Running::new(server.clone(), |http| http).await;
    let id = open(&running, &mut said).await;
    let session = server.sessions().remove(0);
    for n in 0..70 {
        session.log(fmcp::LogLevel::Error, n).await.unwrap();
    }
    let headers = [
        ("mcp-session-id", id.as_str()),
        ("accept", "text/event-stream"),
    ];
    let mut events = Events::open(running.address, "GET /mcp", &headers, "").await;
    // Only so many wait; the oldest are lost. Which of them rates let through is another matter.
    let mut first = events.raw().await.unwrap();
    while !first.contains("notifications/message") {
        first = events.raw().await.unwrap();
    }
    assert!(first.contains(r#""data":6"#), "{first}");
    drop(events);
    running.ended().await;
}

#[tokio::test]
async fn a_client_that_reads_and_answers_nothing_is_sent_away() {
    let pings = Pings::every(Duration::from_millis(50)).timeout(Duration::from_millis(50));
    let (server, mut said) = telling(Server::new("s").pings(pings));
    let running = Running::new(server.clone(), |http| http).await;
    let id = open(&running, &mut said).await;
    let headers = [
        ("mcp-session-id", id.as_str()),
        ("accept", "text/event-stream"),
    ];
    let mut events = Events::open(running.address, "GET /mcp", &headers, "").await;
    let mut heard = String::new();
    while let Some(event) = events.raw().await {
        heard += &event;
    }
    assert!(heard.contains(r#""method":"ping""#), "{heard}");
    assert_eq!(said.next().await, "error the client does not answer pings");
    assert_eq!(said.next().await, "raw went");
    let headers = [("mcp-session-id", id.as_str())];
    let ping = legacy("ping", json!({})).to_string();
    assert_eq!(
        post(running.address, "/mcp", &headers, &ping).await.status,
        404
    );
    running.ended().await;
}

#[tokio::test]
async fn a_session_that_another_process_opened_is_connected_when_it_speaks() {
    let key = |http: Http| http.session_key("a secret that both have, 32 bytes");
    let (one, mut said) = telling(Server::new("s"));
    let running = Running::new(one, key).await;
    let id = open(&running, &mut said).await;
    let name = format!("{}", running.address);
    running.ended().await;
    assert_eq!(said.next().await, "raw went", "{name}");
    let (two, mut said) = telling(Server::new("s"));
    let running = Running::new(two.clone(), key).await;
    let headers = [("mcp-session-id", id.as_str())];
    let ping = legacy("ping", json!({})).to_string();
    assert_eq!(
        post(running.address, "/mcp", &headers, &ping).await.status,
        200
    );
    assert_eq!(said.next().await, "raw came");
    assert!(two.sessions()[0].is_ready());
    running.ended().await;
    assert_eq!(said.next().await, "raw went");
}
