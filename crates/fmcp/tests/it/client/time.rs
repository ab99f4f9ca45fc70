//! Time-outs, cancellation, and many calls at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use fmcp::{
    CallOptions, CancellationToken, Client, ClientError, Context, Input, Kind, Revision, Server,
    Timeout, Tool,
};
use serde_json::json;

use super::*;

/// Says when it is dropped.
struct Guard(Arc<AtomicBool>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A server with a tool that never answers, and whether its handler has been dropped.
fn sleeper() -> (Server, Arc<AtomicBool>, Arc<tokio::sync::Notify>) {
    let (dropped, running) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(tokio::sync::Notify::new()),
    );
    let (flag, begun) = (Arc::clone(&dropped), Arc::clone(&running));
    let sleep = Tool::new("sleep", move || {
        let (guard, begun) = (Guard(Arc::clone(&flag)), Arc::clone(&begun));
        async move {
            let _guard = guard;
            begun.notify_one();
            std::future::pending::<()>().await;
        }
    });
    (Server::new("sleeper").tool(sleep), dropped, running)
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_cancels() {
    for revision in Revision::ALL {
        let (server, dropped, _) = sleeper();
        let client = Client::builder(server)
            .revision(revision)
            .timeout(Duration::from_secs(5))
            .connect()
            .await
            .unwrap();
        let start = tokio::time::Instant::now();
        let error = client.call("sleep", ()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "tools/call sleep: no answer within 5s; the call was cancelled"
        );
        assert!(error.is_retryable());
        assert!(dropped.load(Ordering::SeqCst), "{revision}");
        assert_eq!(start.elapsed(), Duration::from_secs(5));
        let options = CallOptions::new().timeout(Duration::from_secs(90));
        client.call_with("sleep", (), options).await.unwrap_err();
        assert_eq!(start.elapsed(), Duration::from_secs(95));
    }
}

#[tokio::test(start_paused = true)]
async fn progress_begins_the_wait_anew_until_the_end() {
    for revision in Revision::ALL {
        let work = |Input(Number { n }), ctx: Context| async move {
            for done in 1..=4 {
                tokio::time::sleep(Duration::from_secs(3)).await;
                ctx.progress(done, None, None).await;
            }
            tokio::time::sleep(Duration::from_secs(n.unsigned_abs())).await;
        };
        let server = Server::new("s").tool(Tool::new("work", work));
        let client = Client::builder(server)
            .revision(revision)
            .connect()
            .await
            .unwrap();
        let limit = Timeout::per_call(Duration::from_secs(5));
        let call = |limit: Timeout, silent: i64| {
            let options = CallOptions::new().timeout(limit);
            client.call_with("work", json!({"n": silent}), options)
        };
        call(limit.reset_on_progress(), 0).await.unwrap();
        let error = call(limit, 0).await.unwrap_err();
        assert!(error.to_string().contains("no answer within 5s"), "{error}");
        let start = tokio::time::Instant::now();
        let error = call(limit.reset_on_progress(), 60).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "tools/call work: no answer and no progress within 5s; the call was cancelled"
        );
        assert_eq!(start.elapsed().as_secs(), 17, "{revision}");
        let total = limit.reset_on_progress().total(Duration::from_secs(10));
        let error = call(total, 0).await.unwrap_err();
        assert!(
            error.to_string().contains("no answer within 10s"),
            "{error}"
        );
        assert_eq!(start.elapsed().as_secs(), 27, "{revision}");
    }
}

#[tokio::test]
async fn a_token_cancels() {
    for revision in Revision::ALL {
        let (server, dropped, running) = sleeper();
        let client = Client::builder(server)
            .revision(revision)
            .connect()
            .await
            .unwrap();
        let stop = CancellationToken::new();
        let options = || CallOptions::new().cancel(stop.clone());
        let call = client.call_with("sleep", (), options());
        let (outcome, ()) = tokio::join!(call, async {
            running.notified().await;
            stop.cancel();
        });
        let error = outcome.unwrap_err();
        assert_eq!(
            error.to_string(),
            "tools/call sleep: cancelled before there was an answer"
        );
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (Kind::Cancelled, false)
        );
        assert!(dropped.load(Ordering::SeqCst), "{revision}");
        dropped.store(false, Ordering::SeqCst);
        client.call_with("sleep", (), options()).await.unwrap_err();
        assert!(!dropped.load(Ordering::SeqCst), "it was not even begun");
    }
}

#[tokio::test]
async fn who_closes_ends_what_waits() {
    for revision in Revision::ALL {
        let (server, dropped, running) = sleeper();
        let client = Client::builder(server)
            .revision(revision)
            .on_list_changed(|_| ())
            .connect()
            .await
            .unwrap();
        let other = client.clone();
        let call = tokio::spawn(async move { other.call("sleep", ()).await });
        running.notified().await;
        assert!(!client.is_closed());
        client.close().await;
        client.close().await;
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(
            error.to_string(),
            "tools/call sleep: the client has been closed"
        );
        assert!(dropped.load(Ordering::SeqCst), "{revision}");
        assert!(client.is_closed());
        let error = client.list_tools().await.unwrap_err();
        assert!(matches!(error, ClientError::Closed { .. }), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn handlers_know_until_when_the_caller_waits() {
    let server = Server::new("s").tool(Tool::new("deadline", |ctx: Context| async move {
        ctx.deadline().is_some()
    }));
    let client = Client::connect(&server).await.unwrap();
    assert!(
        client
            .call("deadline", ())
            .await
            .unwrap()
            .parse::<bool>()
            .unwrap()
    );
    let options = CallOptions::new().timeout(None);
    assert!(
        !client
            .call_with("deadline", (), options)
            .await
            .unwrap()
            .parse::<bool>()
            .unwrap()
    );
}

#[tokio::test]
async fn who_drops_the_future_cancels() {
    for revision in Revision::ALL {
        let (server, dropped, running) = sleeper();
        let client = Client::builder(server)
            .revision(revision)
            .connect()
            .await
            .unwrap();
        let call = tokio::spawn(async move { client.call("sleep", ()).await });
        running.notified().await;
        assert!(!dropped.load(Ordering::SeqCst));
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        assert!(dropped.load(Ordering::SeqCst), "{revision}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_calls_at_once_are_not_mixed_up() {
    for revision in [Revision::NEWEST, Revision::V2025_11_25] {
        let server = Server::new("s").tool(Tool::new(
            "echo",
            |Input(Number { n }), ctx: Context| async move {
                ctx.progress(n, None, None).await;
                tokio::task::yield_now().await;
                n
            },
        ));
        let heard = Arc::new(AtomicUsize::new(0));
        let client = Client::builder(&server)
            .revision(revision)
            .connect()
            .await
            .unwrap();
        let calls = (0..1_000_i64).map(|n| {
            let (client, heard) = (client.clone(), Arc::clone(&heard));
            tokio::spawn(async move {
                let options = CallOptions::new().on_progress(move |report| {
                    assert_eq!(report.progress.as_i64(), Some(n));
                    heard.fetch_add(1, Ordering::Relaxed);
                });
                let result = client
                    .call_with("echo", json!({"n": n}), options)
                    .await
                    .unwrap();
                assert_eq!(result.parse::<i64>().unwrap(), n);
            })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
        assert_eq!(heard.load(Ordering::Relaxed), 1_000);
    }
}
