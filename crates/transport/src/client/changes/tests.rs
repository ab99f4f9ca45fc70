//! What those who listen hear, and what the server is asked for it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use fmcp_core::{
    BoxFuture, Call, ComponentKind, Endpoint, Error, Kind, Notice, Reply, Result,
    protocol::{
        Method,
        model::{EmptyResult, ResourcesCapability, ServerCapabilities, ToolsCapability},
    },
};
use serde_json::json;
use tokio::{
    sync::mpsc,
    task::{JoinHandle, yield_now},
    time::timeout,
};

use super::Changes;

/// A server that writes down what it is asked, and refuses what is called so.
#[derive(Default)]
struct Server(Mutex<Vec<String>>);

impl Server {
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Endpoint for Server {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            let uri = call.name().unwrap_or_default().into_owned();
            let method = call.method().as_str().trim_start_matches("resources/");
            self.0.lock().unwrap().push(format!("{method} {uri}"));
            match uri.as_str() {
                "a://refused" => Err(Error::not_found("no")),
                "a://silent" => std::future::pending().await,
                _ => Ok(EmptyResult::new().into()),
            }
        })
    }
}

/// A peer that hands on what it is told.
struct Peer(mpsc::Sender<String>);

impl Endpoint for Peer {
    fn call(&self, _: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async { Err(Error::internal("nobody asks it")) })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let words = match notice {
                Notice::ListChanged(kind) => format!("{kind:?}"),
                Notice::ResourceUpdated(uri) => uri.into(),
                Notice::Other(_, params) => {
                    String::from_utf8(params.raw().unwrap().to_vec()).unwrap()
                }
                other => panic!("{other:?}"),
            };
            self.0.send(words).await.unwrap();
        })
    }
}

/// A link with somebody to keep the server informed.
struct Link {
    changes: Arc<Changes>,
    server: Arc<Server>,
    keeper: JoinHandle<()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

struct Listener {
    heard: mpsc::Receiver<String>,
    task: JoinHandle<Result<Reply>>,
}

impl Link {
    fn new() -> Self {
        let (changes, server) = (Arc::new(Changes::default()), Arc::new(Server::default()));
        let keeper = {
            let (changes, server) = (Arc::clone(&changes), Arc::clone(&server));
            tokio::spawn(async move { changes.keep(&*server).await })
        };
        Self {
            changes,
            server,
            keeper,
        }
    }

    /// One who listens to the tools and these resources, and has been told so.
    async fn listener(&self, uris: &[&str], agreed: &str) -> Listener {
        let (sender, heard) = mpsc::channel(64);
        let filter = json!({"notifications": {"toolsListChanged": true, "promptsListChanged": true,
            "resourceSubscriptions": uris}});
        let call = Call::of(Method::Listen, &filter).unwrap();
        let call = call.with_id("7".into()).with_peer(Arc::new(Peer(sender)));
        let changes = Arc::clone(&self.changes);
        let task = tokio::spawn(async move {
            let capabilities = ServerCapabilities::new()
                .tools(ToolsCapability::new().list_changed(true))
                .resources(ResourcesCapability::new().subscribe(true));
            changes.listen(call, &capabilities).await
        });
        let mut listener = Listener { heard, task };
        let words = listener.next().await;
        let expect = format!(
            r#"{{"_meta":{{"io.modelcontextprotocol/subscriptionId":7}},"notifications":{{"toolsListChanged":true,"resourceSubscriptions":{agreed}}}}}"#
        );
        assert_eq!(words, expect);
        listener
    }

    async fn settle(&self) -> Vec<String> {
        for _ in 0..20 {
            yield_now().await;
        }
        self.server.asked()
    }
}

impl Listener {
    async fn next(&mut self) -> String {
        let next = timeout(Duration::from_secs(600), self.heard.recv()).await;
        next.expect("nothing is told").unwrap()
    }

    async fn leave(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

fn updated(uri: &str) -> Notice {
    Notice::ResourceUpdated(uri.into())
}

#[tokio::test(start_paused = true)]
async fn the_server_hears_of_the_first_who_follows_and_the_last_who_leaves() {
    let link = Link::new();
    let first = link.listener(&["a://1"], r#"["a://1"]"#).await;
    let second = link.listener(&["a://1"], r#"["a://1"]"#).await;
    assert_eq!(link.settle().await, ["subscribe a://1"]);
    first.leave().await;
    assert_eq!(link.settle().await, Vec::<String>::new());
    second.leave().await;
    assert_eq!(link.settle().await, ["unsubscribe a://1"]);
    link.listener(&["a://1"], r#"["a://1"]"#).await;
    assert_eq!(link.settle().await[0], "subscribe a://1");
}

#[tokio::test(start_paused = true)]
async fn what_the_server_refuses_or_does_not_answer_is_not_agreed_on() {
    let link = Link::new();
    let uris = ["a://1", "a://refused", "a://silent"];
    let listener = link.listener(&uris, r#"["a://1"]"#).await;
    assert!(link.changes.tell(&updated("a://1")));
    listener.leave().await;
    // Nothing is asked about what was never followed.
    let asked = link.settle().await;
    assert!(
        !asked.contains(&"unsubscribe a://refused".to_owned()),
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn everybody_hears_what_they_want_once_and_nobody_else() {
    let link = Link::new();
    let mut one = link.listener(&["a://1"], r#"["a://1"]"#).await;
    let mut all = link
        .listener(&["a://1", "a://2/"], r#"["a://1","a://2/"]"#)
        .await;
    for _ in 0..100 {
        // Nobody has a chance to hear between them.
        assert!(link.changes.tell(&updated("a://2/part/of/it")));
        assert!(link.changes.tell(&updated("a://1#part")));
    }
    assert!(link.changes.tell(&Notice::ListChanged(ComponentKind::Tool)));
    assert!(!link.changes.tell(&updated("a://10")));
    assert!(
        !link
            .changes
            .tell(&Notice::ListChanged(ComponentKind::Resource))
    );
    assert!(!link.changes.tell(&Notice::Initialized));
    assert_eq!(one.next().await, "a://1");
    assert_eq!(one.next().await, "Tool");
    for expect in ["a://2/", "a://1", "Tool"] {
        assert_eq!(all.next().await, expect);
    }
    link.settle().await;
    assert!(one.heard.try_recv().is_err() && all.heard.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_new_session_is_told_what_is_followed_and_listeners_that_they_may_have_missed_something()
{
    let link = Link::new();
    let mut listener = link.listener(&["a://1"], r#"["a://1"]"#).await;
    link.settle().await;
    link.changes.reopened();
    assert_eq!(link.settle().await, ["subscribe a://1"]);
    assert_eq!(listener.next().await, "Tool");
    assert_eq!(listener.next().await, "a://1");
}

#[tokio::test(start_paused = true)]
async fn a_closed_link_tells_nothing_any_more() {
    let link = Link::new();
    let listener = link.listener(&[], "[]").await;
    link.changes.close();
    let error = listener.task.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    let call = Call::of(Method::Listen, &json!({"notifications": {}})).unwrap();
    let call = call.with_peer(Arc::new(Peer(mpsc::channel(1).0)));
    let again = link.changes.listen(call, &ServerCapabilities::new()).await;
    assert_eq!(again.unwrap_err().kind(), Kind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn how_much_is_followed_is_bounded() {
    let link = Link::new();
    let listen = async |uris: Vec<String>| {
        let filter = json!({"notifications": {"resourceSubscriptions": uris}});
        let call = Call::of(Method::Listen, &filter).unwrap();
        let call = call.with_peer(Arc::new(Peer(mpsc::channel(1).0)));
        let can = ResourcesCapability::new().subscribe(true);
        let can = ServerCapabilities::new().resources(can);
        link.changes.listen(call, &can).await.unwrap_err().kind()
    };
    let many = (0..=1_000).map(|n| n.to_string()).collect();
    assert_eq!(listen(many).await, Kind::InvalidParams);
    let long = vec!["x".repeat(5_000)];
    assert_eq!(listen(long).await, Kind::InvalidParams);
}
