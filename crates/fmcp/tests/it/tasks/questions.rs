//! What tasks ask while they run.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use fmcp::{
    Context, Elicited, HandlerError, Server, TaskMode, Tasks, Tool, ToolError,
    model::{ElicitFormParams, InputRequiredResult, RequestedSchema, StringSchema},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caller, code, text};
use fmcp::schemars;

#[derive(Deserialize, JsonSchema)]
struct Age {
    age: u8,
}

fn accept(content: Value) -> Value {
    json!({"action": "accept", "content": content})
}

fn names(task: &Value) -> Vec<String> {
    task["inputRequests"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

/// A tool that asks for an age, and counts how often it has been run.
fn asks(runs: &Arc<AtomicUsize>) -> Tool {
    let runs = Arc::clone(runs);
    let ask = move |ctx: Context| {
        let runs = Arc::clone(&runs);
        async move {
            runs.fetch_add(1, Ordering::SeqCst);
            let age = ctx.elicit::<Age>("How old?").named("age").await?;
            Ok::<_, ToolError>(match age {
                Elicited::Accepted(Age { age }) => format!("{age} years"),
                _ => "nobody knows".to_owned(),
            })
        }
    };
    Tool::new("ask", ask).task(TaskMode::Optional)
}

#[tokio::test(start_paused = true)]
async fn a_task_waits_in_place_for_its_answer() {
    let runs = Arc::default();
    let caller = Caller::new(&Server::new("s").tool(asks(&runs)));
    let id = caller.start("ask").await;
    let task = caller.until(&id, "input_required").await;
    assert_eq!(
        task["inputRequests"]["age"]["params"]["message"],
        "How old?"
    );
    assert!(task.get("requestState").is_none());
    let done = caller
        .update(&id, json!({"age": accept(json!({"age": 7}))}))
        .await;
    assert_eq!(done["resultType"], "complete");
    assert_eq!(text(&caller.until(&id, "completed").await), "7 years");
    assert_eq!(runs.load(Ordering::SeqCst), 1, "it has not run again");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_has_asked_is_no_answer() {
    let caller = Caller::new(&Server::new("s").tool(asks(&Arc::default())));
    let id = caller.start("ask").await;
    caller.until(&id, "input_required").await;
    let done = caller
        .update(
            &id,
            json!({"who": {"x": 1}, "age~2": accept(json!({"age": 7}))}),
        )
        .await;
    assert_eq!(done["resultType"], "complete");
    assert_eq!(caller.get(&id).await["status"], "input_required");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_answer_is_asked_for_again_under_another_name_and_not_for_ever() {
    let caller = Caller::new(&Server::new("s").tool(asks(&Arc::default())));
    let id = caller.start("ask").await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let task = caller.until(&id, "input_required").await;
        let [name] = &names(&task)[..] else {
            panic!("{task}")
        };
        assert!(!seen.contains(name), "{name} was asked before");
        seen.push(name.clone());
        caller
            .update(&id, json!({name: accept(json!({"age": "old"}))}))
            .await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(seen[0], "age");
    let task = caller.until(&id, "completed").await;
    assert!(
        task["result"]["isError"] == true && text(&task).contains("cannot be used"),
        "{task}"
    );
}

#[tokio::test(start_paused = true)]
async fn questions_that_are_asked_together_are_answered_in_any_order() {
    let both = |ctx: Context| async move {
        let (a, b) = ctx
            .ask_all((ctx.confirm("a?").named("a"), ctx.confirm("b?").named("b")))
            .await?;
        Ok::<_, ToolError>(format!("{a} {b}"))
    };
    let caller =
        Caller::new(&Server::new("s").tool(Tool::new("both", both).task(TaskMode::Optional)));
    let id = caller.start("both").await;
    let task = caller.until(&id, "input_required").await;
    assert_eq!(names(&task), ["a", "b"], "at once");
    caller.update(&id, json!({"b": accept(json!({}))})).await;
    let task = caller.get(&id).await;
    assert_eq!(
        (&task["status"], names(&task)),
        (&json!("input_required"), vec!["a".to_owned()])
    );
    caller
        .update(
            &id,
            json!({"a": {"action": "decline"}, "b": {"action": "decline"}}),
        )
        .await;
    assert_eq!(text(&caller.until(&id, "completed").await), "false true");
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_person_lets_others_run() {
    let server = Server::new("s")
        .tasks(Tasks::new().running(1))
        .tool(asks(&Arc::default()))
        .tool(Tool::new("quick", || async { "done" }).task(TaskMode::Optional));
    let caller = Caller::new(&server);
    let asks = caller.start("ask").await;
    caller.until(&asks, "input_required").await;
    let quick = caller.start("quick").await;
    caller.until(&quick, "completed").await;
    caller
        .update(&asks, json!({"age": accept(json!({"age": 7}))}))
        .await;
    caller.until(&asks, "completed").await;
}

#[tokio::test(start_paused = true)]
async fn a_tool_can_ask_before_its_task_begins() {
    let build = |ctx: Context| async move {
        if !ctx.confirm("Really?").named("sure").await? {
            return Ok::<_, ToolError>("as you like".to_owned());
        }
        ctx.begin_task()?;
        let age = ctx.elicit::<Age>("How old?").named("age").await?.accepted();
        Ok(format!("{} years", age.map_or(0, |age| age.age)))
    };
    let tool = Tool::new("build", build)
        .task(TaskMode::Required)
        .asks_first(true);
    let caller = Caller::new(&Server::new("s").tool(tool));
    let asked = caller.call("build", json!({})).await;
    assert_eq!(
        (&asked["resultType"], names(&asked)),
        (&json!("input_required"), vec!["sure".to_owned()])
    );
    let round = |answer: Value| {
        caller.send(
            "tools/call",
            json!({"name": "build", "arguments": {}, "requestState": asked["requestState"],
                "inputResponses": {"sure": answer}}),
        )
    };
    let no = round(json!({"action": "decline"})).await;
    assert_eq!(no["content"][0]["text"], "as you like", "no task for that");
    let task = round(accept(json!({}))).await;
    assert_eq!(task["resultType"], "task");
    let id = task["taskId"].as_str().unwrap();
    let task = caller.until(id, "input_required").await;
    assert_eq!(names(&task), ["age"], "the first answer is known");
    caller
        .update(id, json!({"age": accept(json!({"age": 7}))}))
        .await;
    assert_eq!(text(&caller.until(id, "completed").await), "7 years");
}

#[tokio::test(start_paused = true)]
async fn handlers_that_ask_by_hand_run_again_in_the_task() {
    let by_hand = |ctx: Context| async move {
        let given = ctx.input_responses();
        let round = ctx.request_state();
        let form = || RequestedSchema::new().required_field("x", StringSchema::new());
        let ask = |state: &str| {
            let questions =
                InputRequiredResult::new().ask("q", ElicitFormParams::new("x?", form()));
            Err::<String, _>(HandlerError::ask(questions.request_state(state)))
        };
        match (round.as_deref(), given.get("q")) {
            (None, _) => ask("1"),
            (Some("1"), Some(_)) => ask("2"),
            (Some("2"), Some(answer)) => Ok(answer.to_value()["content"]["x"].to_string()),
            other => panic!("{other:?}"),
        }
    };
    let tool = Tool::new("by_hand", by_hand).task(TaskMode::Optional);
    let caller = Caller::new(&Server::new("s").tool(tool));
    let id = caller.start("by_hand").await;
    for name in ["q", "q~2"] {
        let task = caller.until(&id, "input_required").await;
        assert_eq!(names(&task), [name]);
        caller
            .update(&id, json!({name: accept(json!({"x": name}))}))
            .await;
    }
    assert_eq!(text(&caller.until(&id, "completed").await), "\"q~2\"");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_cannot_ask_is_not_asked() {
    let capabilities = json!({"extensions": {"io.modelcontextprotocol/tasks": {}}});
    let caller = Caller::that_can(&Server::new("s").tool(asks(&Arc::default())), capabilities);
    let id = caller.start("ask").await;
    let task = caller.until(&id, "failed").await;
    assert_eq!(code(&task), -32021);
}
