//! Time-outs, cancellation, and many calls at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use fmcp::{CallOptions, Client, Context, Input, Revision, Server, Tool};
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
