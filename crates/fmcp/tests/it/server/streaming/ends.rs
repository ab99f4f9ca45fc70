//! How a stream ends: failures, bounds, time, callers who hang up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fmcp::{Content, Error, Stream, Streamed, ToolError, testing::modern};
use futures_util::{FutureExt as _, StreamExt as _};

use super::*;

fn failing(server: Server, error: fn() -> ToolError) -> Server {
    server.tool(Tool::new("t", move || {
        streamed(stream::iter([
            Ok("one"),
            Ok("two"),
            Err(error()),
            Ok("never"),
        ]))
    }))
}

#[tokio::test]
async fn a_failure_stands_behind_the_parts_that_came() {
    let call = || modern("tools/call", json!({"name": "t"}));
    let shown = || {
        ToolError::new("no three")
            .content([Content::text("more")])
            .structured(json!({"at": 3}))
    };
    let answer = Wire::new(failing(Server::new("s"), shown))
        .send(call())
        .await;
    let texts = ["one", "two", "no three", "more"].map(str::to_owned);
    assert_eq!(blocks(&answer), (texts.to_vec(), true));
    let structured = &testing::expect_result(&answer)["structuredContent"];
    assert_eq!(structured, &json!({"at": 3}));

    let protocol = || ToolError::from(Error::invalid_params("no such row"));
    let answer = Wire::new(failing(Server::new("s"), protocol))
        .send(call())
        .await;
    let texts = ["one", "two", "no such row"].map(str::to_owned);
    assert_eq!(blocks(&answer), (texts.to_vec(), true));
}

#[tokio::test]
async fn a_librarys_failure_stays_in_the_log_and_the_parts_stay() {
    let hidden = || ToolError::hidden("password=hunter2");
    let call = || modern("tools/call", json!({"name": "t"}));
    let answer = Wire::new(failing(Server::new("s"), hidden))
        .send(call())
        .await;
    let (texts, failed) = blocks(&answer);
    assert!(failed);
    assert_eq!(texts[..2], ["one", "two"]);
    assert!(texts[2].starts_with("the tool failed; the server's log says why"));
    assert!(!texts.concat().contains("hunter2"));
    let server = failing(Server::new("s").show_error_details(true), hidden);
    let (texts, _) = blocks(&Wire::new(server).send(call()).await);
    assert_eq!(texts[2], "the tool failed: password=hunter2");
}

#[tokio::test]
async fn a_refusal_takes_the_place_of_the_parts() {
    let refuses = || ToolError::from(Error::new(fmcp::Kind::Forbidden, "not for you"));
    let server = failing(Server::new("s"), refuses);
    let error = testing::call(&server, "t", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), fmcp::Kind::Forbidden);
}

#[tokio::test]
async fn results_have_bounds() {
    let endless = || stream::repeat("12345");
    let server = Server::new("s")
        .tool(Tool::new("many", move || streamed(endless())))
        .tool(Tool::new("few", move || {
            Streamed::new(endless()).max_parts(3).run()
        }))
        .tool(Tool::new("short", move || {
            Streamed::new(endless()).max_bytes(12).run()
        }))
        .tool(Tool::new("exact", || {
            let parts = stream::iter(["12345", "67890"]);
            Streamed::new(parts).max_parts(2).max_bytes(10).run()
        }))
        .tool(Tool::new("large", || {
            let megabyte = Arc::<str>::from("x".repeat(1024 * 1024));
            streamed(stream::repeat_with(move || megabyte.to_string()))
        }));
    for (tool, count, words) in [
        ("many", 10_000, "the result has more than 10000 parts"),
        ("few", 3, "the result has more than 3 parts"),
        ("short", 2, "the result has more than 12 bytes"),
        ("large", 16, "the result has more than 16777216 bytes"),
    ] {
        let result = run(&server, tool, json!({})).await;
        assert!(result.is_error());
        let content = result.content();
        assert_eq!(content.len(), count + 1, "{tool}");
        assert_eq!(content[count].as_text(), Some(words));
    }
    let result = run(&server, "exact", json!({})).await;
    assert!(!result.is_error());
    assert_eq!(result.content().len(), 2);
}

/// Says when it is dropped.
struct Guard(Arc<AtomicBool>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// One part, and then silence for ever.
fn silent(dropped: Arc<AtomicBool>) -> impl Stream<Item = &'static str> + Send {
    let guard = Guard(dropped);
    stream::iter(["one"])
        .chain(stream::pending())
        .inspect(move |_| assert!(!guard.0.load(Ordering::SeqCst)))
}

#[tokio::test]
async fn who_hangs_up_ends_the_stream() {
    let dropped = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&dropped);
    let server = Server::new("s").tool(Tool::new("t", move || streamed(silent(Arc::clone(&seen)))));
    let wire = Wire::new(server);
    let params = json!({"name": "t", "_meta": {OPT_IN: true}});
    let mut call = Box::pin(wire.send(modern("tools/call", params)));
    assert!((&mut call).now_or_never().is_none());
    wire.next_notice().await;
    assert!(!dropped.load(Ordering::SeqCst));
    drop(call);
    assert!(dropped.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn a_stream_has_the_time_of_its_tool() {
    let dropped = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&dropped);
    let tool = Tool::new("t", move || streamed(silent(Arc::clone(&seen))));
    let server = Server::new("s").tool(tool.timeout(Duration::from_secs(5)));
    let said = words(&run(&server, "t", json!({})).await);
    assert_eq!(said, "Tool \"t\" did not finish within 5s");
    assert!(dropped.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_stream_that_never_waits_lets_others_run() {
    let seen = Arc::new(AtomicBool::new(false));
    let sees = Arc::clone(&seen);
    let server = Server::new("s").tool(Tool::new("t", move || {
        let seen = Arc::clone(&seen);
        let parts = stream::repeat("").take_while(move |_| {
            let seen = seen.load(Ordering::SeqCst);
            std::future::ready(!seen)
        });
        Streamed::new(parts).max_parts(usize::MAX).run()
    }));
    let other = tokio::spawn(async move { sees.store(true, Ordering::SeqCst) });
    assert!(!run(&server, "t", json!({})).await.is_error());
    other.await.unwrap();
}

#[tokio::test]
async fn a_panic_in_a_stream_is_a_failure_like_any_other() {
    let server = Server::new("s").tool(Tool::new("t", || {
        streamed(stream::iter([1, 0]).map(|n| (4 / n).to_string()))
    }));
    let said = words(&run(&server, "t", json!({})).await);
    assert!(said.starts_with("the tool failed; the server's log says why"));
}
