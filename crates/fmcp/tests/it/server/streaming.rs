//! Tools that give back a stream, and handlers that send parts of their result ahead.

use std::{
    borrow::Cow,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fmcp::{
    Audio, Client, Content, Context, Error, Image, Json, Notice, Part, Revision, Server, Stream,
    Streamed, Tool, ToolError,
    model::ClientCapabilities,
    server, streamed,
    testing::{self, Wire, legacy, modern},
    tool,
};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::json;
use tokio::sync::mpsc;

use super::*;

const OPT_IN: &str = "fmcp/streamContent";
const TOPIC: &str = "notifications/tool/streamContent";

fn counting() -> Server {
    Server::new("s").tool(Tool::new("count", || {
        streamed(stream::iter(["one", "two", "three"]))
    }))
}

/// The blocks of a result as text, and whether it failed.
fn blocks(answer: &Option<Value>) -> (Vec<String>, bool) {
    let result = testing::expect_result(answer);
    let content = result["content"].as_array().unwrap().iter();
    let texts = content.map(|block| block["text"].as_str().unwrap_or("?").to_owned());
    (texts.collect(), result["isError"] == true)
}

/// The parts that were told, as they stand in the notification.
fn parts(wire: &Wire) -> Vec<Value> {
    let told = wire.notices();
    let told = told.iter().filter_map(|notice| match notice {
        Notice::Other(topic, params) if topic.as_str() == TOPIC => Some(params.parse().unwrap()),
        _ => None,
    });
    told.collect()
}

fn progress(wire: &Wire) -> Vec<(f64, Option<String>)> {
    let told = wire.notices();
    let told = told.iter().filter_map(|notice| match notice {
        Notice::Progress(report) => Some((report.progress.as_f64(), report.message.clone())),
        _ => None,
    });
    told.collect()
}

/// Opens a session of a client that has these capabilities.
async fn open(wire: &Wire, revision: Revision, capabilities: Value) {
    let hello = json!({"protocolVersion": revision.as_str(), "capabilities": capabilities,
                       "clientInfo": {"name": "t", "version": "1"}});
    testing::expect_result(&wire.send(legacy("initialize", hello)).await);
}

#[tokio::test]
async fn the_result_has_all_parts_in_order_in_every_revision() {
    for revision in Revision::ALL {
        let client = testing::connect_at(&counting(), revision).await;
        let result = client.call("count", ()).await.unwrap();
        let texts: Vec<_> = result.content().iter().map(Content::as_text).collect();
        assert_eq!(texts, [Some("one"), Some("two"), Some("three")]);
        let told = client.notices();
        let is_part = |notice: &Notice| matches!(notice, Notice::Other(..));
        assert!(!told.iter().any(is_part), "nobody asked: {told:?}");
    }
}

#[tokio::test]
async fn each_part_is_progress_for_callers_that_asked_for_it() {
    let expect = [(1.0, "one"), (2.0, "two"), (3.0, "three")]
        .map(|(done, words)| (done, Some(words.to_owned())));
    let params = json!({"name": "count", "_meta": {"progressToken": 7}});
    let wire = Wire::new(counting());
    wire.send(modern("tools/call", params.clone())).await;
    assert_eq!(progress(&wire), expect);
    let wire = Wire::new(counting());
    wire.initialize(Revision::V2025_06_18).await;
    wire.send(legacy("tools/call", params)).await;
    assert_eq!(progress(&wire), expect);
    assert_eq!(parts(&wire), [] as [Value; 0]);
    wire.send(legacy("tools/call", json!({"name": "count"})))
        .await;
    assert_eq!(
        progress(&wire).len(),
        3,
        "the second call asked for nothing"
    );
}

#[tokio::test]
async fn progress_shows_the_beginning_of_a_text_and_nothing_of_a_picture() {
    let server = Server::new("s").tool(Tool::new("t", || {
        streamed(stream::iter([
            Content::text("ä".repeat(10_000)),
            Content::image("aGk=", "image/png"),
        ]))
    }));
    let wire = Wire::new(server);
    let params = json!({"name": "t", "_meta": {"progressToken": "p"}});
    wire.send(modern("tools/call", params)).await;
    assert_eq!(progress(&wire), [(1.0, Some("ä".repeat(200))), (2.0, None)]);
}

#[tokio::test]
async fn a_request_asks_for_parts_in_its_metadata() {
    let wire = Wire::new(counting());
    let request = modern(
        "tools/call",
        json!({"name": "count", "_meta": {OPT_IN: true}}),
    );
    let id = request["id"].clone();
    let answer = wire.send(request).await;
    assert_eq!(blocks(&answer).0, ["one", "two", "three"]);
    let part = |text: &str| {
        json!({"toolName": "count", "content": [{"type": "text", "text": text}],
               "_meta": {"fmcp/requestId": id}})
    };
    assert_eq!(parts(&wire), [part("one"), part("two"), part("three")]);
    assert_eq!(progress(&wire), []);
}

#[tokio::test]
async fn who_asks_for_parts_and_who_does_not() {
    const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
    for (meta, count) in [
        (json!({}), 0),
        (json!({OPT_IN: false}), 0),
        (json!({OPT_IN: "yes"}), 0),
        (json!({OPT_IN: true}), 3),
        (json!({CAPABILITIES: {"experimental": {OPT_IN: {}}}}), 3),
        (json!({CAPABILITIES: {"extensions": {OPT_IN: {}}}}), 3),
        (json!({CAPABILITIES: {"extensions": {"other": {}}}}), 0),
        (
            json!({CAPABILITIES: {"experimental": {OPT_IN: {}}}, OPT_IN: false}),
            0,
        ),
    ] {
        let wire = Wire::new(counting());
        let params = json!({"name": "count", "_meta": meta});
        wire.send(modern("tools/call", params)).await;
        assert_eq!(parts(&wire).len(), count, "{meta}");
    }
}

#[tokio::test]
async fn a_session_asks_for_parts_once() {
    for revision in Revision::ALL.into_iter().filter(|r| *r != Revision::NEWEST) {
        let wire = Wire::new(counting());
        open(&wire, revision, json!({"experimental": {OPT_IN: {}}})).await;
        for _ in 0..2 {
            wire.send(legacy("tools/call", json!({"name": "count"})))
                .await;
        }
        assert_eq!(parts(&wire).len(), 6, "{revision}");
        let meta = json!({"name": "count", "_meta": {OPT_IN: false}});
        wire.send(legacy("tools/call", meta)).await;
        assert_eq!(parts(&wire).len(), 6, "{revision}");
    }
}

#[tokio::test]
async fn parts_are_said_as_the_clients_revision_says_them() {
    let server = Server::new("s").tool(Tool::new("t", || {
        streamed(stream::iter([Content::audio("aGk=", "audio/wav")]))
    }));
    for (revision, kind) in [
        (Revision::V2024_11_05, "text"),
        (Revision::V2025_03_26, "audio"),
    ] {
        let wire = Wire::new(&server);
        open(&wire, revision, json!({"experimental": {OPT_IN: {}}})).await;
        wire.send(legacy("tools/call", json!({"name": "t"}))).await;
        assert_eq!(parts(&wire)[0]["content"][0]["type"], kind);
    }
}

#[tokio::test]
async fn parts_arrive_while_the_tool_still_runs() {
    let (feed, fed) = mpsc::channel::<String>(1);
    let fed = Arc::new(Mutex::new(Some(fed)));
    let server = Server::new("s").tool(Tool::new("t", move || {
        let fed = fed.lock().unwrap().take().unwrap();
        streamed(stream::unfold(fed, async |mut fed| {
            Some((fed.recv().await?, fed))
        }))
    }));
    let wire = Wire::new(server);
    let call = wire.send(modern(
        "tools/call",
        json!({"name": "t", "_meta": {OPT_IN: true}}),
    ));
    let feeds = async {
        for text in ["a", "b"] {
            feed.send(text.to_owned()).await.unwrap();
            let Notice::Other(_, params) = wire.next_notice().await else {
                panic!("not a part")
            };
            let told: Value = params.parse().unwrap();
            assert_eq!(told["content"][0]["text"], text);
        }
        drop(feed);
    };
    let (answer, ()) = tokio::join!(call, feeds);
    assert_eq!(
        blocks(&answer),
        (vec!["a".to_owned(), "b".to_owned()], false)
    );
}

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

#[tokio::test]
async fn everything_that_is_content_can_be_a_part() {
    fn content(part: impl Part) -> Content {
        part.into_part().unwrap()
    }
    let text = Content::text("a");
    assert_eq!(content("a"), text);
    assert_eq!(content("a".to_owned()), text);
    assert_eq!(content(Cow::Borrowed("a")), text);
    assert_eq!(content(text.clone()), text);
    assert_eq!(content(Ok::<_, ToolError>("a")), text);
    assert_eq!(content(Json([1, 2])), Content::text("[1,2]"));
    let picture = content(Image::from_bytes(vec![1], "png"));
    assert!(matches!(picture, Content::Image(_)));
    let sound = content(Audio::from_bytes(vec![1], "wav"));
    assert!(matches!(sound, Content::Audio(_)));
    assert!(Err::<String, _>(ToolError::new("no")).into_part().is_err());
}

/// Lines, one by one.
#[tool]
fn lines(text: String) -> impl Stream<Item = String> + Send {
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    stream::iter(lines)
}

#[tool]
async fn rows(
    table: String,
    ctx: Context,
) -> Result<impl Stream<Item = Result<Content, ToolError>>, ToolError> {
    ctx.info("opening").await;
    if table.is_empty() {
        return Err(ToolError::new("which table?"));
    }
    Ok(stream::iter([Ok(Content::text(table))]))
}

#[tool]
fn boxed() -> Pin<Box<dyn Stream<Item = Image> + Send>> {
    Box::pin(stream::iter([Image::from_bytes(vec![1], "png")]))
}

#[tool]
async fn few() -> Streamed<impl Stream<Item = Json<u8>>> {
    Streamed::new(stream::iter(0..100).map(Json)).max_parts(2)
}

struct Log {
    lines: Vec<String>,
}

#[server]
impl Log {
    #[tool]
    fn tail(&self) -> impl Stream<Item = String> {
        stream::iter(self.lines.iter().cloned())
    }
}

#[tokio::test]
async fn functions_that_return_streams_are_tools() {
    let server = Server::new("s")
        .tool(lines::tool())
        .tool(rows::tool())
        .tool(boxed::tool())
        .tool(few::tool());
    for (tool, arguments, expect) in [
        ("lines", json!({"text": "a\nb"}), &["a", "b"][..]),
        ("rows", json!({"table": "t"}), &["t"]),
        ("rows", json!({"table": ""}), &["which table?"]),
        ("boxed", json!({}), &["?"]),
        (
            "few",
            json!({}),
            &["0", "1", "the result has more than 2 parts"],
        ),
    ] {
        let params = json!({"name": tool, "arguments": arguments});
        let answer = Wire::new(&server).send(modern("tools/call", params)).await;
        assert_eq!(blocks(&answer).0, expect, "{tool}");
    }
    let log = Log {
        lines: vec!["x".to_owned()],
    };
    let result = run(&log.into_server(), "tail", json!({})).await;
    assert_eq!(result.text(), "x");
    assert_eq!(lines("a".to_owned()).collect::<Vec<_>>().await, ["a"]);
}

#[tokio::test]
async fn a_handler_sends_parts_ahead_by_itself() {
    let server = Server::new("s")
        .tool(Tool::new("t", |ctx: Context| async move {
            ctx.stream_content("half").await;
            ctx.stream_content(Content::image("aGk=", "image/png"))
                .await;
            if ctx.wants_stream() {
                "all of it"
            } else {
                "all at once"
            }
        }))
        .tool(Tool::new("outer", |ctx: Context| async move {
            let inner = ctx.call_tool("t", json!({})).await?;
            Ok::<_, ToolError>(inner.content)
        }));
    let call = |tool: &str, meta: Value| modern("tools/call", json!({"name": tool, "_meta": meta}));
    let wire = Wire::new(&server);
    let answer = wire.send(call("t", json!({OPT_IN: true}))).await;
    assert_eq!(blocks(&answer).0, ["all of it"]);
    let told = parts(&wire);
    assert_eq!(told.len(), 2);
    assert_eq!(
        told[0]["content"],
        json!([{"type": "text", "text": "half"}])
    );
    assert_eq!(told[1]["content"][0]["mimeType"], "image/png");
    for (tool, meta) in [("t", json!({})), ("outer", json!({OPT_IN: true}))] {
        let wire = Wire::new(&server);
        let answer = wire.send(call(tool, meta)).await;
        assert_eq!(blocks(&answer).0, ["all at once"], "{tool}");
        assert_eq!(parts(&wire).len(), 0, "{tool}");
    }
}

#[tokio::test(start_paused = true)]
async fn progress_is_thinned_out_and_parts_are_not() {
    let server = Server::new("s").tool(Tool::new("t", || {
        streamed(stream::iter(0..1_000).map(|n| n.to_string()))
    }));
    let (heard, reports) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    let (hears, counts) = (Arc::clone(&heard), Arc::clone(&reports));
    let mut experimental = fmcp::Extra::default();
    experimental.insert(OPT_IN, json!({}));
    let client = Client::builder(&server)
        .capabilities(ClientCapabilities::new().experimental(experimental))
        .on_progress(move |_| *counts.lock().unwrap() += 1)
        .on_notice(move |notice| {
            if matches!(notice, Notice::Other(..)) {
                *hears.lock().unwrap() += 1;
            }
        })
        .connect()
        .await
        .unwrap();
    let result = client.call("t", ()).await.unwrap();
    assert_eq!(result.content().len(), 1_000);
    assert_eq!(*heard.lock().unwrap(), 1_000);
    let reports = *reports.lock().unwrap();
    assert!((1..100).contains(&reports), "{reports}");
}

#[tokio::test]
async fn outside_of_a_call_the_stream_is_just_collected() {
    let result = streamed(stream::iter(["a", "b"])).await.unwrap();
    assert_eq!(result.content.len(), 2);
}
