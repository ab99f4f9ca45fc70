//! Calls that stand alone.

use std::sync::{Arc, Mutex};

use fmcp_core::{Kind, protocol::Revision};
use http::HeaderMap;
use serde_json::json;

use super::{
    answer, ask, call, error, event, open,
    peer::Peer,
    result, settings, soon,
    stage::{Asked, Stage, Told, bare, json, modern, streamed, talk},
};

fn echo(asked: &Asked) -> Told {
    json(
        200,
        &result(asked.id(), json!({"echo": asked.body["params"]})),
    )
}

fn progress(message: &str) -> serde_json::Value {
    json!({"jsonrpc": "2.0", "method": "notifications/progress",
        "params": {"progressToken": 1, "progress": 1, "message": message}})
}

#[tokio::test]
async fn a_call_says_in_headers_what_it_says_in_its_body() {
    let stage = modern(|asked| async move { echo(&asked) }).await;
    let (link, _) = open(&stage).await;
    let params = json!({"name": "wetter é", "arguments": {"n": 1}});
    let answer = ask(&link, "tools/call", params.clone()).await.unwrap();
    assert_eq!(answer, json!({"echo": params}));
    let asked = &stage.seen()[1];
    assert_eq!(asked.header("mcp-protocol-version"), "2026-07-28");
    assert_eq!(asked.header("mcp-method"), "tools/call");
    assert_eq!(asked.header("mcp-name"), "=?base64?d2V0dGVyIMOp?=");
    assert_eq!(asked.header("content-type"), "application/json");
    assert_eq!(asked.header("mcp-session-id"), "-");
    assert!(link.carries_headers());
}

#[tokio::test]
async fn headers_of_a_call_go_with_it_but_for_those_that_are_not_its_own() {
    let stage = modern(|asked| async move { echo(&asked) }).await;
    let mut settings = settings(&stage);
    settings.headers.insert("x-tenant", "one".parse().unwrap());
    let (link, _) = super::open_with(settings).await;
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("mcp-param-region", "us-west1"),
        ("traceparent", "00-1-2-01"),
        ("x-tenant", "two"),
        ("authorization", "Bearer secret-of-somebody-else"),
        ("cookie", "secret"),
        ("host", "elsewhere"),
        ("content-length", "3"),
        ("mcp-method", "tools/list"),
        ("mcp-protocol-version", "2025-11-25"),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    let call = call("tools/call", json!({"name": "t"})).with_headers(Arc::new(headers));
    answer(soon(link.call(call)).await).unwrap();
    let asked = &stage.seen()[1];
    for (name, expect) in [
        ("mcp-param-region", "us-west1"),
        ("traceparent", "00-1-2-01"),
        ("x-tenant", "one"),
        ("authorization", "-"),
        ("cookie", "-"),
        ("mcp-method", "tools/call"),
        ("mcp-protocol-version", "2026-07-28"),
    ] {
        assert_eq!(asked.header(name), expect, "{name}");
    }
}

#[tokio::test]
async fn what_is_told_before_the_answer_is_heard_before_it_by_who_called() {
    let stage = modern(|asked| async move {
        let told = [progress("one"), progress("two")];
        streamed(&told, &result(asked.id(), json!({})))
    })
    .await;
    let (link, everybody) = open(&stage).await;
    let own = Arc::new(Peer::default());
    let call = call("tools/call", json!({"name": "t"})).with_peer(own.clone());
    answer(soon(link.call(call)).await).unwrap();
    assert_eq!(own.heard(), ["progress one", "progress two"]);
    assert_eq!(everybody.heard(), Vec::<String>::new());
    ask(&link, "tools/call", json!({"name": "t"}))
        .await
        .unwrap();
    assert_eq!(everybody.heard().len(), 2);
}

#[tokio::test]
async fn an_error_of_the_server_arrives_as_it_is() {
    let stage = modern(|asked| async move {
        let code = asked.body["params"]["code"].as_i64().unwrap();
        json(
            if code == -32601 { 404 } else { 400 },
            &json!({"jsonrpc": "2.0", "id": asked.id(),
                "error": {"code": code, "message": "no", "data": {"why": 1}}}),
        )
    })
    .await;
    let (link, _) = open(&stage).await;
    for (code, kind) in [
        (-32022, Kind::UnsupportedRevision),
        (-32020, Kind::HeaderMismatch),
        (-32601, Kind::MethodNotFound),
        (-32602, Kind::InvalidParams),
        (-5, Kind::Other(-5)),
    ] {
        let error = soon(link.call(call("x/y", json!({"code": code}))))
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.message()), (kind, "no"));
        assert_eq!(error.to_object().data.unwrap().as_str(), r#"{"why":1}"#);
    }
}

#[tokio::test]
async fn dropping_a_call_closes_its_response() {
    let talks = Arc::new(Mutex::new(Vec::new()));
    let stage = {
        let talks = Arc::clone(&talks);
        modern(move |_| {
            let (talk, told) = talk();
            talks.lock().unwrap().push(talk);
            async { told }
        })
        .await
    };
    let (link, peer) = open(&stage).await;
    let running =
        tokio::spawn(async move { link.call(call("tools/call", json!({"name": "t"}))).await });
    stage.until("tools/call").await;
    let talk = talks.lock().unwrap().pop().unwrap();
    talk.say(event(&progress("begun"))).await;
    assert_eq!(peer.until(1).await, ["progress begun"]);
    running.abort();
    talk.unread().await;
    assert_eq!(
        stage.log(),
        ["server/discover", "tools/call"],
        "nothing else is said"
    );
}

#[tokio::test]
async fn a_stream_of_changes_stays_open_and_ends_with_the_link() {
    let talks = Arc::new(Mutex::new(Vec::new()));
    let stage = {
        let talks = Arc::clone(&talks);
        modern(move |_| {
            let (talk, told) = talk();
            talks.lock().unwrap().push(talk);
            async { told }
        })
        .await
    };
    let (link, _) = open(&stage).await;
    let own = Arc::new(Peer::default());
    let listen = call(
        "subscriptions/listen",
        json!({"notifications": {"toolsListChanged": true}}),
    )
    .with_id("7".into())
    .with_peer(own.clone());
    let listening = {
        let link = Arc::clone(&link);
        tokio::spawn(async move { link.call(listen).await })
    };
    assert_eq!(stage.until("subscriptions/listen").await.id(), 7);
    let talk = talks.lock().unwrap().pop().unwrap();
    for method in ["subscriptions/acknowledged", "tools/list_changed"] {
        let told =
            json!({"jsonrpc": "2.0", "method": format!("notifications/{method}"), "params": {}});
        talk.say(format!(": still there\n\n{}", event(&told))).await;
    }
    let heard = own.until(2).await;
    assert_eq!(heard[1], "notifications/tools/list_changed");
    link.close().await;
    let error = soon(listening).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    talk.unread().await;
    let error = soon(link.call(call("tools/list", json!({}))))
        .await
        .unwrap_err();
    assert!(error.is_unsent(), "{error}");
}

#[tokio::test]
async fn a_stream_that_ends_without_an_answer_is_an_error() {
    let stage = modern(|asked| async move {
        match asked.body["params"]["how"].as_str() {
            Some("accept") => bare(202),
            Some("break") => {
                let (talk, told) = talk();
                tokio::spawn(talk.break_off());
                told
            }
            _ => super::stage::events(event(&progress("bye"))),
        }
    })
    .await;
    let (link, _) = open(&stage).await;
    for (how, expect) in [
        ("end", "ended before the answer came"),
        ("break", "broke"),
        ("accept", "does not answer it"),
    ] {
        let words = ask(&link, "x/y", json!({"how": how})).await.unwrap_err();
        assert!(words.contains(expect), "{words}");
    }
}

#[tokio::test]
async fn a_redirect_is_followed_within_the_origin_only() {
    let stage = modern(|asked| async move {
        let to = match (
            asked.path.as_str(),
            asked.body["params"]["to"].as_str().unwrap(),
        ) {
            ("/mcp", to) => to.to_owned(),
            ("/mcp/", _) => return echo(&asked),
            (path, _) => path.to_owned(),
        };
        super::stage::with(bare(307), "location", &to)
    })
    .await;
    let (link, _) = open(&stage).await;
    let own = json!({"to": "/mcp/"});
    assert_eq!(
        ask(&link, "x/y", own.clone()).await.unwrap(),
        json!({"echo": own})
    );
    let words = ask(&link, "x/y", json!({"to": "http://other.invalid/?secret"}))
        .await
        .unwrap_err();
    assert!(
        words.contains("to http://other.invalid/; if that is where"),
        "{words}"
    );
    let words = ask(&link, "x/y", json!({"to": "/round"}))
        .await
        .unwrap_err();
    assert!(words.contains("again and again"), "{words}");
}

#[tokio::test]
async fn a_thousand_calls_at_once_get_their_own_answers() {
    let stage = modern(|asked| async move {
        let n = asked.body["params"]["n"].clone();
        if n.as_u64().unwrap().is_multiple_of(2) {
            streamed(&[progress("half")], &result(asked.id(), n))
        } else {
            json(200, &result(asked.id(), n))
        }
    })
    .await;
    let (link, peer) = open(&stage).await;
    let calls = (0..1_000).map(|n| {
        let link = Arc::clone(&link);
        tokio::spawn(async move { (n, link.call(call("x/y", json!({"n": n}))).await) })
    });
    for call in calls.collect::<Vec<_>>() {
        let (n, outcome) = soon(call).await.unwrap();
        assert_eq!(answer(outcome).unwrap(), json!(n));
    }
    assert_eq!(peer.heard().len(), 500);
}

#[tokio::test]
async fn a_server_that_goes_away_is_unavailable_and_nothing_was_sent() {
    let stage = modern(|asked| async move { json(200, &error(asked.id(), 1, "")) }).await;
    let (link, _) = open(&stage).await;
    assert_eq!(link.revision(), Revision::NEWEST);
    let gone = Stage::new(|_| async { bare(500) }).await;
    let mut elsewhere = settings(&gone);
    drop(gone);
    tokio::task::yield_now().await;
    elsewhere.credentials = None;
    let peer = Arc::new(Peer::default());
    let opened = super::try_open(elsewhere, None, &peer).await;
    let error = opened.err().unwrap();
    assert_eq!(error.kind(), Kind::Unavailable, "{error}");
    assert!(error.is_unsent(), "{error:?}");
}
