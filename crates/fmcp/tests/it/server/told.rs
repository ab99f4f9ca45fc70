//! What handlers tell: loggers that gather, categories, timers, stages.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use fmcp::{
    Buffer, Context, Notice, Server, Tool, ToolError, blocking,
    model::LogLevel,
    testing::{Wire, modern},
};
use serde_json::json;
use tokio::sync::oneshot;

use super::*;

/// What a caller of `name` is told that wants everything, in words; reports of progress as numbers.
async fn told(server: &Server, name: &str) -> Vec<Value> {
    let wire = Wire::new(server);
    wire.send(asking(name)).await;
    said(&wire)
}

fn asking(name: &str) -> Value {
    let meta = json!({"io.modelcontextprotocol/logLevel": "debug", "progressToken": 1});
    modern("tools/call", json!({"name": name, "_meta": meta}))
}

fn said(wire: &Wire) -> Vec<Value> {
    let one = |notice: &Notice| match notice {
        Notice::Log(m) => m.data.to_value(),
        Notice::Progress(p) => json!([p.progress, p.total, p.message]),
        other => panic!("{other:?}"),
    };
    wire.notices().iter().map(one).collect()
}

fn server<Fut>(handler: impl Fn(Context) -> Fut + Clone + Send + Sync + 'static) -> Server
where
    Fut: Future<Output = ()> + Send + 'static,
{
    Server::new("s").tool(Tool::new("t", handler))
}

#[tokio::test(start_paused = true)]
async fn what_is_gathered_goes_out_by_number_by_time_and_at_the_end() {
    let (told, tell) = oneshot::channel();
    let once = Arc::new(Mutex::new(Some(told)));
    let server = server(move |ctx: Context| {
        let ready = once.lock().unwrap().take().unwrap();
        async move {
            let buffer = Buffer::new().entries(3).every(Duration::from_secs(10));
            let log = ctx.logger("items").buffered(buffer);
            for n in 1..=4 {
                log.info(n).await;
            }
            ready.send(()).unwrap();
            tokio::time::sleep(Duration::from_secs(9)).await;
            log.info("nine").await;
            tokio::time::sleep(Duration::from_secs(9)).await;
            log.info("eighteen").await;
        }
    });
    let wire = Arc::new(Wire::new(&server));
    let calling = tokio::spawn({
        let wire = Arc::clone(&wire);
        async move { wire.send(asking("t")).await }
    });
    tell.await.unwrap();
    assert_eq!(said(&wire), [json!(1), json!(2), json!(3)], "by number");
    // The clock of a paused test goes on when everybody waits.
    tokio::time::sleep(Duration::from_millis(9_999)).await;
    assert_eq!(said(&wire).len(), 3, "not before their time");
    tokio::time::sleep(Duration::from_millis(2)).await;
    assert_eq!(
        said(&wire)[3..],
        [json!(4), json!("nine")],
        "by time, all of them"
    );
    calling.await.unwrap();
    assert_eq!(said(&wire)[5..], [json!("eighteen")], "at the end");
}

#[tokio::test]
async fn what_is_said_at_once_comes_after_what_was_gathered_before() {
    let server = server(|ctx: Context| async move {
        let log = ctx.logger("a").buffered(Buffer::new());
        log.info("first").await;
        ctx.info("second").await;
        log.info("third").await;
        log.flush().await;
        ctx.logger("b").info("fourth").await;
    });
    let expect = ["first", "second", "third", "fourth"].map(Value::from);
    assert_eq!(told(&server, "t").await, expect);
}

#[tokio::test]
async fn a_handler_that_fails_or_panics_or_takes_too_long_has_still_told_what_it_gathered() {
    let gathers = |ctx: Context| async move {
        let log = ctx.logger("a").buffered(Buffer::new());
        log.info("before the end").await;
        ctx
    };
    let server = Server::new("s")
        .tool(Tool::new("fails", move |ctx: Context| async move {
            gathers(ctx).await;
            Err::<(), _>(ToolError::new("no"))
        }))
        .tool(Tool::new("panics", move |ctx: Context| async move {
            gathers(ctx).await;
            if std::hint::black_box(true) {
                panic!("no");
            }
        }))
        .tool(
            Tool::new("hangs", move |ctx: Context| async move {
                let _timer = gathers(ctx).await.timer("all");
                std::future::pending::<()>().await;
            })
            .timeout(Duration::from_millis(1)),
        );
    for (tool, count) in [("fails", 1), ("panics", 1), ("hangs", 2)] {
        let told = told(&server, tool).await;
        assert_eq!(told.len(), count, "{tool}: {told:?}");
        assert_eq!(told[0], "before the end", "{tool}");
    }
}

#[tokio::test]
async fn who_asks_for_no_log_messages_is_sent_none() {
    let server = server(|ctx: Context| async move {
        let log = ctx.logger("a").buffered(Buffer::new().entries(1));
        assert!(!log.wants(LogLevel::Emergency));
        log.emergency("fire").await;
        drop(ctx.timer("t"));
    });
    let wire = Wire::new(&server);
    let answer = wire.send(modern("tools/call", json!({"name": "t"}))).await;
    assert_eq!(testing::expect_result(&answer)["isError"], Value::Null);
    assert!(said(&wire).is_empty());
}

#[tokio::test]
async fn fields_and_categories() {
    let server = server(|ctx: Context| async move {
        let db = ctx.logger("db").with("table", "users");
        db.with("row", 3).warning("no name").await;
        db.info("not sent").await;
        ctx.logger("db.pool").debug("sent").await;
        ctx.logger("quiet").emergency("not sent").await;
        ctx.debug("of no category").await;
    });
    let server = server.log_level("db", LogLevel::Warning);
    server.log_levels().set("db.pool", LogLevel::Debug).unwrap();
    server.log_levels().silence("quiet").unwrap();
    let expect = [
        json!({"message": "no name", "table": "users", "row": 3}),
        json!("sent"),
        json!("of no category"),
    ];
    assert_eq!(told(&server, "t").await, expect);
    // At run time, on the same server.
    server.log_levels().set("", LogLevel::Error).unwrap();
    server.log_levels().reset("quiet");
    server.log_levels().reset("db.pool");
    assert_eq!(
        told(&server, "t").await,
        [
            json!({"message": "no name", "table": "users", "row": 3}),
            json!("not sent")
        ]
    );
}

#[test]
fn a_category_that_cannot_be_one_is_a_fault_of_the_server() {
    let server = Server::new("s").log_level(&"x".repeat(300), LogLevel::Info);
    assert!(refusal(&server).contains("256 bytes"));
}

#[tokio::test(start_paused = true)]
async fn timers_say_what_took_how_long() {
    let server =
        Server::new("s")
            .show_timings(true)
            .tool(Tool::new("t", |ctx: Context| async move {
                let rest = |ms| tokio::time::sleep(Duration::from_millis(ms));
                let total = ctx.timer("total");
                for _ in 0..2 {
                    let mut item = total.timer("item").level(LogLevel::Debug);
                    rest(10).await;
                    assert_eq!(item.lap("read").as_millis(), 10);
                    rest(5).await;
                    item.lap("write");
                }
                assert_eq!(ctx.elapsed("total/item"), Some(Duration::from_millis(30)));
                assert_eq!(ctx.elapsed("total"), None, "it still runs");
                assert_eq!(total.stop(), Duration::from_millis(30));
            }));
    let wire = Wire::new(&server);
    let answer = wire.send(asking("t")).await;
    let item = json!({"timer": "total/item", "ms": 15.0, "laps": {"read": 10.0, "write": 5.0}});
    let expect = [item.clone(), item, json!({"timer": "total", "ms": 30.0})];
    assert_eq!(said(&wire), expect);
    let timings = &testing::expect_result(&answer)["_meta"]["fmcp/timings"];
    let expect = json!({"total/item": {"ms": 30.0, "count": 2}, "total": {"ms": 30.0, "count": 1}});
    assert_eq!(timings, &expect);
}

#[tokio::test]
async fn timings_are_shown_by_servers_that_are_told_to() {
    for shown in [false, true] {
        let server = server(|ctx: Context| async move { drop(ctx.timer("all")) });
        let server = server.show_timings(shown);
        let answer = Wire::new(&server).send(asking("t")).await;
        let timings = testing::expect_result(&answer)["_meta"]
            .get("fmcp/timings")
            .cloned();
        assert_eq!(timings.is_some(), shown, "{timings:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn functions_that_block_measure_too() {
    let server = server(|_: Context| async move {
        blocking(|| drop(Context::current().unwrap().timer("sum"))).await;
    });
    let told = told(&server, "t").await;
    assert_eq!(told[0]["timer"], "sum");
}

#[tokio::test(start_paused = true)]
async fn stages_make_one_number_that_only_grows() {
    let server = server(|ctx: Context| async move {
        // Reports that come faster than anybody can read are thinned out.
        let rest = || tokio::time::sleep(Duration::from_secs(1));
        let [load, check] = ctx.stages([("load", 3.0), ("check", 1.0)]);
        load.progress(1, 2, "users.csv").await;
        rest().await;
        let rows = check.stage("rows", 0.5);
        rows.progress(10, None, None).await;
        rest().await;
        load.progress(1, 4, "nothing is taken back").await;
        rest().await;
        load.done().await;
        rest().await;
        rows.done().await;
        rest().await;
        check.done().await;
    });
    let expect = [
        json!([37.5, 100, "load: users.csv"]),
        json!([43.75, 100, "check > rows"]),
        json!([81.25, 100, "load"]),
        json!([87.5, 100, "check > rows"]),
        json!([100, 100, "check"]),
    ];
    assert_eq!(told(&server, "t").await, expect);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_know_how_many_there_are_counts() {
    let server = server(|ctx: Context| async move {
        let files = ctx.counter();
        files.add(2, "a, b").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        files.add(1, None).await;
    });
    let expect = [json!([2, null, "a, b"]), json!([3, null, null])];
    assert_eq!(told(&server, "t").await, expect);
}

#[tokio::test]
async fn a_flood_is_bounded_and_says_so() {
    let server = server(|ctx: Context| async move {
        for _ in 0..5_000 {
            drop(ctx.timer("t"));
        }
    });
    let told = told(&server, "t").await;
    assert!(told.len() <= 1_001, "{}", told.len());
}
