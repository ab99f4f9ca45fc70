//! Tasks of tools that are a mounted server's, and of one of many servers.

use std::time::Duration;

use fmcp::{Client, Context, Server, TaskMode, Tool, ToolError};
use serde_json::json;

use super::{Caller, text};

fn child() -> Server {
    let ask = |ctx: Context| async move {
        ctx.progress(1, 2, "asking").await;
        let sure = ctx.confirm("Sure?").named("sure").await?;
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok::<_, ToolError>(format!(
            "{sure} in {}",
            ctx.task_id().map_or("a call", |_| "a task")
        ))
    };
    let begin = |ctx: Context| async move {
        ctx.begin_task()?;
        Ok::<_, ToolError>(ctx.task_id().is_some().to_string())
    };
    Server::new("child")
        .tool(Tool::new("ask", ask).task(TaskMode::Optional))
        .tool(
            Tool::new("begin", begin)
                .task(TaskMode::Required)
                .asks_first(true),
        )
}

#[tokio::test(start_paused = true)]
async fn a_task_of_a_mounted_server_is_the_outer_servers() {
    let outer = Server::new("outer");
    outer.mount("inner", child()).unwrap();
    let caller = Caller::new(&outer);
    let id = caller.start("inner_ask").await;
    let task = caller.until(&id, "input_required").await;
    assert_eq!(task["statusMessage"], "asking");
    caller
        .update(&id, json!({"sure": {"action": "accept", "content": {}}}))
        .await;
    assert_eq!(
        text(&caller.until(&id, "completed").await),
        "true in a task"
    );
    let id = caller.start("inner_begin").await;
    assert_eq!(text(&caller.until(&id, "completed").await), "true");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_calls_a_tool_waits_for_it_whatever_it_is() {
    let calls = |ctx: Context| async move {
        let result = ctx.call_tool("begin", json!({})).await?;
        Ok::<_, ToolError>(format!("{:?}", result.content[0].as_text()))
    };
    let server = child().tool(Tool::new("calls", calls));
    let client = Client::connect(&server).await.unwrap();
    assert_eq!(
        client.call("calls", ()).await.unwrap().text(),
        "Some(\"false\")"
    );
}
