//! HTTP+SSE: where a server speaks nothing else.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use fmcp_core::{Kind, protocol::Revision};
use serde_json::json;

use super::{
    answer, ask, call, event, open,
    peer::Peer,
    result, settings, soon,
    stage::{Asked, Stage, Talk, Told, bare, talk, told},
    try_open,
};

/// The streams that a server talks on, the last of them last.
type Talks = Arc<Mutex<Vec<Arc<Talk>>>>;

/// A server of HTTP+SSE that says to post to `endpoint`, and does with calls as `script` says.
async fn old<F>(
    endpoint: &'static str,
    script: impl Fn(Asked, Arc<Talk>) -> F + Send + Sync + 'static,
) -> (Stage, Talks)
where
    F: Future<Output = Told> + Send + 'static,
{
    let talks = Talks::default();
    let stage = {
        let talks = Arc::clone(&talks);
        let script = Arc::new(script);
        Stage::new(move |asked| {
            let (talks, script) = (Arc::clone(&talks), Arc::clone(&script));
            async move {
                if asked.verb == "GET" {
                    let (talk, told) = talk();
                    talk.say(format!("event: endpoint\ndata: {endpoint}\n\n"))
                        .await;
                    talks.lock().unwrap().push(Arc::new(talk));
                    return told;
                }
                if asked.path != "/messages" {
                    return told(405, "text/plain", "only GET");
                }
                let Some(talk) = talks.lock().unwrap().last().cloned() else {
                    return bare(404);
                };
                let about = json!({"protocolVersion": "2024-11-05", "capabilities": {},
                    "serverInfo": {"name": "old", "version": "1"}});
                match asked.method() {
                    "initialize" => talk.say(event(&result(asked.id(), about))).await,
                    "" | "notifications/initialized" | "notifications/cancelled" => {}
                    _ => return script(asked, talk).await,
                }
                bare(202)
            }
        })
        .await
    };
    (stage, talks)
}

async fn echo(asked: Asked, talk: Arc<Talk>) -> Told {
    let answer = json!({"method": asked.method(), "params": asked.body["params"]});
    talk.say(event(&result(asked.id(), answer))).await;
    bare(202)
}

#[tokio::test]
async fn a_server_that_knows_nothing_else_is_spoken_to_on_its_stream() {
    let (stage, _talks) = old("/messages?session=7", echo).await;
    let mut settings = settings(&stage);
    settings.headers.insert("x-tenant", "one".parse().unwrap());
    let peer = Arc::new(Peer::default());
    let link = try_open(settings.clone(), None, &peer).await.unwrap();
    assert_eq!(link.revision(), Revision::V2024_11_05);
    assert!(!link.carries_headers());
    let answer = ask(&link, "tools/list", json!({"n": 1})).await.unwrap();
    assert_eq!(answer, json!({"method": "tools/list", "params": {"n": 1}}));
    let expect = [
        "server/discover",
        "initialize",
        "GET",
        "initialize",
        "notifications/initialized",
        "tools/list",
    ];
    assert_eq!(stage.log(), expect);
    for asked in stage.seen() {
        assert_eq!(asked.header("x-tenant"), "one");
    }
    // The next one knows.
    try_open(settings, None, &peer).await.unwrap();
    assert_eq!(stage.log()[6..8], ["GET", "initialize"]);
}

#[tokio::test]
async fn what_is_told_and_asked_on_the_stream_finds_its_way() {
    let (stage, talks) = old("/messages", echo).await;
    let (link, everybody) = open(&stage).await;
    let talk = talks.lock().unwrap().last().unwrap().clone();
    let told = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
    let question = json!({"jsonrpc": "2.0", "id": "q", "method": "roots/list"});
    talk.say(event(&told) + &event(&question)).await;
    let posted = stage.until("POST answer").await;
    assert_eq!(posted.body, result(&json!("q"), json!({"roots": []})));
    let heard = everybody.until(2).await;
    assert_eq!(
        heard,
        ["notifications/tools/list_changed", "asked roots/list"]
    );
    link.close().await;
    talk.unread().await;
    let error = soon(link.call(call("x/y", json!({})))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
}

#[tokio::test]
async fn a_message_that_does_not_arrive_fails_its_call_only() {
    let (stage, _talks) = old("/messages", |asked, talk| async move {
        match asked.method() {
            "bad" => told(500, "text/plain", "no luck"),
            "never" => std::future::pending().await,
            _ => echo(asked, talk).await,
        }
    })
    .await;
    let (link, _) = open(&stage).await;
    let waiting = {
        let link = Arc::clone(&link);
        tokio::spawn(async move { link.call(call("never", json!({}))).await })
    };
    stage.until("never").await;
    let words = ask(&link, "bad", json!({})).await.unwrap_err();
    assert!(
        words.contains("HTTP 500 Internal Server Error: no luck"),
        "{words}"
    );
    ask(&link, "good", json!({})).await.unwrap();
    waiting.abort();
    stage.until("notifications/cancelled").await;
}

#[tokio::test]
async fn a_thousand_calls_at_once_get_their_own_answers() {
    let (stage, _talks) = old("/messages", echo).await;
    let (link, _) = open(&stage).await;
    let calls = (0..1_000).map(|n| {
        let link = Arc::clone(&link);
        tokio::spawn(async move { (n, link.call(call("x/y", json!({"n": n}))).await) })
    });
    for call in calls.collect::<Vec<_>>() {
        let (n, outcome) = soon(call).await.unwrap();
        assert_eq!(answer(outcome).unwrap()["params"], json!({"n": n}));
    }
}

#[tokio::test]
async fn a_stream_that_ends_is_opened_again_by_who_calls_next() {
    let count = AtomicUsize::new(0);
    let (stage, talks) = old("/messages", move |asked, talk| {
        let is_lost = asked.method() == "lost" && count.fetch_add(1, SeqCst) == 0;
        async move {
            if is_lost {
                bare(404)
            } else {
                echo(asked, talk).await
            }
        }
    })
    .await;
    let (link, _) = open(&stage).await;
    talks.lock().unwrap().clear();
    super::soon(async {
        while ask(&link, "x/y", json!({})).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // The server does not know its stream any more, which only a POST finds out.
    let words = ask(&link, "lost", json!({})).await.unwrap_err();
    assert!(
        words.contains("does not know its stream any more"),
        "{words}"
    );
    ask(&link, "lost", json!({})).await.unwrap();
}

#[tokio::test]
async fn nobody_is_posted_to_but_who_talks() {
    let (stage, _talks) = old("https://elsewhere.invalid/messages", echo).await;
    let peer = Arc::new(Peer::default());
    let mut greeting = super::greeting(Some(Revision::V2024_11_05));
    greeting.log_level = None;
    let opened = fmcp_transport::client::http::open(settings(&stage), &greeting, peer).await;
    let error = opened.err().unwrap();
    assert_eq!(error.kind(), Kind::InvalidRequest);
    assert_eq!(stage.log(), ["initialize", "GET"]);
}
