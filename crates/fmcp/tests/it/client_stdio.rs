//! Links to our own server, as a real process.

use std::{
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use fmcp::{BoxFuture, Call, Endpoint, Kind, Method, Notice, Raw, Reply, Revision};
use fmcp_core::protocol::model::{Implementation, LogLevel, RootsCapability};
use fmcp_transport::client::{
    Greeting, Link,
    stdio::{self, Settings, Stderr},
};
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

use crate::stdio::program;

const LONG: Duration = Duration::from_secs(60);

/// Hears notices, and says where the roots are.
struct Ear(mpsc::Sender<String>);

impl Endpoint for Ear {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        Box::pin(async move {
            assert_eq!(*call.method(), Method::ListRoots);
            let roots = json!({"roots": [{"uri": "file:///here"}]});
            Ok(Reply::Raw(call.revision(), Raw::from(roots)))
        })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        // An error says that the test has heard enough.
        let _ = self.0.try_send(notice.topic().as_str().to_owned());
        Box::pin(std::future::ready(()))
    }
}

fn ear() -> (Arc<Ear>, mpsc::Receiver<String>) {
    let (sender, heard) = mpsc::channel(1_000);
    (Arc::new(Ear(sender)), heard)
}

async fn hears(heard: &mut mpsc::Receiver<String>, topic: &str) {
    let next = async { while heard.recv().await.unwrap() != topic {} };
    timeout(LONG, next).await.expect("it is never told");
}

struct Client {
    link: Arc<dyn Link>,
    greeting: Greeting,
    heard: mpsc::Receiver<String>,
}

async fn open(revision: Revision) -> Client {
    open_with(revision, Settings::new(program("stdio-under-test"))).await
}

async fn open_with(revision: Revision, settings: Settings) -> Client {
    let mut greeting = Greeting::new(Implementation::new("test", "1"));
    greeting.revision = Some(revision);
    greeting.log_level = Some(LogLevel::Debug);
    greeting.capabilities = greeting.capabilities.roots(RootsCapability::new());
    let (ear, heard) = ear();
    let opened = timeout(LONG, stdio::open(settings, &greeting, ear)).await;
    let link = opened.expect("it is never open").unwrap();
    assert_eq!(link.revision(), revision);
    Client {
        link,
        greeting,
        heard,
    }
}

impl Client {
    fn ask(&self, method: Method, mut params: Value) -> Call {
        let mut meta = json!(self.greeting.meta(self.link.revision()).unwrap());
        meta["progressToken"] = json!("token");
        params["_meta"] = meta;
        Call::of(method, &params).unwrap()
    }

    fn tool(&self, name: &str, arguments: &Value) -> Call {
        self.ask(
            Method::CallTool,
            json!({"name": name, "arguments": arguments}),
        )
    }

    async fn call(&self, call: Call) -> fmcp::Result<String> {
        let reply = timeout(LONG, self.link.call(call))
            .await
            .expect("no answer")?;
        let result = reply.into_tool()?;
        let text = result.content.first().and_then(|block| block.as_text());
        Ok(text.unwrap_or_default().to_owned())
    }
}

#[tokio::test]
async fn the_server_is_called_in_each_revision_and_ends_when_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for revision in Revision::ALL {
        let log = folder.path().join(revision.as_str());
        let mut settings = Settings::new(program("stdio-under-test"));
        settings.stderr = Stderr::File(log.clone());
        let mut client = open_with(revision, settings).await;
        // What it prints does not come between its messages.
        assert_eq!(
            client.call(client.tool("print", &json!({}))).await.unwrap(),
            "done"
        );
        let (own, mut told) = ear();
        let call = client.tool("tell", &json!({})).with_peer(own);
        assert_eq!(client.call(call).await.unwrap(), "done");
        assert_eq!(told.recv().await.unwrap(), "notifications/progress");
        hears(&mut client.heard, "notifications/message").await;
        timeout(LONG, client.link.close()).await.unwrap();
        let said = fs::read_to_string(&log).unwrap();
        assert!(said.ends_with("stopped\n"), "{said}");
    }
}

#[tokio::test]
async fn a_session_can_be_asked() {
    let client = open(Revision::NEWEST_LEGACY).await;
    let roots = client.call(client.tool("roots", &json!({}))).await.unwrap();
    assert!(roots.contains("file:///here"), "{roots}");
}

#[tokio::test]
async fn changes_are_heard_in_both_eras() {
    for revision in [Revision::NEWEST, Revision::NEWEST_LEGACY] {
        let client = open(revision).await;
        let (ear, mut heard) = ear();
        let filter = json!({"notifications": {"toolsListChanged": true}});
        let call = client.ask(Method::Listen, filter).with_peer(ear);
        let link = Arc::clone(&client.link);
        let listening = tokio::spawn(async move { link.call(call).await });
        hears(&mut heard, "notifications/subscriptions/acknowledged").await;
        client.call(client.tool("grow", &json!({}))).await.unwrap();
        hears(&mut heard, "notifications/tools/list_changed").await;
        client.link.close().await;
        // In order, or because the way is closed: it ends.
        let _ = timeout(LONG, listening).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_session_hides_a_tool_from_itself() {
    let mut client = open(Revision::NEWEST_LEGACY).await;
    let echo = json!({"text": "hello"});
    let said = client.call(client.tool("echo", &echo)).await.unwrap();
    assert_eq!(said, "hello");
    client.call(client.tool("hush", &json!({}))).await.unwrap();
    hears(&mut client.heard, "notifications/tools/list_changed").await;
    let refused = client.call(client.tool("echo", &echo)).await.unwrap_err();
    assert!(refused.message().contains("Unknown tool"), "{refused}");
    let modern = open(Revision::NEWEST).await;
    modern.call(modern.tool("hush", &json!({}))).await.unwrap();
    let said = modern.call(modern.tool("echo", &echo)).await.unwrap();
    assert_eq!(said, "hello", "there is no session to hide it from");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_at_once_get_their_own_answers() {
    for revision in [Revision::NEWEST, Revision::NEWEST_LEGACY] {
        let client = Arc::new(open(revision).await);
        let answered = Arc::new(Mutex::new(Vec::new()));
        let calls: Vec<_> = (0..1_000)
            .map(|n| {
                let (client, answered) = (Arc::clone(&client), Arc::clone(&answered));
                tokio::spawn(async move {
                    for part in 0..5 {
                        let text = format!("{n}/{part} {}", "x".repeat(n));
                        let call = client.tool("echo", &json!({"text": text}));
                        assert_eq!(client.call(call).await.unwrap(), text);
                        answered.lock().unwrap().push((n, part));
                    }
                })
            })
            .collect();
        for call in calls {
            call.await.unwrap();
        }
        let mut answered = std::mem::take(&mut *answered.lock().unwrap());
        answered.sort_unstable();
        answered.dedup();
        assert_eq!(answered.len(), 5_000);
    }
}

#[tokio::test]
async fn who_gives_up_is_not_worked_for() {
    for revision in [Revision::NEWEST, Revision::NEWEST_LEGACY] {
        let client = open(revision).await;
        // More than may run at once, one after the other.
        for _ in 0..300 {
            let (ear, _) = ear();
            let call = client.tool("hang", &json!({})).with_peer(ear);
            let begun = tokio::select! {
                biased;
                outcome = client.link.call(call) => panic!("{outcome:?}"),
                () = tokio::task::yield_now() => true,
            };
            assert!(begun);
        }
        let text = client.tool("echo", &json!({"text": "still here"}));
        assert_eq!(client.call(text).await.unwrap(), "still here");
        let slow = client.tool("slow", &json!({}));
        assert_eq!(client.call(slow).await.unwrap(), "done");
    }
}

#[tokio::test]
async fn a_call_of_a_closed_link_says_so() {
    let client = open(Revision::NEWEST).await;
    client.link.close().await;
    let error = client
        .call(client.tool("slow", &json!({})))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
}
