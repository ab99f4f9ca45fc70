//! Streams that end before all is said, and are taken up again.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    ask, event, open, open_with, result, settings,
    stage::{Stage, Talk, Told, bare, events, legacy, talk},
};

fn progress(message: &str) -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/progress",
        "params": {"progressToken": 1, "progress": 1, "message": message}})
}

/// A server whose stream of a call ends after `first`, and whose streams after that are `then`, one after the
/// other; the last one again and again.
async fn ending(first: &'static str, then: fn(usize, Value) -> Told) -> Stage {
    let (id, count) = (
        Arc::new(Mutex::new(Value::Null)),
        Arc::new(AtomicUsize::new(0)),
    );
    legacy("2025-11-25", move |asked| {
        let (id, count) = (Arc::clone(&id), Arc::clone(&count));
        async move {
            match (asked.verb.as_str(), asked.method()) {
                (_, "tools/call") => {
                    *id.lock().unwrap() = asked.id().clone();
                    Some(events(first))
                }
                ("GET", _) if asked.header("last-event-id") != "-" => {
                    let id = id.lock().unwrap().clone();
                    Some(then(count.fetch_add(1, SeqCst), id))
                }
                _ => None,
            }
        }
    })
    .await
}

/// The ids after which streams were asked for.
fn resumed(stage: &Stage) -> Vec<String> {
    let seen = stage.seen();
    let ids = seen
        .iter()
        .map(|asked| asked.header("last-event-id").to_owned());
    ids.filter(|id| id != "-").collect()
}

#[tokio::test]
async fn a_server_that_says_the_last_event_again_is_heard_once() {
    let stage = ending("id: e-1\nretry: 1\ndata: \n\n", |n, id| match n {
        0 => events(format!("id: e-2\n{}", event(&progress("half")))),
        // What has no id of its own is new, whatever stands before it.
        1 => events(format!(
            "id: e-2\n{}{}",
            event(&progress("half")),
            event(&progress("more"))
        )),
        _ => events(format!(
            "id: e-2\n\n{}",
            event(&result(&id, json!({"n": 1})))
        )),
    })
    .await;
    let (link, peer) = open(&stage).await;
    let answer = ask(&link, "tools/call", json!({"name": "t"}))
        .await
        .unwrap();
    assert_eq!(answer, json!({"n": 1}));
    assert_eq!(resumed(&stage), ["e-1", "e-2", "e-2"]);
    assert_eq!(peer.heard(), ["progress half", "progress more"]);
}

#[tokio::test]
async fn the_stream_of_a_call_goes_on_where_it_has_ended_and_not_before_its_time() {
    let stage = ending("id: e-1\nretry: 60\ndata: \n\n", |n, id| match n {
        0 => events(format!("id: e-2\n{}", event(&progress("half")))),
        _ => events(format!("id: e-3\n{}", event(&result(&id, json!({"n": 1}))))),
    })
    .await;
    let (link, peer) = open(&stage).await;
    let begun = Instant::now();
    let answer = ask(&link, "tools/call", json!({"name": "t"}))
        .await
        .unwrap();
    assert_eq!(answer, json!({"n": 1}));
    assert!(
        begun.elapsed() >= Duration::from_millis(120),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(resumed(&stage), ["e-1", "e-2"]);
    assert_eq!(peer.heard(), ["progress half"]);
}

#[tokio::test]
async fn a_stream_that_cannot_be_opened_for_a_moment_is_tried_again() {
    let stage = ending("id: e-1\ndata: \n\n", |n, id| match n {
        0 => bare(503),
        1 => bare(500),
        _ => events(event(&result(&id, json!({"n": 1})))),
    })
    .await;
    let (link, _) = open(&stage).await;
    let answer = ask(&link, "tools/call", json!({"name": "t"}))
        .await
        .unwrap();
    assert_eq!(answer, json!({"n": 1}));
    assert_eq!(resumed(&stage).len(), 3);
}

#[tokio::test]
async fn a_stream_with_nothing_new_is_given_up_and_the_call_cancelled() {
    let stage = ending("id: e-1\ndata: \n\n", |_, _| events("")).await;
    let mut settings = settings(&stage);
    settings.resumptions = 2;
    let (link, _) = open_with(settings).await;
    let words = ask(&link, "tools/call", json!({"name": "t"}))
        .await
        .unwrap_err();
    assert!(words.contains("again and again"), "{words}");
    assert_eq!(resumed(&stage), ["e-1"; 3]);
    stage.until("notifications/cancelled in s-1").await;
}

#[tokio::test]
async fn a_stream_that_is_not_known_any_more_fails_its_call_only() {
    for (first, status, expect) in [
        ("id: e-1\ndata: \n\n", 404, "is not taken up again"),
        ("id: e-1\ndata: \n\n", 405, "is not taken up again"),
        ("data: \n\n", 200, "cannot be taken up again"),
        ("id: e-1\n\nid\n\n", 200, "cannot be taken up again"),
    ] {
        let stage = match status {
            404 => ending(first, |_, _| bare(404)).await,
            _ => ending(first, |_, _| bare(405)).await,
        };
        let mut settings = settings(&stage);
        settings.listens = false;
        let (link, _) = open_with(settings).await;
        let words = ask(&link, "tools/call", json!({"name": "t"}))
            .await
            .unwrap_err();
        assert!(words.contains(expect), "{words}");
        ask(&link, "tools/list", json!({})).await.unwrap();
        let calls = stage
            .log()
            .iter()
            .filter(|line| line.starts_with("tools/call"))
            .count();
        assert_eq!(calls, 1, "a call that may have run is not made again");
    }
}

#[tokio::test]
async fn what_belongs_to_no_call_is_heard_in_one_stream_after_the_other() {
    let count = Arc::new(AtomicUsize::new(0));
    let held = Arc::new(Mutex::new(Vec::new()));
    let changed = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
    let stage = {
        let (count, held) = (Arc::clone(&count), Arc::clone(&held));
        legacy("2025-11-25", move |asked| {
            let (count, held, changed) = (Arc::clone(&count), Arc::clone(&held), changed.clone());
            async move {
                (asked.verb == "GET").then(|| match count.fetch_add(1, SeqCst) {
                    0 => events(format!("retry: 30\nid: g-1\n{}", event(&changed))),
                    1 => bare(503),
                    2 => events(format!("id: g-2\n{}", event(&changed))),
                    _ => {
                        let (talk, told) = talk();
                        held.lock().unwrap().push(talk);
                        told
                    }
                })
            }
        })
        .await
    };
    let begun = Instant::now();
    let (link, peer) = open(&stage).await;
    assert_eq!(peer.until(2).await, ["notifications/tools/list_changed"; 2]);
    assert!(
        begun.elapsed() >= Duration::from_millis(60),
        "{:?}",
        begun.elapsed()
    );
    super::soon(async {
        while held.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(resumed(&stage), ["g-1", "g-1", "g-2"]);
    let talk = held.lock().unwrap().pop().unwrap();
    drop(link);
    talk.unread().await;
}

#[tokio::test]
async fn a_lost_session_is_noticed_by_who_listens_and_heard_on() {
    let count = Arc::new(AtomicUsize::new(0));
    let stage = legacy("2025-11-25", move |asked| {
        let count = Arc::clone(&count);
        async move {
            match (asked.verb.as_str(), asked.header("mcp-session-id")) {
                ("GET", "s-1") if count.fetch_add(1, SeqCst) == 0 => {
                    Some(events("id: g-1\ndata: \n\n"))
                }
                ("GET", "s-1") => Some(bare(404)),
                ("GET", _) => {
                    let changed =
                        json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
                    Some(events(event(&changed)))
                }
                _ => None,
            }
        }
    })
    .await;
    let (_link, peer) = open(&stage).await;
    peer.until(1).await;
    let opened = stage
        .log()
        .iter()
        .filter(|line| *line == "initialize")
        .count();
    assert_eq!(opened, 2);
    assert_eq!(
        resumed(&stage),
        ["g-1"],
        "the new session knows nothing of the old one's events"
    );
}

/// A server with sessions whose own stream is `talks`, and whose calls are answered with a stream that says nothing.
async fn with_stream_of_its_own() -> (Stage, Arc<Mutex<Vec<Talk>>>) {
    let held = Arc::new(Mutex::new(Vec::new()));
    let talks = Arc::clone(&held);
    let stage = legacy("2025-11-25", move |asked| {
        let talks = Arc::clone(&talks);
        async move {
            (asked.verb == "GET" || asked.method() == "tools/call").then(|| {
                let (talk, told) = talk();
                talks.lock().unwrap().push(talk);
                told
            })
        }
    })
    .await;
    (stage, held)
}

#[tokio::test]
async fn the_stream_of_what_belongs_to_no_call_is_there_before_the_first_call() {
    let (stage, _talks) = with_stream_of_its_own().await;
    let (_link, _) = open(&stage).await;
    assert_eq!(stage.log().last().unwrap(), "GET in s-1");
}

#[tokio::test]
async fn a_server_that_does_not_say_whether_it_has_a_stream_is_not_waited_for_long() {
    let stage = legacy("2025-11-25", async |asked| {
        if asked.verb == "GET" {
            std::future::pending::<()>().await;
        }
        None
    })
    .await;
    let (link, _) = open(&stage).await;
    ask(&link, "tools/list", json!({})).await.unwrap();
}

#[tokio::test]
async fn an_answer_on_another_stream_than_that_of_its_call_is_one() {
    let (stage, talks) = with_stream_of_its_own().await;
    let (link, peer) = open(&stage).await;
    let calling = tokio::spawn({
        let link = Arc::clone(&link);
        async move { ask(&link, "tools/call", json!({"name": "t"})).await }
    });
    let asked = stage.until("tools/call in s-1").await;
    let own = talks.lock().unwrap().remove(0);
    own.say(event(&result(&json!("nobody's"), json!({})))).await;
    let late = result(&json!(999), json!({"n": 0}));
    own.say(event(&late)).await;
    own.say(event(&result(asked.id(), json!({"n": 1})))).await;
    let answer = super::soon(calling).await.unwrap();
    assert_eq!(answer.unwrap(), json!({"n": 1}));
    assert!(peer.heard().is_empty());
    // Its own stream is not read any more, and nobody is told of a call that has its answer.
    let of_call = talks.lock().unwrap().remove(0);
    of_call.unread().await;
    ask(&link, "tools/list", json!({})).await.unwrap();
    let cancelled = "notifications/cancelled in s-1".to_owned();
    assert!(!stage.log().contains(&cancelled), "{:?}", stage.log());
}
