//! What handlers leave running: bounded, with the context of its call, ended with the server.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use fmcp::{
    Client, Context, Kind, Notice, OnStop, Server, Tool, ToolError, blocking,
    testing::{self, Wire, modern},
};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use super::*;

/// Says when it is dropped.
struct Guard(mpsc::Sender<&'static str>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.try_send("dropped");
    }
}

/// A server whose tool leaves something running that takes a minute, and what becomes of that.
async fn leaving(on_stop: OnStop, grace: Duration) -> (Server, mpsc::Receiver<&'static str>) {
    let (say, said) = mpsc::channel(8);
    let server =
        Server::new("s")
            .background_grace(grace)
            .tool(Tool::new("start", move |ctx: Context| {
                let say = say.clone();
                async move {
                    let guard = Guard(say.clone());
                    ctx.spawn_with(on_stop, async move {
                        let guard = guard;
                        tokio::time::sleep(Duration::from_secs(60)).await;
                        say.send("finished").await.unwrap();
                        drop(guard);
                    })?;
                    Ok::<_, ToolError>("started")
                }
            }));
    assert_eq!(run(&server, "start", json!({})).await.text(), "started");
    (server, said)
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_cancels_or_waits_and_not_for_ever() {
    for (on_stop, grace, takes, expect) in [
        (OnStop::Cancel, 100, 0, &["dropped"][..]),
        (OnStop::Finish, 100, 60, &["finished", "dropped"]),
        (OnStop::Finish, 10, 10, &["dropped"]),
    ] {
        let (server, mut said) = leaving(on_stop, Duration::from_secs(grace)).await;
        let began = tokio::time::Instant::now();
        server.stop().await;
        assert_eq!(began.elapsed().as_secs(), takes, "{on_stop:?} {grace}");
        let mut all = Vec::new();
        while let Ok(one) = said.try_recv() {
            all.push(one);
        }
        assert_eq!(all, expect, "{on_stop:?} {grace}");
    }
}

#[tokio::test]
async fn what_is_left_running_goes_with_a_server_that_is_dropped() {
    let (server, mut said) = leaving(OnStop::Finish, Duration::from_secs(60)).await;
    drop(server);
    assert_eq!(said.recv().await, Some("dropped"));
}

#[tokio::test]
async fn stop_hooks_come_after_the_work() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let (work, hook) = (Arc::clone(&order), Arc::clone(&order));
    let server = Server::new("s")
        .on_stop(move |_| async move { hook.lock().unwrap().push("hook") })
        .tool(Tool::new("start", move |ctx: Context| {
            let work = Arc::clone(&work);
            async move {
                ctx.spawn_with(OnStop::Finish, async move {
                    tokio::task::yield_now().await;
                    work.lock().unwrap().push("work");
                })?;
                Ok::<_, ToolError>(())
            }
        }));
    run(&server, "start", json!({})).await;
    server.stop().await;
    assert_eq!(*order.lock().unwrap(), ["work", "hook"]);
}

#[tokio::test]
async fn so_much_runs_at_once_and_what_ends_makes_room() {
    let held = Arc::new(Mutex::new(Vec::new()));
    let holds = Arc::clone(&held);
    let server =
        Server::new("s")
            .background_limit(2)
            .tool(Tool::new("start", move |ctx: Context| {
                let (go, wait) = oneshot::channel::<()>();
                let holds = Arc::clone(&holds);
                async move {
                    let job = ctx.spawn(async move { wait.await.is_ok() });
                    let job = job
                        .map_err(|e| ToolError::new(format!("{:?}: {}", e.kind(), e.message())))?;
                    holds.lock().unwrap().push((go, job));
                    Ok::<_, ToolError>(())
                }
            }));
    let client = testing::connect(&server).await;
    for _ in 0..2 {
        client.call("start", ()).await.unwrap();
    }
    let refused = client.call("start", ()).await;
    let words = testing::expect_tool_error(&refused).to_owned();
    assert_eq!(
        words,
        "Overloaded: 2 pieces of work run in the background already"
    );
    let (go, job) = held.lock().unwrap().remove(0);
    go.send(()).unwrap();
    assert!(job.await.unwrap());
    // What it came to is known a moment before its place is free.
    tokio::task::yield_now().await;
    client.call("start", ()).await.unwrap();
}

#[tokio::test]
async fn what_it_comes_to_can_be_waited_for() {
    let server = Server::new("s").tool(Tool::new("t", |ctx: Context| async move {
        assert_eq!(ctx.spawn(async { 42 })?.await?, 42);
        let job = ctx.spawn(async { panic!("secret") })?;
        let panicked: Result<(), _> = job.await;
        assert_eq!(
            panicked.unwrap_err().message(),
            "the work in the background panicked"
        );
        let job = ctx.spawn(std::future::pending::<()>())?;
        assert!(!job.is_over());
        job.cancel();
        assert_eq!(job.await.unwrap_err().kind(), Kind::Cancelled);
        Ok::<_, ToolError>("all")
    }));
    assert_eq!(run(&server, "t", json!({})).await.text(), "all");
}

#[tokio::test]
async fn a_server_that_has_stopped_takes_nothing_more() {
    let (give, given) = oneshot::channel();
    let give = Arc::new(Mutex::new(Some(give)));
    let server = Server::new("s").tool(Tool::new("t", move |ctx: Context| {
        let give = give.lock().unwrap().take().unwrap();
        async move { drop(give.send(ctx)) }
    }));
    let client = Client::connect(&server).await.unwrap();
    client.call("t", ()).await.unwrap();
    let ctx = given.await.unwrap();
    server.stop().await;
    assert_eq!(ctx.spawn(async {}).unwrap_err().kind(), Kind::Overloaded);
    drop((client, server));
    assert_eq!(
        ctx.spawn(async {}).unwrap_err().message(),
        "the server is gone"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_context_goes_along() {
    let (tell, told) = oneshot::channel();
    let tell = Arc::new(Mutex::new(Some(tell)));
    let server = Server::new("s").tool(Tool::new("t", move |ctx: Context| {
        let tell = tell.lock().unwrap().take().unwrap();
        async move {
            ctx.set_value("who", "ada");
            let id = ctx.request_id();
            ctx.spawn(async move {
                let ctx = Context::current().unwrap();
                let same = ctx.request_id() == id && ctx.value("who") == Some("ada".into());
                let deep = blocking(|| Context::current().is_some()).await;
                let log = ctx.logger("work").buffered(fmcp::Buffer::new());
                log.info("working").await;
                drop(ctx.timer("work"));
                tell.send(same && deep).unwrap();
            })?;
            Ok::<_, ToolError>(())
        }
    }));
    let wire = Wire::new(&server);
    let meta = json!({"io.modelcontextprotocol/logLevel": "info"});
    wire.send(modern("tools/call", json!({"name": "t", "_meta": meta})))
        .await;
    assert!(told.await.unwrap());
    for _ in 0..2 {
        let notice = wire.next_notice().await;
        assert!(matches!(notice, Notice::Log(_)), "{notice:?}");
    }
}
