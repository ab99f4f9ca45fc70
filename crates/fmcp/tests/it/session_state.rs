//! What handlers keep from one call of a session to the next.

#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use fmcp::{
    Call, Context, Endpoint, Exchange, Input, Method, Revision, Server, Session, Store, Tool,
    ToolError, model::ClientCapabilities, store::Memory,
};
use serde_json::{Value, json};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Key {
    #[serde(default = "seen")]
    key: String,
}

fn seen() -> String {
    "seen".into()
}

/// Counts under a key, and gives the count.
async fn count(Input(Key { key }): Input<Key>, ctx: Context) -> Result<String, ToolError> {
    let Some(session) = ctx.session_state() else {
        return Ok("no session".into());
    };
    let seen: u32 = session.get(&key).await?.unwrap_or(0);
    session.set(&key, &(seen + 1)).await?;
    Ok((seen + 1).to_string())
}

async fn forget(ctx: Context) -> Result<String, ToolError> {
    let session = ctx
        .session_state()
        .ok_or_else(|| ToolError::new("no session"))?;
    Ok(session.delete("seen").await?.to_string())
}

/// Another type under the same name.
async fn misread(ctx: Context) -> Result<String, ToolError> {
    let session = ctx
        .session_state()
        .ok_or_else(|| ToolError::new("no session"))?;
    Ok(session.get("seen").await?.unwrap_or_default())
}

async fn brief(ctx: Context) -> Result<String, ToolError> {
    let session = ctx
        .session_state()
        .ok_or_else(|| ToolError::new("no session"))?;
    session
        .set_with_ttl("seen", &100, Duration::from_secs(1))
        .await?;
    Ok("set".into())
}

fn server() -> Server {
    Server::new("counter")
        .tool(Tool::new("count", count))
        .tool(Tool::new("forget", forget))
        .tool(Tool::new("misread", misread))
        .tool(Tool::new("brief", brief))
}

async fn call(server: &Server, session: &str, tool: &str, arguments: Value) -> String {
    let session = Session::new(
        session,
        Revision::V2025_11_25,
        None,
        ClientCapabilities::default(),
    );
    let call = Call::of(
        Method::CallTool,
        &json!({"name": tool, "arguments": arguments}),
    )
    .unwrap()
    .with_session(Arc::new(session));
    text(server, call).await
}

async fn text(server: &Server, call: Call) -> String {
    match server.call(call).await {
        Ok(reply) => reply.into_tool().unwrap().content[0]
            .as_text()
            .unwrap()
            .to_owned(),
        Err(error) => format!("error: {}", error.message()),
    }
}

#[tokio::test]
async fn each_session_has_its_own() {
    let server = server();
    for (session, count) in [("a", "1"), ("a", "2"), ("b", "1"), ("a", "3"), ("a:x", "1")] {
        assert_eq!(call(&server, session, "count", json!({})).await, count);
    }
    // The key of one session never reaches into another.
    assert_eq!(
        call(&server, "a", "count", json!({"key": "x:seen"})).await,
        "1"
    );
    assert_eq!(call(&server, "a", "forget", json!({})).await, "true");
    assert_eq!(call(&server, "a", "forget", json!({})).await, "false");
    assert_eq!(call(&server, "a", "count", json!({})).await, "1");
    assert_eq!(call(&server, "b", "count", json!({})).await, "2");
}

#[tokio::test]
async fn there_is_none_without_a_session() {
    let call = Call::of(Method::CallTool, &json!({"name": "count"})).unwrap();
    assert_eq!(text(&server(), call).await, "no session");
}

#[tokio::test(start_paused = true)]
async fn a_value_lives_a_day_from_its_last_writing() {
    let (server, hour) = (server(), Duration::from_secs(3600));
    assert_eq!(call(&server, "a", "count", json!({})).await, "1");
    tokio::time::advance(23 * hour).await;
    assert_eq!(call(&server, "a", "count", json!({})).await, "2");
    tokio::time::advance(23 * hour).await;
    assert_eq!(call(&server, "a", "count", json!({})).await, "3");
    tokio::time::advance(25 * hour).await;
    assert_eq!(call(&server, "a", "count", json!({})).await, "1");
    call(&server, "a", "brief", json!({})).await;
    assert_eq!(call(&server, "a", "count", json!({})).await, "101");
    call(&server, "a", "brief", json!({})).await;
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(call(&server, "a", "count", json!({})).await, "1");
}

#[tokio::test]
async fn it_lies_in_the_servers_store() {
    let store = Arc::new(Memory::new());
    let server = server().session_store(Arc::clone(&store));
    call(&server, "a", "count", json!({})).await;
    assert_eq!(store.list("", 10).await.unwrap(), ["session:a:seen"]);
    assert_eq!(
        store.get("session:a:seen").await.unwrap().as_deref(),
        Some(b"1".as_slice())
    );
}

#[tokio::test]
async fn what_cannot_be_kept_or_read_is_said() {
    let server = server();
    let long = call(&server, "a", "count", json!({"key": "k".repeat(300)})).await;
    assert!(long.contains("has 300 bytes, and may have 256"), "{long}");
    call(&server, "a", "count", json!({})).await;
    let misread = call(&server, "a", "misread", json!({})).await;
    assert!(
        misread.contains(r#""seen" is not a alloc::string::String"#),
        "{misread}"
    );
}

#[tokio::test]
async fn a_handshake_opens_it() {
    let exchange = Exchange::new(server()).session_id("s1");
    let ask = async |body: Value| -> Value {
        let answer = exchange.answer(body.to_string().into()).await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    };
    ask(
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        }}),
    )
    .await;
    for count in ["1", "2"] {
        let answer = ask(
            json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "count"}}),
        )
        .await;
        assert_eq!(answer["result"]["content"][0]["text"], count, "{answer}");
    }
}
