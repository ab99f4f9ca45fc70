//! Who hears of which part, and when.

use std::sync::{Arc, Mutex};

use fmcp::{Client, Content, Context, ToolError, model::ClientCapabilities, testing::modern};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use super::*;

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
