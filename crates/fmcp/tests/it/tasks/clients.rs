//! What our own client makes of tasks, on both revisions that have them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fmcp::{
    Answer, CallOptions, CancellationToken, Client, ClientBuilder, ClientError, Context, Elicited,
    Revision, Server, TaskMode, Tasks, Tool, ToolError,
    model::{InputResponses, TaskStatus},
};
use futures_util::StreamExt as _;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use fmcp::schemars;

#[derive(Deserialize, JsonSchema)]
struct Age {
    age: u8,
}

const WITH_TASKS: [Revision; 2] = [Revision::V2025_11_25, Revision::V2026_07_28];

/// A server that can be slow, ask, fail, and wait for ever.
pub(super) fn server() -> Server {
    let slow = |ctx: Context| async move {
        ctx.progress(1, 2, "half done").await;
        tokio::time::sleep(Duration::from_secs(90)).await;
        42
    };
    let ask = |ctx: Context| async move {
        let first = ctx.elicit::<Age>("How old are you?").await?;
        let second = ctx.elicit::<Age>("And your cat?").await?;
        Ok::<_, ToolError>(match (first, second) {
            (Elicited::Accepted(a), Elicited::Accepted(b)) => format!("{} and {}", a.age, b.age),
            _ => "nobody knows".to_owned(),
        })
    };
    let fail = || async { Err::<String, _>(ToolError::new("not today")) };
    Server::new("s")
        .tasks(Tasks::new().poll_interval(Duration::from_millis(200)))
        .tool(Tool::new("slow", slow).task(TaskMode::Required))
        .tool(Tool::new("ask", ask).task(TaskMode::Optional))
        .tool(Tool::new("fail", fail).task(TaskMode::Required))
        .tool(Tool::new("never", std::future::pending::<()>).task(TaskMode::Required))
        .tool(Tool::new("plain", || async { "plain" }))
}

/// A client that answers with ever higher ages.
fn builder(server: &Server, revision: Revision) -> (ClientBuilder, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let builder = Client::builder(server)
        .revision(revision)
        .on_elicit(move |_| {
            let age = count.fetch_add(1, Ordering::SeqCst) + 1;
            async move { Answer::accept(json!({"age": age})) }
        });
    (builder, asked)
}

async fn client(server: &Server, revision: Revision) -> Client {
    builder(server, revision).0.connect().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_by_itself_for_what_the_server_takes_its_time_for() {
    for revision in WITH_TASKS {
        let client = client(&server(), revision).await;
        assert_eq!(
            client
                .call("slow", ())
                .await
                .unwrap()
                .parse::<u8>()
                .unwrap(),
            42,
            "{revision}"
        );
        let error = client.call("fail", ()).await.unwrap_err();
        assert!(
            matches!(&error, ClientError::Tool { message, .. } if message == "not today"),
            "{error}"
        );
        assert_eq!(client.call("plain", ()).await.unwrap().text(), "plain");
        // What it has listed, it need not find out.
        client.list_tools().await.unwrap();
        assert_eq!(
            client
                .call("slow", ())
                .await
                .unwrap()
                .parse::<u8>()
                .unwrap(),
            42
        );
    }
}

#[tokio::test(start_paused = true)]
async fn questions_are_answered_by_the_clients_handlers_each_once() {
    for revision in WITH_TASKS {
        let (builder, asked) = builder(&server(), revision);
        let client = builder.connect().await.unwrap();
        let task = client.start("ask", ()).await.unwrap();
        assert!(task.id().is_some(), "{revision}");
        assert_eq!(task.result().await.unwrap().text(), "1 and 2", "{revision}");
        assert_eq!(asked.load(Ordering::SeqCst), 2, "{revision}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_asked_what_somebody_was_asked_who_has_gone() {
    let server = server();
    let revision = Revision::V2025_11_25;
    let mute = Client::builder(&server).revision(revision);
    let mute = mute.on_elicit(|_| std::future::pending::<Answer>());
    let mute = mute.connect().await.unwrap();
    let task = mute.start("ask", ()).await.unwrap();
    let other = client(&server, revision).await;
    let same = other.task(task.id().unwrap());
    let first = tokio::spawn(async move { task.wait().await });
    tokio::time::sleep(Duration::from_secs(5)).await;
    let second = tokio::spawn(async move { same.result().await });
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!second.is_finished(), "it is asked once");
    first.abort();
    let result = tokio::time::timeout(Duration::from_secs(60), second).await;
    let result = result.expect("nobody is asked any more").unwrap();
    assert_eq!(result.unwrap().text(), "1 and 2");
}

#[tokio::test(start_paused = true)]
async fn a_handle_looks_after_its_task() {
    for revision in WITH_TASKS {
        let client = client(&server(), revision).await;
        let task = client.start("slow", ()).await.unwrap();
        assert_eq!(
            task.status().await.unwrap(),
            TaskStatus::Working,
            "{revision}"
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
        task.status().await.unwrap();
        assert_eq!(
            task.last().unwrap().status_message.as_deref(),
            Some("half done")
        );
        assert_eq!(task.wait().await.unwrap(), TaskStatus::Completed);
        assert_eq!(task.result().await.unwrap().parse::<u8>().unwrap(), 42);
    }
}

#[tokio::test(start_paused = true)]
async fn updates_tell_every_change_until_the_end() {
    for revision in WITH_TASKS {
        let client = client(&server(), revision).await;
        let task = client.start("slow", ()).await.unwrap();
        let updates: Vec<_> = task.updates().map(Result::unwrap).collect().await;
        let last = updates.last().unwrap();
        assert_eq!(last.status, TaskStatus::Completed, "{revision}");
        assert!((2..=3).contains(&updates.len()), "{revision}: {updates:?}");
        assert!(
            updates
                .iter()
                .any(|task| task.status_message.as_deref() == Some("half done"))
        );
        let task = client.start("ask", ()).await.unwrap();
        let updates: Vec<_> = task.updates().map(Result::unwrap).collect().await;
        assert_eq!(
            updates.last().unwrap().status,
            TaskStatus::Completed,
            "{revision}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_is_found_again_by_its_id() {
    for revision in WITH_TASKS {
        let server = server();
        let id = {
            let first = client(&server, revision).await;
            first
                .start("ask", ())
                .await
                .unwrap()
                .id()
                .unwrap()
                .to_owned()
        };
        let second = client(&server, revision).await;
        assert_eq!(
            second.task(id).result().await.unwrap().text(),
            "1 and 2",
            "{revision}"
        );
        let unknown = second.task("0").result().await.unwrap_err();
        assert!(unknown.to_string().contains("no such task"), "{unknown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_cancelled_has_no_result() {
    for revision in WITH_TASKS {
        let client = client(&server(), revision).await;
        let task = client.start("never", ()).await.unwrap();
        task.cancel().await.unwrap();
        assert_eq!(
            task.wait().await.unwrap(),
            TaskStatus::Cancelled,
            "{revision}"
        );
        let error = task.result().await.unwrap_err();
        assert!(
            matches!(error, ClientError::Cancelled { .. }),
            "{revision}: {error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_waited_for_any_more_ends_its_task() {
    let server = server();
    let client = client(&server, Revision::NEWEST).await;
    let stop = CancellationToken::new();
    let call = client.call_with("never", (), CallOptions::new().cancel(stop.clone()));
    let later = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        stop.cancel();
    };
    let (outcome, ()) = tokio::join!(call, later);
    assert!(matches!(outcome, Err(ClientError::Cancelled { .. })));
    let brief = CallOptions::new().timeout(Duration::from_secs(5));
    let outcome = client.call_with("never", (), brief).await;
    assert!(matches!(outcome, Err(ClientError::Timeout { .. })));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_here_can_answer_is_for_the_caller() {
    let server = server();
    let capabilities =
        json!({"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}});
    let client = Client::builder(&server)
        .capabilities(serde_json::from_value(capabilities).unwrap())
        .connect()
        .await
        .unwrap();
    let task = client.start("ask", ()).await.unwrap();
    for age in [7, 8] {
        let questions = task.wait().await.unwrap_err().into_questions().unwrap();
        let (name, _) = questions
            .input_requests
            .unwrap()
            .into_iter()
            .next()
            .unwrap();
        let answer = json!({"action": "accept", "content": {"age": age}});
        task.answer(InputResponses::from_iter([(name, answer)]))
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        task.status().await.unwrap();
    }
    assert_eq!(task.result().await.unwrap().text(), "7 and 8");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_tasks_says_so() {
    let server = server();
    let client = Client::builder(&server)
        .tasks(false)
        .connect()
        .await
        .unwrap();
    let refused = client.call("slow", ()).await.unwrap_err();
    assert!(refused.to_string().contains("takes tasks"), "{refused}");
    let task = client.start("plain", ()).await.unwrap();
    assert!(task.id().is_none());
    assert_eq!(task.result().await.unwrap().text(), "plain");
}

#[tokio::test(start_paused = true)]
async fn revisions_without_tasks_have_none() {
    for revision in [
        Revision::V2024_11_05,
        Revision::V2025_03_26,
        Revision::V2025_06_18,
    ] {
        let client = client(&server(), revision).await;
        let task = client.start("plain", ()).await.unwrap();
        assert!(task.id().is_none(), "{revision}");
        let refused = client.call("fail", ()).await.unwrap_err();
        assert!(
            refused.to_string().contains("takes tasks"),
            "{revision}: {refused}"
        );
    }
}
