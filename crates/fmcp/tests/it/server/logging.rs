//! Who is sent log messages: calls that ask for a level, and sessions from theirs on.

use fmcp::{
    Context, Notice, Revision, Server, Tool, ToolError,
    testing::{Wire, expect_result, expect_rpc_error, legacy, modern},
};
use serde_json::json;

use super::*;

const LEVEL: &str = "io.modelcontextprotocol/logLevel";

fn server() -> Server {
    Server::new("s")
        .tool(Tool::new("log", |ctx: Context| async move {
            ctx.debug("d").await;
            ctx.info("i").await;
            ctx.error("e").await;
        }))
        .tool(Tool::new("outer", |ctx: Context| async move {
            ctx.call_tool("log", json!({})).await?;
            Ok::<_, ToolError>(())
        }))
}

/// The messages so far, each by its text.
fn told(wire: &Wire) -> String {
    let notices = wire.notices();
    let told = notices.iter().filter_map(|notice| match notice {
        Notice::Log(message) => message.data.to_value().as_str().map(str::to_owned),
        _ => None,
    });
    told.collect()
}

fn call(tool: &str, meta: Value) -> Value {
    modern("tools/call", json!({"name": tool, "_meta": meta}))
}

#[tokio::test]
async fn one_call_asks_for_itself_alone() {
    let wire = Wire::new(server());
    wire.send(call("log", json!({LEVEL: "error"}))).await;
    assert_eq!(told(&wire), "e");
    wire.send(call("log", json!({}))).await;
    assert_eq!(told(&wire), "e", "the second call asked for nothing");
    wire.send(call("log", json!({LEVEL: null}))).await;
    wire.send(call("log", json!({LEVEL: 3}))).await;
    assert_eq!(told(&wire), "e", "that is no level");
    wire.send(call("log", json!({LEVEL: "debug"}))).await;
    assert_eq!(told(&wire), "edie");
}

#[tokio::test]
async fn a_call_within_a_call_logs_for_the_one_who_asked() {
    let wire = Wire::new(server());
    wire.send(call("outer", json!({}))).await;
    assert_eq!(told(&wire), "");
    wire.send(call("outer", json!({LEVEL: "info"}))).await;
    assert_eq!(told(&wire), "ie");
}

#[tokio::test]
async fn revisions_without_sessions_have_no_level_to_set() {
    let wire = Wire::new(server());
    let answer = wire
        .send(modern("logging/setLevel", json!({"level": "debug"})))
        .await;
    expect_rpc_error(&answer, -32601);
    wire.send(call("log", json!({}))).await;
    assert_eq!(told(&wire), "");
}

#[tokio::test]
async fn sessions_of_one_server_have_each_their_level() {
    for revision in Revision::ALL.into_iter().filter(|r| *r != Revision::NEWEST) {
        let server = server();
        let (loud, quiet) = (Wire::new(&server), Wire::new(&server));
        for (wire, level) in [(&loud, "debug"), (&quiet, "error")] {
            wire.initialize(revision).await;
            let set = legacy("logging/setLevel", json!({"level": level}));
            expect_result(&wire.send(set).await);
        }
        for wire in [&loud, &quiet] {
            // What other revisions say in the metadata means nothing here.
            let params = json!({"name": "outer", "_meta": {LEVEL: "debug"}});
            wire.send(legacy("tools/call", params)).await;
        }
        assert_eq!(told(&loud), "die", "{revision}");
        assert_eq!(told(&quiet), "e", "{revision}");
    }
}

#[tokio::test]
async fn a_modern_request_beside_a_session_has_no_part_in_its_level() {
    let wire = Wire::new(server());
    wire.initialize(Revision::V2025_06_18).await;
    wire.send(call("log", json!({}))).await;
    assert_eq!(told(&wire), "");
    wire.send(legacy("tools/call", json!({"name": "log"})))
        .await;
    assert_eq!(told(&wire), "ie");
}
