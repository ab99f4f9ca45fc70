//! What authors of servers test with: a client that remembers, a wire, assertions.

use fmcp::{
    ComponentKind, Context, Notice, Revision, Server, Tool, ToolError,
    testing::{self, Wire, expect_result, expect_rpc_error, expect_text, expect_tool_error},
};
use serde_json::json;

fn server() -> Server {
    Server::new("kitchen")
        .tool(Tool::new("bake", |ctx: Context| async move {
            for loaf in 1..=5 {
                ctx.progress(loaf, 5, "baking").await;
                ctx.debug(format!("loaf {loaf}")).await;
            }
            "5 loaves"
        }))
        .tool(Tool::new("burn", || async {
            Err::<String, _>(ToolError::new("no fire"))
        }))
}

#[tokio::test]
async fn a_test_client_remembers_everything_in_order() {
    for revision in Revision::ALL {
        let client = testing::connect_at(server(), revision).await;
        assert_eq!(expect_text(&client.call("bake", ()).await), "5 loaves");
        let done: Vec<_> = client
            .progress()
            .iter()
            .filter_map(|r| r.progress.as_i64())
            .collect();
        assert_eq!(done, [1, 2, 3, 4, 5], "{revision}");
        assert_eq!(client.logs().len(), 5);
        assert_eq!(client.notices().len(), 10);
        assert!(matches!(client.next_notice().await, Notice::Progress(_)));
        assert!(matches!(client.next_notice().await, Notice::Log(_)));
    }
}

#[tokio::test]
async fn a_test_waits_for_what_is_still_to_come() {
    let server = server();
    let client = testing::connect(&server).await;
    let (notice, added) = tokio::join!(client.next_notice(), async {
        tokio::task::yield_now().await;
        server.add_tool(Tool::new("later", || async {}))
    });
    added.unwrap();
    assert!(matches!(notice, Notice::ListChanged(ComponentKind::Tool)));
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "no notice came within 5s")]
async fn a_test_does_not_wait_for_ever() {
    testing::connect(server()).await.next_notice().await;
}

#[tokio::test]
#[should_panic(expected = "the server under test cannot be used")]
async fn a_broken_server_fails_the_test() {
    let twice = server().tool(Tool::new("burn", || async {}));
    testing::connect(&twice).await;
}

#[tokio::test]
async fn one_call_needs_one_line() {
    let result = testing::call(&server(), "burn", ()).await;
    assert_eq!(expect_tool_error(&result), "no fire");
}

#[tokio::test]
#[should_panic(expected = "expected the tool to fail, but it gave \"\\\"5 loaves\\\"\"")]
async fn assertions_say_what_came_instead() {
    let result = testing::call(&server(), "bake", ()).await;
    expect_tool_error(&result);
}

#[tokio::test]
async fn a_wire_talks_the_newest_revision() {
    let wire = Wire::new(server());
    let call = json!({"name": "bake", "arguments": {}, "_meta": {"progressToken": "t"}});
    let answer = wire.send(testing::modern("tools/call", call)).await;
    let result = expect_result(&answer);
    assert_eq!(result["content"][0]["text"], "5 loaves");
    assert_eq!(result["resultType"], "complete");
    assert_eq!(wire.notices().len(), 5);
    let answer = wire.send(testing::modern("no/such", json!({}))).await;
    expect_rpc_error(&answer, -32601);
    expect_rpc_error(&wire.send_text("{").await, -32700);
    assert_eq!(
        wire.send(json!({"jsonrpc": "2.0", "method": "notifications/none"}))
            .await,
        None
    );
}

#[tokio::test]
async fn a_wire_talks_every_revision_with_sessions() {
    for revision in Revision::ALL
        .into_iter()
        .filter(|revision| *revision < Revision::NEWEST)
    {
        let wire = Wire::new(server());
        let opened = wire.initialize(revision).await;
        assert_eq!(opened["protocolVersion"], revision.as_str());
        let call = testing::legacy("tools/call", json!({"name": "bake"}));
        let id = call["id"].clone();
        let answer = wire.send(call).await;
        assert_eq!(expect_result(&answer)["content"][0]["text"], "5 loaves");
        assert_eq!(answer.unwrap()["id"], id);
    }
}
