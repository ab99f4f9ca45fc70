//! How tasks end that are not left to themselves: cancelled, out of time, with their server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fmcp::{Server, TaskMode, Tasks, TasksInMemory, Tool};
use serde_json::json;

use super::{Caller, code};

/// Counts those that have been dropped.
#[derive(Clone, Default)]
struct Ended(Arc<AtomicUsize>);

struct Guard(Ended);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Ended {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// A tool that never ends by itself.
    fn tool(&self) -> Tool {
        let ended = self.clone();
        let wait = move || {
            let guard = Guard(ended.clone());
            async move {
                let _guard = guard;
                std::future::pending::<String>().await
            }
        };
        Tool::new("wait", wait).task(TaskMode::Optional)
    }
}

#[tokio::test(start_paused = true)]
async fn cancelling_reaches_the_handler() {
    let ended = Ended::default();
    let caller = Caller::new(&Server::new("s").tool(ended.tool()));
    let id = caller.start("wait").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(ended.count(), 0);
    let done = caller.send("tasks/cancel", json!({"taskId": id})).await;
    assert_eq!(done["resultType"], "complete");
    assert!(done.get("taskId").is_none());
    let task = caller.until(&id, "cancelled").await;
    assert!(task.get("result").is_none() && task.get("error").is_none());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(ended.count(), 1);
    let again = caller.send("tasks/cancel", json!({"taskId": id})).await;
    assert_eq!(again["resultType"], "complete", "it is only said once more");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_waits_for_its_turn_can_be_cancelled() {
    let ended = Ended::default();
    let tasks = Tasks::new().running(1);
    let caller = Caller::new(&Server::new("s").tasks(tasks).tool(ended.tool()));
    let first = caller.start("wait").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let second = caller.start("wait").await;
    caller.send("tasks/cancel", json!({"taskId": second})).await;
    caller.send("tasks/cancel", json!({"taskId": first})).await;
    let third = caller.start("wait").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(ended.count(), 1, "the second has never begun");
    assert_eq!(caller.get(&third).await["status"], "working");
}

#[tokio::test(start_paused = true)]
async fn a_task_whose_time_is_over_fails_and_is_forgotten() {
    let ended = Ended::default();
    let tasks = Tasks::new().ttl(Duration::from_secs(10));
    let caller = Caller::new(&Server::new("s").tasks(tasks).tool(ended.tool()));
    let id = caller.start("wait").await;
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(ended.count(), 1);
    let task = caller.get(&id).await;
    assert!(
        task["status"] == "failed" && task["error"]["code"].is_i64(),
        "{task}"
    );
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(code(&caller.get(&id).await), -32602);
}

#[tokio::test(start_paused = true)]
async fn a_result_is_kept_as_long_as_is_said() {
    let tasks = Tasks::new().retention(Duration::from_secs(30));
    let quick = Tool::new("quick", || async { "done" }).task(TaskMode::Optional);
    let caller = Caller::new(&Server::new("s").tasks(tasks).tool(quick));
    let id = caller.start("quick").await;
    let task = caller.until(&id, "completed").await;
    assert!(task["ttlMs"].as_u64().unwrap() <= 31_000, "{task}");
    tokio::time::sleep(Duration::from_secs(25)).await;
    assert_eq!(caller.get(&id).await["status"], "completed");
    tokio::time::sleep(Duration::from_secs(70)).await;
    assert_eq!(code(&caller.get(&id).await), -32602);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_lets_tasks_go_on_for_a_while_and_then_ends_them() {
    let ended = Ended::default();
    let done = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&done);
    let slow = Tool::new("slow", move || {
        let count = Arc::clone(&count);
        async move {
            tokio::time::sleep(Duration::from_secs(2)).await;
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let server = Server::new("s")
        .tool(ended.tool())
        .tool(slow.task(TaskMode::Optional));
    let caller = Caller::new(&server);
    caller.start("slow").await;
    caller.start("wait").await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    server.stop().await;
    assert_eq!((done.load(Ordering::SeqCst), ended.count()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_tasks_does_not_keep_the_server() {
    let ended = Ended::default();
    let quick = Tool::new("quick", || async { "done" }).task(TaskMode::Optional);
    let server = Server::new("s").state(Guard(ended.clone())).tool(quick);
    let caller = Caller::new(&server);
    caller
        .until(&caller.start("quick").await, "completed")
        .await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop((server, caller));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(ended.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_result_that_is_too_large_to_keep_is_a_failure_that_says_so() {
    let big = |size: usize| {
        let say = move || async move { "x".repeat(size) };
        Tool::new(format!("say_{size}"), say).task(TaskMode::Optional)
    };
    let tasks = Tasks::new().result_bytes(1_000);
    let server = Server::new("s")
        .tasks(tasks)
        .tool(big(500))
        .tool(big(2_000));
    let caller = Caller::new(&server);
    let small = caller.start("say_500").await;
    caller.until(&small, "completed").await;
    let large = caller.start("say_2000").await;
    let task = caller.until(&large, "failed").await;
    let words = task["error"]["message"].as_str().unwrap();
    assert!(words.contains("of which a task may keep 1000"), "{words}");
    assert!(task.get("result").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_result_that_there_is_no_room_for_is_a_failure_that_says_so() {
    let big = || async { "x".repeat(50_000) };
    let queue = TasksInMemory::new().bytes(100_000);
    let server = Server::new("s")
        .tasks(Tasks::new().queue(queue))
        .tool(Tool::new("big", big).task(TaskMode::Optional));
    let caller = Caller::new(&server);
    let first = caller.start("big").await;
    caller.until(&first, "completed").await;
    let second = caller.start("big").await;
    let task = caller.until(&second, "failed").await;
    let words = task["error"]["message"].as_str().unwrap();
    assert!(words.contains("no room to keep its result"), "{words}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_too_large_to_keep_becomes_no_task() {
    let tool = Tool::new("say", || async { "done" }).task(TaskMode::Optional);
    let server = Server::new("s")
        .tasks(Tasks::new().order_bytes(2_000))
        .tool(tool);
    let caller = Caller::new(&server);
    let large = caller.call("say", json!({"x": "x".repeat(3_000)})).await;
    assert_eq!(code(&large), -32602);
    let words = large["error"]["message"].as_str().unwrap();
    assert!(words.contains("of which a task may keep 2000"), "{words}");
    let small = caller.call("say", json!({"x": "x".repeat(100)})).await;
    assert_eq!(small["resultType"], "task", "{small}");
}
