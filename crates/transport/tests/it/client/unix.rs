//! Servers behind sockets in the file system.

use std::{path::PathBuf, sync::Arc, time::Duration};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Kind, Reply, Result,
    protocol::{
        Method, Revision,
        model::{CallToolResult, DiscoverResult, EmptyResult, Implementation, ServerCapabilities},
    },
};
use fmcp_transport::{
    client::{
        Greeting, Link,
        unix::{self, Settings},
    },
    drain::Drain,
    socket::{self, Unix},
};
use serde_json::json;
use tokio::{io::AsyncReadExt as _, net::UnixListener, task::JoinHandle, time::timeout};

const LONG: Duration = Duration::from_secs(20);

/// A server whose tools answer with their names, and which is its clients' peer, too.
struct Echo;

impl Endpoint for Echo {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            Ok(match call.method() {
                Method::Discover => {
                    let names = Revision::ALL.map(|revision| revision.as_str().to_owned());
                    DiscoverResult::new(names, ServerCapabilities::new()).into()
                }
                Method::CallTool => CallToolResult::text(call.name().unwrap_or_default()).into(),
                _ => EmptyResult::new().into(),
            })
        })
    }
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    (folder, path)
}

async fn serve(path: &PathBuf) -> (Drain, JoinHandle<()>) {
    let (listener, drain) = (Unix::bind(path, 0o600).await.unwrap(), Drain::new());
    let stop = drain.clone();
    let settings = socket::Settings::default();
    let served =
        async move { socket::serve(listener, Arc::new(Echo), settings, stop.begun()).await };
    (drain, tokio::spawn(served))
}

fn greeting() -> Greeting {
    Greeting::new(Implementation::new("test", "1"))
}

async fn open(path: &PathBuf, pinned: Option<Revision>) -> Result<Arc<dyn Link>> {
    let mut greeting = greeting();
    greeting.revision = pinned;
    let opened = timeout(
        LONG,
        unix::open(Settings::new(path), &greeting, Arc::new(Echo)),
    );
    opened.await.expect("it is never open")
}

async fn call(link: &Arc<dyn Link>, tool: &str) -> Result<String> {
    let meta = greeting().meta(link.revision())?;
    let call = Call::of(Method::CallTool, &json!({"name": tool, "_meta": meta}))?;
    let reply = timeout(LONG, link.call(call)).await.expect("no answer")?;
    let result = reply.into_tool()?;
    Ok(result.content[0].as_text().unwrap().to_owned())
}

#[tokio::test]
async fn a_server_is_called_in_each_revision() {
    let (_folder, path) = place();
    let (_drain, served) = serve(&path).await;
    for revision in Revision::ALL {
        let link = open(&path, Some(revision)).await.unwrap();
        assert_eq!(link.revision(), revision);
        assert_eq!(call(&link, "one").await.unwrap(), "one");
        link.close().await;
    }
    let link = open(&path, None).await.unwrap();
    assert_eq!(link.revision(), Revision::NEWEST);
    served.abort();
}

#[tokio::test]
async fn a_server_that_is_replaced_is_connected_to_again() {
    let (_folder, path) = place();
    for pinned in [None, Some(Revision::NEWEST_LEGACY)] {
        let (drain, served) = serve(&path).await;
        let link = open(&path, pinned).await.unwrap();
        for _ in 0..3 {
            assert_eq!(call(&link, "one").await.unwrap(), "one");
        }
        drain.begin();
        timeout(LONG, served).await.unwrap().unwrap();
        let error = call(&link, "two").await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable);
        let (_drain, served) = serve(&path).await;
        assert_eq!(call(&link, "three").await.unwrap(), "three");
        served.abort();
        let _ = served.await;
        let _ = std::fs::remove_file(&path);
    }
}

#[tokio::test]
async fn where_nobody_listens_is_said() {
    let (_folder, path) = place();
    let error = open(&path, None).await.err().unwrap();
    assert!(error.to_string().contains("no such socket"), "{error}");
    drop(UnixListener::bind(&path).unwrap());
    let error = open(&path, None).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.to_string().contains("nobody listens"), "{error}");
}

#[tokio::test]
async fn a_link_that_is_closed_says_goodbye() {
    let (_folder, path) = place();
    let listener = UnixListener::bind(&path).unwrap();
    let opening = tokio::spawn({
        let path = path.clone();
        async move { open(&path, Some(Revision::NEWEST)).await }
    });
    let (mut stream, _) = timeout(LONG, listener.accept()).await.unwrap().unwrap();
    opening.abort();
    let mut rest = Vec::new();
    timeout(LONG, stream.read_to_end(&mut rest))
        .await
        .unwrap()
        .unwrap();
}
