use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use fmcp::{
    Answer, BoxFuture, Call, Client, ClientError, Context, Elicited, Endpoint, Exchange,
    IntoTarget as _, Kind, Method, Principal, Proxy, Reply, Revision, Server, TaskMode, Tasks,
    Tool, ToolError,
    model::TaskStatus,
    schemars::{self, JsonSchema},
    testing,
};
use futures_util::{StreamExt as _, future::try_join_all};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{sync::Notify, time::sleep};

use super::tool;
use crate::raw_http::Running;

const WITH_TASKS: [Revision; 2] = [Revision::V2025_11_25, Revision::V2026_07_28];

#[derive(Deserialize, JsonSchema)]
struct Age {
    age: u8,
}

/// Says that it was dropped before its end.
struct Guard(Arc<Notify>, bool);

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.1 {
            self.0.notify_one();
        }
    }
}

/// A server whose tools run as tasks.
fn far(ended: &Arc<Notify>) -> Server {
    let slow = |ctx: Context| async move {
        ctx.progress(1, 2, "half done").await;
        sleep(Duration::from_secs(30)).await;
        if ctx.task_id().is_some() {
            "a task"
        } else {
            "a call"
        }
    };
    let quick = |ctx: Context| async move {
        sleep(Duration::from_millis(300)).await;
        ctx.task_id().is_some()
    };
    let ask = |ctx: Context| async move {
        let first = ctx.elicit::<Age>("How old are you?").await?;
        let second = ctx.elicit::<Age>("And your cat?").await?;
        Ok::<_, ToolError>(match (first, second) {
            (Elicited::Accepted(a), Elicited::Accepted(b)) => format!("{} and {}", a.age, b.age),
            _ => "nobody knows".to_owned(),
        })
    };
    let ended = Arc::clone(ended);
    let never = move || {
        let guard = Guard(Arc::clone(&ended), false);
        async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        }
    };
    Server::new("far")
        .tasks(Tasks::new().poll_interval(Duration::from_millis(200)))
        .tool(Tool::new("slow", slow).task(TaskMode::Required))
        .tool(Tool::new("quick", quick).task(TaskMode::Required))
        .tool(Tool::new("ask", ask).task(TaskMode::Optional))
        .tool(Tool::new("never", never).task(TaskMode::Optional))
        .tool(
            Tool::new("fail", || async {
                Err::<(), _>(ToolError::new("not today"))
            })
            .task(TaskMode::Optional),
        )
        .tool(tool("plain", "at once"))
}

async fn proxied(far: &Server, revision: Revision) -> Server {
    let target = far.into_target().revision(revision);
    Proxy::builder(target)
        .name("far")
        .connect()
        .await
        .unwrap()
        .into()
}

async fn client(server: &Server, revision: Revision) -> Client {
    aged(server, revision, 0).await
}

/// A client that answers with ever higher ages.
async fn aged(server: &Server, revision: Revision, age: usize) -> Client {
    let count = AtomicUsize::new(age);
    Client::builder(server)
        .revision(revision)
        .on_elicit(move |_| {
            let age = count.fetch_add(1, SeqCst) + 1;
            async move { Answer::accept(json!({"age": age})) }
        })
        .connect()
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn tasks_go_through_between_both_eras() {
    for inner in WITH_TASKS {
        let far = far(&Arc::default());
        let app = Server::new("app");
        app.mount("up", proxied(&far, inner).await).unwrap();
        app.mount("other", proxied(&far, inner).await).unwrap();
        for outer in WITH_TASKS {
            let client = client(&app, outer).await;
            let task = client.start("up_slow", ()).await.unwrap();
            let other = client.start("other_ask", ()).await.unwrap();
            assert!(task.id().is_some(), "{outer} {inner}");
            let words: Vec<_> = task
                .updates()
                .filter_map(async |task| task.unwrap().status_message)
                .collect()
                .await;
            assert!(words.iter().any(|words| words == "half done"), "{words:?}");
            assert_eq!(task.result().await.unwrap().text(), "a task");
            assert_eq!(other.result().await.unwrap().text(), "1 and 2");
            // The plain call waits for it, and what is no task stays none.
            assert_eq!(client.call("up_ask", ()).await.unwrap().text(), "3 and 4");
            let plain = client.start("up_plain", ()).await.unwrap();
            assert_eq!(plain.result().await.unwrap().text(), "at once");
            let failed = client.start("up_fail", ()).await.unwrap();
            match failed.result().await {
                Err(ClientError::Tool { message, .. }) => assert_eq!(message, "not today"),
                other => panic!("{other:?}"),
            }
            client.close().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_caller_is_asked_for_its_own_task_on_a_link_that_all_share() {
    for inner in WITH_TASKS {
        let server = proxied(&far(&Arc::default()), inner).await;
        for outer in WITH_TASKS {
            let (one, two) = (
                aged(&server, outer, 0).await,
                aged(&server, outer, 50).await,
            );
            let begun = [one.start("ask", ()), two.start("ask", ())];
            let [first, second] = try_join_all(begun).await.unwrap().try_into().unwrap();
            let (first, second) = tokio::join!(first.result(), second.result());
            assert_eq!(first.unwrap().text(), "1 and 2", "{outer} {inner}");
            assert_eq!(second.unwrap().text(), "51 and 52", "{outer} {inner}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_ends_a_task_ends_the_upstreams() {
    for inner in WITH_TASKS {
        for outer in WITH_TASKS {
            let ended = Arc::new(Notify::new());
            let far = far(&ended);
            let server = proxied(&far, inner).await;
            let client = client(&server, outer).await;
            let task = client.start("never", ()).await.unwrap();
            sleep(Duration::from_secs(2)).await;
            assert_eq!(task.status().await.unwrap(), TaskStatus::Working);
            task.cancel().await.unwrap();
            ended.notified().await;
            assert_eq!(task.status().await.unwrap(), TaskStatus::Cancelled);
        }
    }
}

/// Remembers the ids of the tasks that it has been asked about, and can make them fail.
struct Watched {
    server: Server,
    ids: Mutex<Vec<String>>,
    is_down: AtomicBool,
}

impl Endpoint for Watched {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        if let Some(id) = call.params().task_id() {
            self.ids.lock().unwrap().push(id.into_owned());
        }
        if self.is_down.load(SeqCst) && *call.method() == Method::GetTask {
            let error = fmcp::Error::new(Kind::Unavailable, "asleep");
            return Box::pin(async { Err(error) });
        }
        self.server.call(call)
    }
}

async fn watched(revision: Revision) -> (Arc<Watched>, Server) {
    let watched = Arc::new(Watched {
        server: far(&Arc::default()),
        ids: Mutex::default(),
        is_down: AtomicBool::new(false),
    });
    let target = (Arc::clone(&watched) as Arc<dyn Endpoint>).into_target();
    let proxy = Proxy::builder(target.revision(revision)).name("far");
    (watched, proxy.connect().await.unwrap().into())
}

/// Somebody whose name is known asks, in the newest revision.
async fn ask(server: &Server, who: &str, method: &str, mut params: Value) -> Value {
    server.start().await.unwrap();
    let exchange = Exchange::new(server.clone()).principal(Arc::new(Principal::new(who)));
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        json!({"extensions": {"io.modelcontextprotocol/tasks": {}}});
    let message = testing::modern(method, params).to_string();
    let answer = exchange.answer(message.into()).await.unwrap();
    serde_json::from_slice(&answer).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_id_of_an_upstream_is_worth_nothing_and_one_of_another_caller_is_unknown() {
    for inner in WITH_TASKS {
        let (watched, server) = watched(inner).await;
        let begun = ask(&server, "ada", "tools/call", json!({"name": "slow"})).await;
        let id = begun["result"]["taskId"].as_str().unwrap().to_owned();
        sleep(Duration::from_secs(2)).await;
        let theirs = watched.ids.lock().unwrap().first().unwrap().clone();
        assert_ne!(theirs, id);
        for (who, id) in [("eve", &id), ("eve", &theirs), ("ada", &theirs)] {
            for method in ["tasks/get", "tasks/cancel", "tasks/update"] {
                let params = json!({"taskId": id, "inputResponses": {}});
                let answer = ask(&server, who, method, params).await;
                assert_eq!(answer["error"]["code"], -32602, "{method} {answer}");
            }
        }
        sleep(Duration::from_secs(60)).await;
        let done = ask(&server, "ada", "tasks/get", json!({"taskId": id})).await;
        assert_eq!(done["result"]["result"]["content"][0]["text"], "a task");
        assert!(!done.to_string().contains(&theirs), "{done}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_is_away_for_a_while_or_for_good() {
    for inner in WITH_TASKS {
        let (watched, server) = watched(inner).await;
        let client = client(&server, Revision::NEWEST).await;
        let task = client.start("slow", ()).await.unwrap();
        sleep(Duration::from_secs(2)).await;
        watched.is_down.store(true, SeqCst);
        sleep(Duration::from_secs(3)).await;
        watched.is_down.store(false, SeqCst);
        assert_eq!(task.result().await.unwrap().text(), "a task");

        let task = client.start("slow", ()).await.unwrap();
        sleep(Duration::from_secs(2)).await;
        watched.is_down.store(true, SeqCst);
        let error = task.result().await.unwrap_err();
        let words = "the upstream \"far\" cannot be reached";
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_takes_no_tasks_waits_or_reads_why_not() {
    for inner in WITH_TASKS {
        let server = proxied(&far(&Arc::default()), inner).await;
        for outer in Revision::ALL {
            let client = Client::builder(&server)
                .revision(outer)
                .tasks(false)
                .on_elicit(async |_| Answer::accept(json!({"age": 7})));
            let client = client.connect().await.unwrap();
            assert_eq!(client.call("plain", ()).await.unwrap().text(), "at once");
            let waited = client.call("slow", ()).await;
            if outer == Revision::V2025_11_25 {
                continue;
            }
            let error = waited.unwrap_err();
            assert!(
                error.to_string().contains("task"),
                "{outer} {inner}: {error}"
            );
        }
    }
}

#[tokio::test]
async fn many_upstreams_of_a_configuration_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mcp.json");
    let (one, two) = (
        Running::new(far(&Arc::default()), |http| http).await,
        Running::new(far(&Arc::default()), |http| http).await,
    );
    let url = |running: &Running| format!("http://{}/mcp", running.address);
    let config = json!({"mcpServers": {"one": {"url": url(&one)}, "two": {"url": url(&two)}}});
    std::fs::write(&file, config.to_string()).unwrap();
    let app = Server::new("app").tasks(Tasks::new().poll_interval(Duration::from_millis(50)));
    app.mount_config(&file).await.unwrap();
    app.start().await.unwrap();
    for outer in WITH_TASKS {
        let client = client(&app, outer).await;
        let mut tasks = Vec::new();
        for tool in ["one_quick", "two_quick", "one_ask", "two_quick"] {
            tasks.push(client.start(tool, ()).await.unwrap());
        }
        let ids: HashSet<_> = tasks.iter().map(|task| task.id().unwrap()).collect();
        assert_eq!(ids.len(), tasks.len());
        for (task, says) in tasks.iter().zip(["true", "true", "1 and 2", "true"]) {
            assert_eq!(task.result().await.unwrap().text(), says, "{outer}");
        }
        client.close().await;
    }
    app.stop().await;
    one.ended().await;
    two.ended().await;
}
