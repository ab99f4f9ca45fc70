//! Who is told of a task without asking.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use fmcp::{
    BoxFuture, Call, Client, Context, Endpoint, IntoTarget, Line, Method, Notice, Reply, Revision,
    Server, TaskMode, Tasks, Tool, Topic, model::TaskStatus,
};
use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::time::sleep;

use crate::carried::{Carried, Over};

/// How often clients are told to ask: never, in these tests.
const SELDOM: Duration = Duration::from_secs(250);

fn server() -> Server {
    paced(Duration::from_secs(2))
}

/// One whose steps take so long.
fn paced(step: Duration) -> Server {
    let steps = move |ctx: Context| async move {
        for n in 1..=3 {
            ctx.progress(n, 3, format!("step {n}")).await;
            sleep(step).await;
        }
        "done"
    };
    let burst = |ctx: Context| async move {
        for n in 0..1_000_u32 {
            ctx.progress(n, 1_000, "on").await;
            tokio::task::yield_now().await;
        }
        "done"
    };
    Server::new("s")
        .tasks(Tasks::new().poll_interval(SELDOM))
        .tool(Tool::new("steps", steps).task(TaskMode::Optional))
        .tool(Tool::new("burst", burst).task(TaskMode::Optional))
}

/// What a client has been told of tasks: their ids, how far they are, and in which words.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Value>>>);

impl Told {
    fn hear(&self, notice: &Notice) {
        if let Notice::Other(topic, params) = notice
            && topic.as_str() == "notifications/tasks/status"
        {
            self.0.lock().unwrap().push(params.parse().unwrap());
        }
    }

    fn words(&self) -> Vec<String> {
        let told = self.0.lock().unwrap();
        let words = told.iter().map(|task| match task["status"].as_str() {
            Some("working") => task["statusMessage"].as_str().unwrap_or("-").to_owned(),
            status => status.unwrap_or("none").to_owned(),
        });
        words.collect()
    }

    async fn until_completed(&self) {
        for _ in 0..2_000 {
            if self.words().last().is_some_and(|last| last == "completed") {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("never told of the end: {:?}", self.words());
    }
}

async fn client(target: impl IntoTarget, revision: Revision) -> (Client, Told) {
    let told = Told::default();
    let hears = told.clone();
    let client = Client::builder(target)
        .revision(revision)
        .on_notice(move |notice| hears.hear(&notice));
    (client.connect().await.unwrap(), told)
}

#[tokio::test(start_paused = true)]
async fn a_session_hears_of_its_own_tasks_and_of_no_others() {
    let server = server();
    let (mine, told) = client(&server, Revision::V2025_11_25).await;
    let (_other, others) = client(&server, Revision::V2025_11_25).await;
    let (modern, news) = client(&server, Revision::NEWEST).await;
    let task = mine.start("steps", ()).await.unwrap();
    modern.start("steps", ()).await.unwrap();
    told.until_completed().await;
    let words = told.words();
    assert_eq!(words, ["step 1", "step 2", "step 3", "completed"]);
    let ids = told.0.lock().unwrap().clone();
    assert!(ids.iter().all(|told| told["taskId"] == *task.id().unwrap()));
    assert_eq!(others.words().len() + news.words().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_comes_faster_than_it_is_told_is_told_once() {
    let server = server();
    let slow = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&slow);
    let client = Client::builder(&server)
        .revision(Revision::V2025_11_25)
        .on_notice(move |notice| {
            let heard = Arc::clone(&heard);
            async move {
                if let Notice::Other(_, params) = notice {
                    heard.lock().unwrap().push(params.parse::<Value>().unwrap());
                    sleep(Duration::from_secs(3)).await;
                }
            }
        });
    let client = client.connect().await.unwrap();
    let task = client.start("burst", ()).await.unwrap();
    assert_eq!(task.result().await.unwrap().text(), "done");
    let heard = slow.lock().unwrap().len();
    assert!((1..10).contains(&heard), "{heard}");
}

#[tokio::test]
async fn over_every_transport_it_is_told_where_nothing_belongs_to_a_call() {
    for over in [Over::Memory, Over::Unix, Over::Http, Over::WebSocket] {
        let carried = Carried::new(&paced(Duration::from_millis(300)), over).await;
        let (client, told) = client(carried.target.clone(), Revision::V2025_11_25).await;
        client.start("steps", ()).await.unwrap();
        told.until_completed().await;
        // Steps that come fast are told as one.
        let words = told.words();
        let mut steps = words.iter().filter(|words| words.starts_with("step"));
        assert!(steps.next().is_some(), "{over}: {words:?}");
        client.close().await;
        carried.end().await;
    }
}

/// Counts how often it is asked how far a task is.
struct Asked(Server, Arc<AtomicUsize>);

impl Endpoint for Asked {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        if *call.method() == Method::GetTask {
            self.1.fetch_add(1, SeqCst);
        }
        self.0.call(call)
    }

    fn connect(&self, line: Arc<dyn Line>) -> Option<Arc<dyn Endpoint>> {
        self.0.connect(line)
    }
}

#[tokio::test(start_paused = true)]
async fn updates_come_from_what_is_told_and_not_from_asking() {
    for revision in [Revision::V2025_11_25, Revision::NEWEST] {
        let asked = Arc::new(AtomicUsize::new(0));
        let endpoint = Arc::new(Asked(server(), Arc::clone(&asked))) as Arc<dyn Endpoint>;
        let (client, _) = client(endpoint, revision).await;
        let begun = tokio::time::Instant::now();
        let task = client.start("steps", ()).await.unwrap();
        let updates: Vec<_> = task.updates().map(Result::unwrap).collect().await;
        let words: Vec<_> = updates
            .iter()
            .filter_map(|task| task.status_message.as_deref())
            .collect();
        for step in ["step 1", "step 2", "step 3"] {
            assert!(words.contains(&step), "{revision}: {words:?}");
        }
        let last = updates.last().unwrap();
        assert_eq!(last.status, TaskStatus::Completed, "{revision}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{revision}");
        assert_eq!(task.result().await.unwrap().text(), "done");
        assert_eq!(asked.load(SeqCst), 1, "{revision}: at the beginning");
    }
}

/// Tells nobody of anything.
struct Mute(Server);

impl Endpoint for Mute {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        if *call.method() == Method::Listen {
            let error = fmcp::Error::new(fmcp::Kind::MethodNotFound, "not here");
            return Box::pin(async { Err(error) });
        }
        self.0.call(call)
    }
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_told_updates_come_as_often_as_the_server_wishes_to_be_asked() {
    for revision in [Revision::V2025_11_25, Revision::NEWEST] {
        let server = server().tasks(Tasks::new().poll_interval(Duration::from_millis(500)));
        let endpoint = Arc::new(Mute(server)) as Arc<dyn Endpoint>;
        let (client, told) = client(endpoint, revision).await;
        let task = client.start("steps", ()).await.unwrap();
        let updates: Vec<_> = task.updates().map(Result::unwrap).collect().await;
        assert!(updates.len() >= 4, "{revision}: {updates:?}");
        let last = updates.last().unwrap();
        assert_eq!(last.status, TaskStatus::Completed, "{revision}");
        assert_eq!(told.words().len(), 0);
    }
}

/// Agrees to tell, and has nothing to tell any more.
struct Silent(Arc<dyn Endpoint>);

impl Endpoint for Silent {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        self.0.call(call)
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        match notice {
            Notice::Other(Topic::TaskStatus | Topic::TaskChanged, _) => Box::pin(async {}),
            notice => self.0.notify(notice),
        }
    }
}

/// Lets a task end while it agrees to tell of it, and does not say how it is at first.
struct Late(Server, Arc<tokio::sync::Notify>);

impl Endpoint for Late {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        if *call.method() != Method::Listen {
            return self.0.call(call);
        }
        Box::pin(async move {
            self.1.notify_one();
            sleep(Duration::from_secs(1)).await;
            let peer = Arc::clone(call.peer().unwrap());
            self.0.call(call.with_peer(Arc::new(Silent(peer)))).await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ends_while_its_stream_is_opened_is_not_waited_for() {
    let end = Arc::new(tokio::sync::Notify::new());
    let may_end = Arc::clone(&end);
    let tool = Tool::new("until", move || {
        let may_end = Arc::clone(&may_end);
        async move {
            may_end.notified().await;
            "done"
        }
    });
    let server = Server::new("s")
        .tasks(Tasks::new().poll_interval(SELDOM))
        .tool(tool.task(TaskMode::Optional));
    let endpoint = Arc::new(Late(server, end)) as Arc<dyn Endpoint>;
    let (client, _) = client(endpoint, Revision::NEWEST).await;
    let begun = tokio::time::Instant::now();
    let task = client.start("until", ()).await.unwrap();
    let updates: Vec<_> = task.updates().map(Result::unwrap).collect().await;
    assert_eq!(updates.last().unwrap().status, TaskStatus::Completed);
    assert!(begun.elapsed() < Duration::from_secs(10), "{updates:?}");
}
