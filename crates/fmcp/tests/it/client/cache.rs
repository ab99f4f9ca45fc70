//! Answers that are kept for as long as the server says.

use std::{sync::Arc, time::Duration};

use fmcp::{
    BoxFuture, CacheScope, Call, CallOptions, Change, Client, ComponentKind, Endpoint, Error, Kind,
    Method, Notice, Reply, Revision, Server, Tool,
};
use tokio::sync::Notify;

use super::*;

/// A server before which somebody counts what is asked.
struct Counted {
    server: Server,
    asked: Seen<Method>,
    /// Ends the streams of changes that are open.
    cut: Arc<Notify>,
}

impl Endpoint for Counted {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        self.asked.lock().unwrap().push(call.method().clone());
        if *call.method() != Method::Listen {
            return self.server.call(call);
        }
        Box::pin(async move {
            tokio::select! {
                outcome = self.server.call(call) => outcome,
                () = self.cut.notified() => Err(Error::new(Kind::Unavailable, "cut")),
            }
        })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.server.notify(notice)
    }
}

const FRESH: Duration = Duration::from_secs(10);

async fn counted(revision: Revision, server: Server) -> (Client, Seen<Method>) {
    server.start().await.unwrap();
    let asked = Seen::default();
    let counted = Counted {
        server,
        asked: Arc::clone(&asked),
        cut: Arc::default(),
    };
    let client = Client::builder(Arc::new(counted) as Arc<dyn Endpoint>)
        .revision(revision)
        .on_list_changed(|_: ComponentKind| ())
        .connect()
        .await
        .unwrap();
    (client, asked)
}

fn kept() -> Server {
    server().cache(FRESH, CacheScope::Private)
}

/// How often the server is asked by `ask`.
async fn asked(seen: &Seen<Method>, ask: impl Future) -> usize {
    seen.lock().unwrap().clear();
    ask.await;
    seen.lock().unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn answers_are_kept_as_long_as_the_server_says() {
    let (client, seen) = counted(Revision::NEWEST, kept()).await;
    let list = || async { client.list_tools().await.unwrap().len() };
    let first = list().await;
    assert_eq!(
        asked(&seen, async { assert_eq!(list().await, first) }).await,
        0
    );
    assert_eq!(asked(&seen, client.read("text://a")).await, 1);
    assert_eq!(asked(&seen, client.read("text://a")).await, 0);
    assert_eq!(asked(&seen, client.read("json://a")).await, 1);
    assert_eq!(client.read("text://a").await.unwrap().text(), Some("plain"));
    let fresh = || CallOptions::new().fresh();
    assert_eq!(asked(&seen, client.read_with("text://a", fresh())).await, 1);
    assert_eq!(asked(&seen, client.list_tools_with(fresh())).await, 1);
    let meta = CallOptions::new().meta("tenant", json!("b"));
    assert_eq!(asked(&seen, client.read_with("text://a", meta)).await, 1);
    tokio::time::advance(FRESH).await;
    assert_eq!(asked(&seen, list()).await, 1);
    assert_eq!(
        asked(&seen, client.prompt("greet", json!({"name": "x"}))).await,
        1
    );
    assert_eq!(
        asked(&seen, client.prompt("greet", json!({"name": "x"}))).await,
        1
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_that_may_not_be() {
    let (client, seen) = counted(Revision::NEWEST, server()).await;
    client.list_tools().await.unwrap();
    assert_eq!(asked(&seen, client.list_tools()).await, 1);
    let (client, seen) = counted(Revision::NEWEST_LEGACY, kept()).await;
    client.list_tools().await.unwrap();
    assert_eq!(asked(&seen, client.list_tools()).await, 1);
    let client = Client::builder(kept())
        .cache(false)
        .connect()
        .await
        .unwrap();
    client.read("text://a").await.unwrap();
}

#[tokio::test]
async fn what_changes_is_asked_for_again() {
    let server = kept();
    let (client, seen) = counted(Revision::NEWEST, server.clone()).await;
    let before = client.list_tools().await.unwrap().len();
    client.list_prompts().await.unwrap();
    let (told, mut hears) = tokio::sync::mpsc::channel(1);
    let listening = Client::builder(&server)
        .on_list_changed(move |_| told.try_send(()).unwrap_or_default())
        .connect()
        .await
        .unwrap();
    server.add_tool(Tool::new("later", || async {})).unwrap();
    hears.recv().await;
    // Both hear of it by the same way; the one that counts may hear it a moment later.
    while client.list_tools().await.unwrap().len() == before {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        asked(&seen, client.list_prompts()).await,
        0,
        "prompts are as they were"
    );
    drop(listening);
}

#[tokio::test(start_paused = true)]
async fn what_is_known_of_a_tool_is_known_from_a_kept_list() {
    let (client, _) = counted(Revision::NEWEST, kept()).await;
    client.list_tools().await.unwrap();
    client.list_tools().await.unwrap();
    let wrapped = client.call("double", json!({"n": 4})).await.unwrap();
    assert_eq!(wrapped.parse::<serde_json::Value>().unwrap(), json!(8));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_over_a_time_of_which_nothing_was_heard() {
    let cut = Arc::new(Notify::new());
    let counted = Counted {
        server: kept(),
        asked: Seen::default(),
        cut: Arc::clone(&cut),
    };
    let seen = Arc::clone(&counted.asked);
    let endpoint = Arc::new(counted) as Arc<dyn Endpoint>;
    let client = Client::connect(endpoint).await.unwrap();
    // What it tells of is one resource, but what it does not tell of may have changed as well.
    let mut changes = client.subscribe("text://a").await.unwrap();
    client.list_tools().await.unwrap();
    client.list_prompts().await.unwrap();
    assert_eq!(asked(&seen, client.list_tools()).await, 0);
    cut.notify_waiters();
    assert_eq!(changes.next().await, Some(Change::Missed));
    assert_eq!(asked(&seen, client.list_tools()).await, 1);
    assert_eq!(asked(&seen, client.list_prompts()).await, 1);
}
