//! What a server promises, and keeps.

use std::time::Duration;

use fmcp::{Context, Error, Kind, Server, TaskMode, Tasks, Tool, ToolError};
use serde_json::json;

use super::{Caller, code, takes_tasks, text};

fn sleeper(mode: TaskMode) -> Tool {
    let sleep = |ctx: Context| async move {
        ctx.progress(1, 4, None).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        ctx.progress(3, 4, "nearly there").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        "rested"
    };
    Tool::new("sleep", sleep).task(mode)
}

#[tokio::test(start_paused = true)]
async fn a_call_is_answered_with_a_promise_and_the_result_comes_later() {
    let caller = Caller::new(&Server::new("s").tool(sleeper(TaskMode::Optional)));
    let task = caller.call("sleep", json!({})).await;
    assert_eq!(
        (&task["resultType"], &task["status"]),
        (&json!("task"), &json!("working"))
    );
    assert!(task["ttlMs"].as_u64().unwrap() > 0 && task["pollIntervalMs"].as_u64().unwrap() > 0);
    let id = task["taskId"].as_str().unwrap();
    assert_eq!(id.len(), 32);

    let task = caller.get(id).await;
    assert_eq!(
        (&task["resultType"], &task["status"]),
        (&json!("complete"), &json!("working"))
    );
    assert!(task.get("result").is_none());
    let task = caller.until(id, "completed").await;
    assert_eq!(text(&task), "rested");
    assert_eq!(task["result"]["resultType"], "complete");
    assert_eq!(caller.get(id).await, task, "it stays");
}

#[tokio::test(start_paused = true)]
async fn progress_shows_in_the_status() {
    let caller = Caller::new(&Server::new("s").tool(sleeper(TaskMode::Optional)));
    let id = caller.start("sleep").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(caller.get(&id).await["statusMessage"], "1 of 4");
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(caller.get(&id).await["statusMessage"], "nearly there");
}

#[tokio::test(start_paused = true)]
async fn who_takes_no_tasks_waits_or_is_told_what_is_missing() {
    let server = Server::new("s").tool(sleeper(TaskMode::Optional));
    let caller = Caller::that_can(&server, json!({}));
    let result = caller.call("sleep", json!({})).await;
    assert_eq!(result["content"][0]["text"], "rested");
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let refused = caller
            .send(method, json!({"taskId": "x", "inputResponses": {}}))
            .await;
        assert_eq!(code(&refused), -32021, "{method}");
    }

    let server = Server::new("s").tool(sleeper(TaskMode::Required));
    let refused = Caller::that_can(&server, json!({}))
        .call("sleep", json!({}))
        .await;
    assert_eq!(code(&refused), -32021);
    let required = &refused["error"]["data"]["requiredCapabilities"]["extensions"];
    assert_eq!(*required, json!({"io.modelcontextprotocol/tasks": {}}));
}

#[tokio::test(start_paused = true)]
async fn a_server_says_that_it_has_tasks_where_it_has_some() {
    let with = Caller::new(&Server::new("s").tool(sleeper(TaskMode::Optional)));
    let about = with.send("server/discover", json!({})).await;
    let extensions = &about["capabilities"]["extensions"];
    assert_eq!(extensions["io.modelcontextprotocol/tasks"], json!({}));
    assert!(about["capabilities"].get("tasks").is_none());
    let without = Caller::new(&Server::new("s").tool(sleeper(TaskMode::Forbidden)));
    let about = without.send("server/discover", json!({})).await;
    assert!(about["capabilities"].get("extensions").is_none(), "{about}");
    assert_eq!(code(&without.get("x").await), -32601);
    assert_eq!(
        without.call("sleep", json!({})).await["content"][0]["text"],
        "rested"
    );
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_fails_has_a_result_and_an_error_of_the_protocol_is_one() {
    let fails = || async { Err::<String, _>(ToolError::new("no")) };
    let errs = || async { Err::<String, _>(Error::new(Kind::Forbidden, "not you")) };
    let panics = || async { panic!("secret words") as String };
    let server = Server::new("s")
        .tool(Tool::new("fails", fails).task(TaskMode::Optional))
        .tool(Tool::new("errs", errs).task(TaskMode::Optional))
        .tool(Tool::new("panics", panics).task(TaskMode::Optional));
    let caller = Caller::new(&server);
    let task = caller
        .until(&caller.start("fails").await, "completed")
        .await;
    assert_eq!(
        (text(&task), &task["result"]["isError"]),
        ("no", &json!(true))
    );
    let task = caller.until(&caller.start("errs").await, "failed").await;
    assert_eq!(task["error"]["message"], "not you");
    assert!(task.get("result").is_none() && task["statusMessage"] == "not you");
    let task = caller
        .until(&caller.start("panics").await, "completed")
        .await;
    assert!(task["result"]["isError"] == true && !task.to_string().contains("secret"));
}

#[tokio::test(start_paused = true)]
async fn ids_that_nobody_has_given_are_unknown() {
    let caller = Caller::new(&Server::new("s").tool(sleeper(TaskMode::Optional)));
    caller.start("sleep").await;
    for id in ["", "x", &"0".repeat(32), &"x".repeat(100_000)] {
        for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
            let refused = caller
                .send(method, json!({"taskId": id, "inputResponses": {}}))
                .await;
            assert_eq!(code(&refused), -32602, "{method} {}", id.len());
        }
    }
    assert_eq!(code(&caller.send("tasks/get", json!({})).await), -32602);
    for method in ["tasks/result", "tasks/list"] {
        assert_eq!(
            code(&caller.send(method, json!({"taskId": "x"})).await),
            -32601,
            "{method}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_are_run_a_few_at_a_time_and_no_more_are_taken_than_there_is_room_for() {
    let tasks = Tasks::new().running(1).waiting(2);
    let caller = Caller::new(
        &Server::new("s")
            .tasks(tasks)
            .tool(sleeper(TaskMode::Optional)),
    );
    let first = caller.start("sleep").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let second = caller.start("sleep").await;
    caller.start("sleep").await;
    assert_eq!(code(&caller.call("sleep", json!({})).await), -31029);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(
        caller.get(&second).await.get("statusMessage").is_none(),
        "it has not begun"
    );
    caller.until(&first, "completed").await;
    caller.until(&second, "completed").await;
    caller.start("sleep").await;

    let tasks = Tasks::new().kept(2);
    let caller = Caller::new(
        &Server::new("s")
            .tasks(tasks)
            .tool(sleeper(TaskMode::Optional)),
    );
    caller
        .until(&caller.start("sleep").await, "completed")
        .await;
    caller.start("sleep").await;
    assert_eq!(code(&caller.call("sleep", json!({})).await), -31029);
}

#[tokio::test(start_paused = true)]
async fn a_listener_is_told_where_a_task_is_until_its_end() {
    use fmcp::{Client, Topic, model::SubscriptionFilter};
    use std::sync::{Arc, Mutex};

    let server = Server::new("s").tool(sleeper(TaskMode::Optional));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    let client = Client::builder(&server)
        .capabilities(serde_json::from_value(takes_tasks()).unwrap())
        .on_notice(move |notice: fmcp::Notice| {
            if let fmcp::Notice::Other(Topic::TaskChanged, params) = notice {
                hears
                    .lock()
                    .unwrap()
                    .push(params.parse::<serde_json::Value>().unwrap());
            }
        });
    let client = client.connect().await.unwrap();
    let id = Caller::new(&server).start("sleep").await;
    let filter = SubscriptionFilter::new().task_ids([id.clone(), "unknown".to_owned()]);
    let changes = client.listen(filter).await.unwrap();
    assert_eq!(changes.agreed().task_ids, Some(vec![id.clone()]));
    Caller::new(&server).until(&id, "completed").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let heard = heard.lock().unwrap().clone();
    let said: Vec<_> = heard
        .iter()
        .map(|task| task["statusMessage"].as_str())
        .collect();
    assert_eq!(said.last().unwrap(), &Some("nearly there"), "{heard:?}");
    let last = heard.last().unwrap();
    assert!(
        last["taskId"] == id && last["status"] == "completed",
        "{last}"
    );
    assert_eq!(text(last), "rested");
    assert!(last["_meta"]["io.modelcontextprotocol/subscriptionId"].is_string());

    let refused = Client::builder(&server)
        .capabilities(fmcp::model::ClientCapabilities::new())
        .connect()
        .await
        .unwrap()
        .listen(SubscriptionFilter::new().task_ids([id]))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("takes tasks"), "{refused}");
}
