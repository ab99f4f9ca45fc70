//! Tasks of revision 2025-11-25: the client asks for one, and for its result.

use std::time::Duration;

use fmcp::{Context, Server, TaskMode, Tasks, Tool};
use serde_json::json;

use super::{Caller, code};

fn server() -> Server {
    let sleep = |ctx: Context| async move {
        ctx.progress(1, 2, "half done").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        "rested"
    };
    Server::new("s")
        .tasks(Tasks::new().max_ttl(Duration::from_secs(600)))
        .tool(Tool::new("sleep", sleep).task(TaskMode::Optional))
        .tool(Tool::new("long", sleep).task(TaskMode::Required))
        .tool(Tool::new("quick", || async { "done" }))
}

#[tokio::test(start_paused = true)]
async fn a_client_asks_for_a_task_and_then_for_its_result() {
    let caller = Caller::in_a_session(&server()).await;
    let started = caller
        .send(
            "tools/call",
            json!({"name": "sleep", "task": {"ttl": 60_000}}),
        )
        .await;
    let task = &started["task"];
    assert_eq!(
        (&task["status"], &task["ttl"]),
        (&json!("working"), &json!(60_000))
    );
    assert!(started.get("resultType").is_none() && task.get("ttlMs").is_none());
    assert!(task["pollInterval"].is_u64());
    let id = task["taskId"].as_str().unwrap();
    let status = caller.get(id).await;
    assert!(
        status["taskId"] == id && status.get("task").is_none(),
        "{status}"
    );
    let result = caller.send("tasks/result", json!({"taskId": id})).await;
    assert_eq!(result["content"][0]["text"], "rested");
    assert_eq!(
        result["_meta"]["io.modelcontextprotocol/related-task"],
        json!({"taskId": id})
    );
    let again = caller.send("tasks/result", json!({"taskId": id})).await;
    assert_eq!(again, result);
    assert_eq!(caller.get(id).await["status"], "completed");
    let told: Vec<_> = caller.wire.notices();
    let topics: Vec<_> = told
        .iter()
        .map(|notice| notice.topic().as_str().to_owned())
        .collect();
    assert!(
        topics
            .iter()
            .any(|topic| topic == "notifications/tasks/status"),
        "{topics:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wish_is_granted_within_bounds() {
    let caller = Caller::in_a_session(&server()).await;
    let wish = json!({"name": "sleep", "task": {"ttl": 86_400_000}});
    assert_eq!(
        caller.send("tools/call", wish).await["task"]["ttl"],
        600_000
    );
}

#[tokio::test(start_paused = true)]
async fn tools_say_how_they_may_be_called_and_hold_to_it() {
    let server = server();
    let caller = Caller::in_a_session(&server).await;
    let tools = caller.send("tools/list", json!({})).await;
    let support: Vec<_> = tools["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| &tool["execution"])
        .collect();
    assert_eq!(
        support,
        [
            &json!({"taskSupport": "optional"}),
            &json!({"taskSupport": "required"}),
            &json!(null)
        ]
    );
    assert_eq!(code(&caller.call("long", json!({})).await), -32601);
    let refused = caller
        .send("tools/call", json!({"name": "quick", "task": {}}))
        .await;
    assert_eq!(code(&refused), -32601);
    let direct = caller.call("sleep", json!({})).await;
    assert_eq!(direct["content"][0]["text"], "rested");
    let newest = Caller::new(&server).send("tools/list", json!({})).await;
    assert!(!newest.to_string().contains("taskSupport"));
}

#[tokio::test(start_paused = true)]
async fn cancelling_is_done_when_it_is_answered_and_only_once() {
    let caller = Caller::in_a_session(&server()).await;
    let started = caller
        .send("tools/call", json!({"name": "long", "task": {}}))
        .await;
    let id = started["task"]["taskId"].as_str().unwrap();
    let cancelled = caller.send("tasks/cancel", json!({"taskId": id})).await;
    assert_eq!(
        (&cancelled["status"], &cancelled["taskId"]),
        (&json!("cancelled"), &json!(id))
    );
    assert_eq!(
        code(&caller.send("tasks/cancel", json!({"taskId": id})).await),
        -32602
    );
    assert!(caller.send("tasks/result", json!({"taskId": id})).await["error"].is_object());
    assert_eq!(code(&caller.update(id, json!({})).await), -32601);
}

#[tokio::test(start_paused = true)]
async fn what_is_declared_is_the_form_of_the_revision() {
    let server = server();
    let wire = fmcp::testing::Wire::new(&server);
    let about = wire.initialize(fmcp::Revision::V2025_11_25).await;
    let declared = &about["capabilities"]["tasks"];
    assert_eq!(
        *declared,
        json!({"cancel": {}, "requests": {"tools": {"call": {}}}})
    );
    assert!(about["capabilities"].get("extensions").is_none(), "{about}");
    let older = fmcp::testing::Wire::new(&server);
    let about = older.initialize(fmcp::Revision::V2025_06_18).await;
    assert!(about["capabilities"].get("tasks").is_none());
    // Who is not known cannot list, for nobody can tell which tasks are theirs.
    let caller = Caller::in_a_session(&server).await;
    assert_eq!(code(&caller.send("tasks/list", json!({})).await), -32601);
}
