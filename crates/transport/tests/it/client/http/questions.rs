//! What a server asks while somebody waits for its answer, and at any other time.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{
    ask, event, open,
    peer::Peer,
    result, settings, soon,
    stage::{Stage, Talk, legacy, streamed, talk},
    try_open,
};

fn question(id: Value, method: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": {}})
}

/// A server whose stream of what belongs to no call is in our hands.
async fn talkative() -> (Stage, Arc<Mutex<Vec<Talk>>>) {
    let held = Arc::new(Mutex::new(Vec::new()));
    let stage = {
        let held = Arc::clone(&held);
        legacy("2025-11-25", move |asked| {
            let held = Arc::clone(&held);
            async move {
                (asked.verb == "GET").then(|| {
                    let (talk, told) = talk();
                    held.lock().unwrap().push(talk);
                    told
                })
            }
        })
        .await
    };
    (stage, held)
}

/// What has been answered, in the order in which it came.
fn answers(stage: &Stage) -> Vec<Value> {
    let seen = stage.seen();
    let answers = seen
        .iter()
        .filter(|asked| asked.verb == "POST" && asked.method().is_empty());
    answers.map(|asked| asked.body.clone()).collect()
}

async fn until_answered(stage: &Stage, many: usize) -> Vec<Value> {
    soon(async {
        while answers(stage).len() < many {
            tokio::task::yield_now().await;
        }
    })
    .await;
    answers(stage)
}

#[tokio::test]
async fn a_question_on_the_stream_of_a_call_is_answered_in_a_message_of_its_own() {
    let stage = legacy("2025-11-25", |asked| async move {
        (asked.method() == "tools/call").then(|| {
            let asked_first = [
                question(json!("q-1"), "roots/list"),
                question(json!(2), "ping"),
            ];
            streamed(&asked_first, &result(asked.id(), json!({})))
        })
    })
    .await;
    let (link, peer) = open(&stage).await;
    ask(&link, "tools/call", json!({"name": "t"}))
        .await
        .unwrap();
    let mut answers = until_answered(&stage, 2).await;
    answers.sort_by_key(|answer| answer["id"].is_string());
    let expect = [
        result(&json!(2), json!({})),
        result(&json!("q-1"), json!({"roots": []})),
    ];
    assert_eq!(answers, expect);
    assert_eq!(peer.heard(), ["asked roots/list"], "pings are for the link");
    let posted = stage.until("POST answer in s-1").await;
    assert_eq!(posted.header("mcp-protocol-version"), "2025-11-25");
}

#[tokio::test]
async fn a_question_may_come_at_any_time_and_be_taken_back() {
    let (stage, held) = talkative().await;
    let peer = Arc::new(Peer::slow());
    let link = try_open(settings(&stage), None, &peer).await.unwrap();
    stage.until("GET in s-1").await;
    let talk = held.lock().unwrap().pop().unwrap();
    talk.say(event(&question(json!(1), "roots/list"))).await;
    assert_eq!(peer.until(1).await, ["asked roots/list"]);
    // The same once more, as when a stream is taken up again: it is asked once.
    talk.say(event(&question(json!(1), "roots/list"))).await;
    talk.say(event(
        &json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": {"requestId": 1}}),
    ))
    .await;
    assert_eq!(peer.until(2).await[1], "cancelled");
    talk.say(event(&question(json!(2), "ping"))).await;
    let answers = until_answered(&stage, 1).await;
    assert_eq!(answers, [result(&json!(2), json!({}))]);
    drop(link);
}

#[tokio::test]
async fn who_asks_too_much_is_refused_and_the_rest_goes_on() {
    let (stage, held) = talkative().await;
    let peer = Arc::new(Peer::slow());
    let mut settings = settings(&stage);
    settings.questions = 2;
    let link = try_open(settings, None, &peer).await.unwrap();
    stage.until("GET in s-1").await;
    let talk = held.lock().unwrap().pop().unwrap();
    for n in 0..5 {
        talk.say(event(&question(json!(n), "roots/list"))).await;
    }
    let answers = until_answered(&stage, 3).await;
    for answer in answers {
        let words = answer["error"]["message"].as_str().unwrap();
        assert!(words.contains("at most 2 questions"), "{words}");
    }
    ask(&link, "tools/list", json!({})).await.unwrap();
    assert_eq!(peer.heard().len(), 2);
    link.close().await;
    assert_eq!(peer.until(4).await[2..], ["cancelled", "cancelled"]);
}

#[tokio::test]
async fn a_question_that_nobody_answers_ends() {
    let (stage, held) = talkative().await;
    let peer = Arc::new(Peer::slow());
    let mut settings = settings(&stage);
    settings.question_timeout = std::time::Duration::from_millis(10);
    let link = try_open(settings, None, &peer).await.unwrap();
    stage.until("GET in s-1").await;
    let talk = held.lock().unwrap().pop().unwrap();
    talk.say(event(&question(json!(1), "roots/list"))).await;
    let answers = until_answered(&stage, 1).await;
    let words = answers[0]["error"]["message"].as_str().unwrap();
    assert!(words.contains("nobody answered within"), "{words}");
    drop(link);
}
