//! Streams of changes: who hears of what, once, and what happens when the server goes away.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use fmcp::{
    BoxFuture, Call, Change, Client, ComponentKind, Endpoint, Error, Kind, Method, Notice, Reply,
    Resource, Revision, Server, Stream, Tool, Topic,
    model::{
        AcknowledgedParams, DiscoverResult, ListenParams, ListenResult, ServerCapabilities,
        SubscriptionFilter,
    },
    protocol::Params,
};
use futures_util::StreamExt as _;

use super::*;

fn news() -> Server {
    Server::new("news")
        .tool(Tool::new("t", || async {}))
        .resource(Resource::new("text://news", || async { "none" }))
}

async fn connect_at(server: &Server, revision: Revision) -> Client {
    Client::builder(server)
        .revision(revision)
        .connect()
        .await
        .unwrap()
}

fn updated(uri: &str) -> Option<Change> {
    Some(Change::Resource(uri.into()))
}

#[tokio::test]
async fn each_stream_hears_what_it_asked_for_and_once() {
    for revision in Revision::ALL {
        let server = news();
        let client = connect_at(&server, revision).await;
        let mut resource = client.subscribe("text://news").await.unwrap();
        let mut other = client.subscribe("text://other").await.unwrap();
        let mut lists = client.changes().await.unwrap();
        for _ in 0..3 {
            server.notify_updated("text://news");
        }
        server.add_tool(Tool::new("more", || async {})).unwrap();
        server.notify_updated("text://other");
        assert_eq!(resource.next().await, updated("text://news"), "{revision}");
        assert_eq!(other.next().await, updated("text://other"), "{revision}");
        assert_eq!(
            lists.next().await,
            Some(Change::List(ComponentKind::Tool)),
            "{revision}"
        );
    }
}

#[tokio::test]
async fn one_stream_can_tell_of_much_and_is_a_stream() {
    fn is_a_stream(_: &impl Stream<Item = Change>) {}
    let server = news();
    let client = connect_at(&server, Revision::NEWEST).await;
    let filter = SubscriptionFilter::new()
        .tools_list_changed(true)
        .resource_subscriptions(["text://news".to_owned(), "text://other".to_owned()]);
    let changes = client.listen(filter).await.unwrap();
    is_a_stream(&changes);
    assert_eq!(changes.agreed().tools_list_changed, Some(true));
    server.notify_updated("text://other");
    server.add_tool(Tool::new("more", || async {})).unwrap();
    let two: Vec<_> = changes.take(2).collect().await;
    assert!(two.contains(&Change::List(ComponentKind::Tool)));
    assert!(two.contains(&Change::Resource("text://other".into())));
}

#[tokio::test]
async fn callbacks_hear_what_streams_hear() {
    for revision in Revision::ALL {
        let (tell, mut heard) = tokio::sync::mpsc::channel(10);
        let server = news();
        let client = Client::builder(&server)
            .revision(revision)
            .on_resource_updated(move |uri| tell.try_send(uri).unwrap())
            .connect()
            .await
            .unwrap();
        let _changes = client.subscribe("text://news").await.unwrap();
        server.notify_updated("text://news");
        assert_eq!(
            heard.recv().await.as_deref(),
            Some("text://news"),
            "{revision}"
        );
    }
}

/// What the n-th stream ends with; `None`: it stays.
type Ends = fn(usize) -> Option<fmcp::Result<Reply>>;

/// A server of which every stream is told what to do, and which counts those that are open.
#[derive(Default)]
struct Fickle {
    opened: AtomicUsize,
    open: Arc<AtomicUsize>,
    /// What the n-th stream ends with, after it has told something.
    ends: Option<Ends>,
}

impl Endpoint for Fickle {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        Box::pin(async move {
            if *call.method() != Method::Listen {
                let names = ["2026-07-28".to_owned()];
                return Ok(DiscoverResult::new(names, ServerCapabilities::new()).into());
            }
            let number = self.opened.fetch_add(1, Ordering::Relaxed);
            struct Open(Arc<AtomicUsize>);
            impl Drop for Open {
                fn drop(&mut self) {
                    self.0.fetch_sub(1, Ordering::Relaxed);
                }
            }
            self.open.fetch_add(1, Ordering::Relaxed);
            let _open = Open(Arc::clone(&self.open));
            let end = self.ends.and_then(|ends| ends(number));
            if let Some(Err(error)) = end {
                return Err(error);
            }
            let filter = call.params().parse::<ListenParams>()?.notifications;
            let agreed = Params::of(&AcknowledgedParams::new(filter))?;
            let peer = call.peer().unwrap();
            peer.notify(Notice::Other(Topic::Acknowledged, agreed))
                .await;
            peer.notify(Notice::ResourceUpdated(
                format!("text://news/{number}").into(),
            ))
            .await;
            match end {
                Some(end) => end,
                None => std::future::pending().await,
            }
        })
    }
}

async fn fickle(ends: Ends) -> (Client, Arc<Fickle>) {
    let server = Arc::new(Fickle {
        ends: Some(ends),
        ..Fickle::default()
    });
    let endpoint = Arc::clone(&server) as Arc<dyn Endpoint>;
    (Client::connect(endpoint).await.unwrap(), server)
}

fn gone() -> Option<fmcp::Result<Reply>> {
    Some(Err(Error::new(Kind::Unavailable, "gone")))
}

fn over() -> Option<fmcp::Result<Reply>> {
    Some(Ok(ListenResult::new().into()))
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_is_opened_again_and_says_that_something_may_be_missed() {
    // Ends in order, is away for a while, and is there again.
    let (client, server) = fickle(|n| match n {
        0 => over(),
        1..5 => gone(),
        _ => None,
    })
    .await;
    let mut changes = client.subscribe("text://news").await.unwrap();
    assert_eq!(changes.next().await, updated("text://news/0"));
    assert_eq!(changes.next().await, Some(Change::Missed));
    // What was told since is said by that, unless it comes after it was read.
    let silence = tokio::time::timeout(Duration::from_secs(3600), changes.next()).await;
    assert!(silence.is_err(), "{silence:?}");
    assert_eq!(server.opened.load(Ordering::Relaxed), 6);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_always_ends_its_streams_is_asked_ever_slower() {
    let (client, server) = fickle(|_| over()).await;
    let _changes = client.subscribe("text://news").await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let opened = server.opened.load(Ordering::Relaxed);
    assert!((60..400).contains(&opened), "{opened} streams in an hour");
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_when_the_server_says_so() {
    let (client, server) = fickle(|n| match n {
        0 => over(),
        _ => Some(Err(Error::new(Kind::MethodNotFound, "no more"))),
    })
    .await;
    let mut changes = client.subscribe("text://news").await.unwrap();
    assert_eq!(changes.next().await, updated("text://news/0"));
    assert_eq!(changes.next().await, None);
    assert_eq!(changes.next().await, None);
    assert_eq!(server.opened.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_does_not_tell_is_an_error() {
    for (ends, kind) in [
        ((|_| gone()) as fn(usize) -> _, Kind::Unavailable),
        (
            |_| Some(Err(Error::new(Kind::MethodNotFound, "what?"))),
            Kind::MethodNotFound,
        ),
    ] {
        let (client, server) = fickle(ends).await;
        let error = client.subscribe("text://news").await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(server.opened.load(Ordering::Relaxed), 1);
    }
    struct Deaf;
    impl Endpoint for Deaf {
        fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
            Box::pin(async move {
                if *call.method() != Method::Listen {
                    let names = ["2026-07-28".to_owned()];
                    return Ok(DiscoverResult::new(names, ServerCapabilities::new()).into());
                }
                let agreed = Params::of(&AcknowledgedParams::new(SubscriptionFilter::new()))?;
                call.peer()
                    .unwrap()
                    .notify(Notice::Other(Topic::Acknowledged, agreed))
                    .await;
                std::future::pending().await
            })
        }
    }
    let client = Client::connect(Arc::new(Deaf) as Arc<dyn Endpoint>)
        .await
        .unwrap();
    let error = client.subscribe("text://news").await.unwrap_err();
    assert!(error.to_string().contains("does not tell"), "{error}");
}

#[tokio::test]
async fn closing_the_client_ends_its_streams() {
    for revision in Revision::ALL {
        let server = news();
        let client = connect_at(&server, revision).await;
        let mut changes = client.subscribe("text://news").await.unwrap();
        client.close().await;
        assert_eq!(changes.next().await, None, "{revision}");
        let error = client.subscribe("text://news").await.unwrap_err();
        assert!(error.to_string().contains("closed"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_a_stream_ends_its_call_and_no_other() {
    let (client, server) = fickle(|_| None).await;
    let one = client.subscribe("text://news").await.unwrap();
    let two = client.subscribe("text://news").await.unwrap();
    assert_eq!(server.open.load(Ordering::Relaxed), 2);
    drop(one);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(server.open.load(Ordering::Relaxed), 1);
    drop((two, client));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(server.open.load(Ordering::Relaxed), 0);
}
