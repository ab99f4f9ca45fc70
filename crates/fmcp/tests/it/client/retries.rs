//! Calls that are made again, and calls that are not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fmcp::{
    BoxFuture, Call, CallOptions, Client, ClientError, Endpoint, Error, Kind, Reply, Retry, Server,
    Timeout, Tool,
};

use super::*;

/// A server before which calls fail for a while.
struct Shaky {
    server: Server,
    fails: AtomicUsize,
    calls: AtomicUsize,
    error: fn() -> Error,
}

impl Endpoint for Shaky {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let fails = self
            .fails
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        match fails {
            Ok(_) => Box::pin(std::future::ready(Err((self.error)()))),
            Err(_) => self.server.call(call),
        }
    }
}

async fn shaky(error: fn() -> Error, retry: Retry) -> (Client, Arc<Shaky>) {
    let hinted = |name: &str| Tool::new(name, || async { 7 });
    let server = Server::new("s")
        .tool(hinted("plain"))
        .tool(hinted("reads").read_only(true))
        .tool(hinted("again").idempotent(true))
        .resource(Resource::new("text://a", || async { "plain" }))
        .prompt(Prompt::new("greet", || async { "hi" }));
    server.start().await.unwrap();
    let shaky = Arc::new(Shaky {
        server,
        fails: AtomicUsize::new(0),
        calls: AtomicUsize::new(0),
        error,
    });
    let client = Client::builder(Arc::clone(&shaky) as Arc<dyn Endpoint>)
        .retry(retry)
        .cache(false)
        .connect()
        .await
        .unwrap();
    shaky.calls.store(0, Ordering::SeqCst);
    (client, shaky)
}

fn down() -> Error {
    Error::new(Kind::Unavailable, "down")
}

fn unsent() -> Error {
    down().unsent()
}

/// How many calls are made when the first two fail.
async fn check<T>(error: fn() -> Error, ask: impl AsyncFn(&Client) -> T, expect: usize) {
    let (client, shaky) = shaky(error, Retry::transient(3)).await;
    client.list_tools().await.unwrap();
    shaky.calls.store(0, Ordering::SeqCst);
    shaky.fails.store(2, Ordering::SeqCst);
    ask(&client).await;
    assert_eq!(shaky.calls.load(Ordering::SeqCst), expect);
}

#[tokio::test(start_paused = true)]
async fn what_is_safe_is_made_again() {
    check(down, async |c| c.list_tools().await.unwrap(), 3).await;
    check(down, async |c| c.list_resources().await.unwrap(), 3).await;
    check(down, async |c| c.read("text://a").await.unwrap(), 3).await;
    check(down, async |c| c.prompt("greet", ()).await.unwrap(), 3).await;
    check(down, async |c| c.ping().await.unwrap(), 3).await;
    check(down, async |c| c.call("reads", ()).await.unwrap(), 3).await;
    check(down, async |c| c.call("again", ()).await.unwrap(), 3).await;
}

#[tokio::test(start_paused = true)]
async fn another_call_is_made_again_only_if_nobody_has_seen_it() {
    check(down, async |c| c.call("plain", ()).await.unwrap_err(), 1).await;
    check(unsent, async |c| c.call("plain", ()).await.unwrap(), 3).await;
    let other = || Error::internal("a bug");
    check(other, async |c| c.call("reads", ()).await.unwrap_err(), 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_was_not_listed_is_not_made_again() {
    let (client, shaky) = shaky(down, Retry::transient(3)).await;
    shaky.fails.store(1, Ordering::SeqCst);
    client.call("reads", ()).await.unwrap_err();
    assert_eq!(shaky.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_word_nothing_is_made_again() {
    let (client, shaky) = shaky(down, Retry::default()).await;
    shaky.fails.store(1, Ordering::SeqCst);
    client.list_tools().await.unwrap_err();
    assert_eq!(shaky.calls.load(Ordering::SeqCst), 1);
    shaky.fails.store(1, Ordering::SeqCst);
    let options = CallOptions::new().retry(Retry::transient(1));
    client.read_with("text://a", options).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn tries_come_to_an_end_and_so_does_the_budget() {
    let (client, shaky) = shaky(down, Retry::transient(3)).await;
    shaky.fails.store(usize::MAX, Ordering::SeqCst);
    let error = client.list_tools().await.unwrap_err();
    assert_eq!(error.to_string(), "tools/list: down");
    assert_eq!(shaky.calls.load(Ordering::SeqCst), 4);
    for _ in 0..1_000 {
        let options =
            CallOptions::new().retry(Retry::transient(3).backoff(Duration::ZERO, Duration::ZERO));
        client.list_tools_with(options).await.unwrap_err();
    }
    let calls = shaky.calls.load(Ordering::SeqCst);
    assert!(calls < 1_250, "{calls} calls for 1001 that were asked for");
}

#[tokio::test(start_paused = true)]
async fn a_server_is_waited_for_as_it_says_but_not_beyond_the_end() {
    let busy = || Error::new(Kind::Overloaded, "busy").retry_after(Duration::from_secs(20));
    let (client, shaky) = shaky(busy, Retry::transient(3)).await;
    shaky.fails.store(1, Ordering::SeqCst);
    let start = tokio::time::Instant::now();
    client.list_tools().await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 20);

    shaky.fails.store(1, Ordering::SeqCst);
    let soon = Timeout::per_call(Duration::from_secs(5)).total(Duration::from_secs(10));
    let options = CallOptions::new().timeout(soon);
    let error = client.list_tools_with(options).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Overloaded);
    assert_eq!(
        start.elapsed().as_secs(),
        20,
        "nobody waits for what comes too late"
    );
}

#[tokio::test(start_paused = true)]
async fn who_is_closed_or_cancelled_does_not_pause() {
    let busy = || Error::new(Kind::Overloaded, "busy").retry_after(Duration::from_secs(20));
    for close in [false, true] {
        let (client, shaky) = shaky(busy, Retry::transient(3)).await;
        shaky.fails.store(1, Ordering::SeqCst);
        let start = tokio::time::Instant::now();
        let stop = fmcp::CancellationToken::new();
        let options = CallOptions::new().cancel(stop.clone());
        let call = client.list_tools_with(options);
        let end = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if close {
                client.close().await;
            } else {
                stop.cancel();
            }
        };
        let (outcome, ()) = tokio::join!(call, end);
        match outcome.unwrap_err() {
            ClientError::Closed { .. } => assert!(close),
            ClientError::Cancelled { .. } => assert!(!close),
            other => panic!("{other}"),
        }
        assert_eq!(start.elapsed().as_secs(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_try_that_takes_too_long_is_one_that_failed() {
    let slow = Server::new("slow")
        .tool(Tool::new("sleep", || async { std::future::pending::<()>().await }).read_only(true));
    let client = Client::builder(&slow).connect().await.unwrap();
    client.list_tools().await.unwrap();
    let start = tokio::time::Instant::now();
    let options = CallOptions::new()
        .retry(Retry::transient(2).backoff(Duration::from_secs(2), Duration::from_secs(2)))
        .timeout(Timeout::per_call(Duration::from_secs(10)));
    let error = client.call_with("sleep", (), options).await.unwrap_err();
    assert!(matches!(error, ClientError::Timeout { .. }), "{error}");
    let waited = start.elapsed().as_secs();
    assert!(
        (32..=34).contains(&waited),
        "three times ten, and two pauses: {waited}"
    );
}
