//! What calls may do to each other.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_fast_call_overtakes_a_slow_one() {
    let mut peer = connect(Settings::default());
    peer.call(1, "slow").await;
    peer.call(2, "echo").await;
    assert_eq!(peer.hear().await["id"], 2);
    assert_eq!(peer.hear().await["id"], 1);
}

#[tokio::test(start_paused = true)]
async fn calls_that_came_at_once_run_at_once() {
    let mut peer = connect(Settings::default());
    let begun = tokio::time::Instant::now();
    for id in 0..50 {
        peer.call(id, "slow").await;
    }
    for _ in 0..50 {
        assert_eq!(text(&peer.hear().await), "slow");
    }
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_in_use_is_refused_and_may_be_used_again_later() {
    let mut peer = connect(Settings::default());
    peer.call("a", "slow").await;
    peer.call("a", "echo").await;
    assert_eq!(code(&peer.hear().await), -32600);
    assert_eq!(text(&peer.hear().await), "slow");
    peer.call("a", "echo").await;
    assert_eq!(text(&peer.hear().await), "echo");
}

#[tokio::test(start_paused = true)]
async fn a_number_and_a_string_are_two_ids() {
    let mut peer = connect(Settings::default());
    peer.call(1, "slow").await;
    peer.call("1", "slow").await;
    for _ in 0..2 {
        assert_eq!(text(&peer.hear().await), "slow");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_stops_and_is_not_answered() {
    let mut peer = connect(Settings::default());
    peer.call("a", "hang").await;
    peer.say(notification(
        "notifications/cancelled",
        json!({"requestId": "a"}),
    ))
    .await;
    timeout(LONG, peer.dropped.begun()).await.unwrap();
    peer.hears_nothing().await;
    peer.call("a", "echo").await;
    assert_eq!(text(&peer.hear().await), "echo");
}

#[tokio::test(start_paused = true)]
async fn cancelling_what_is_not_there_does_nothing() {
    let mut peer = connect(Settings::default());
    for params in [
        json!({"requestId": 7}),
        json!({"requestId": {}}),
        json!({}),
        json!({"requestId": "session"}),
    ] {
        peer.say(notification("notifications/cancelled", params))
            .await;
    }
    peer.call(7, "echo").await;
    assert_eq!(text(&peer.hear().await), "echo");
}

/// The call is done, and its answer is on its way, when the word comes that it is not wanted.
#[tokio::test(start_paused = true)]
async fn a_late_answer_is_not_taken_for_that_of_the_next_call_of_its_id() {
    use std::{future::poll_fn, task::Poll};

    let script = Script {
        dropped: Drain::new(),
    };
    let mut connection = Connection::new(Arc::new(script), Settings::default());
    let slow = request(1, "tools/call", json!({"name": "slow", "_meta": meta()}));
    connection.take(slow.to_string().into());
    // Its task finishes, and nobody has looked yet.
    sleep(Duration::from_secs(2)).await;
    let cancelled = notification("notifications/cancelled", json!({"requestId": 1}));
    connection.take(cancelled.to_string().into());
    connection.take(slow.to_string().into());
    let mut messages = 0;
    let until = tokio::time::Instant::now() + Duration::from_secs(5);
    let mut wait = Box::pin(tokio::time::sleep_until(until));
    poll_fn(|cx| {
        while let Poll::Ready(message) = connection.poll_message(cx) {
            assert!(message.is_some());
            messages += 1;
        }
        wait.as_mut().poll(cx)
    })
    .await;
    assert_eq!(messages, 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_is_answered() {
    let mut settings = Settings::default();
    settings.call_timeout = Duration::from_secs(3);
    let mut peer = connect(settings);
    peer.call(1, "hang").await;
    let answer = peer.hear().await;
    assert_eq!(answer["id"], 1);
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("too long")
    );
    assert!(peer.dropped.has_begun());
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_panics_fails_one_call() {
    let mut peer = connect(Settings::default());
    for tool in ["panic", "panic later"] {
        peer.call(1, tool).await;
        let answer = peer.hear().await;
        assert_eq!(
            (code(&answer), &answer["id"]),
            (-32603, &json!(1)),
            "{tool}"
        );
    }
    peer.say(notification("x/panic", json!({}))).await;
    peer.call(1, "echo").await;
    assert_eq!(text(&peer.hear().await), "echo");
}

#[tokio::test(start_paused = true)]
async fn what_comes_behind_a_handshake_waits_for_it() {
    let mut peer = connect(Settings::default());
    let mut text = handshake("2025-06-18").to_string();
    let next = request(1, "tools/call", json!({"name": "echo"}));
    let initialized = notification("notifications/initialized", json!({}));
    text.push_str(&format!("\n{initialized}\n{next}\n"));
    peer.say_text(text).await;
    assert_eq!(peer.hear().await["id"], 0);
    // The session hears of changes unasked, because `initialized` did not come before the session either.
    let changed = peer.hear().await;
    assert_eq!(changed["method"], "notifications/tools/list_changed");
    assert_eq!(super::text(&peer.hear().await), "echo");
}

#[tokio::test(start_paused = true)]
async fn both_eras_may_follow_each_other() {
    let mut peer = connect(Settings::default());
    peer.call(1, "echo").await;
    assert_eq!(peer.hear().await["result"]["resultType"], "complete");
    peer.open("2024-11-05").await;
    peer.say(request(2, "tools/call", json!({"name": "echo"})))
        .await;
    let answer = peer.hear().await;
    assert_eq!(
        (text(&answer), &answer["result"]["resultType"]),
        ("echo", &Value::Null)
    );
    peer.call(3, "echo").await;
    assert_eq!(peer.hear().await["result"]["resultType"], "complete");
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_answered_as_one_where_there_are_batches() {
    let mut peer = connect(Settings::default());
    let batch = json!([
        request(1, "tools/call", json!({"name": "slow"})),
        notification("x/heard", json!({})),
        request(2, "tools/call", json!({"name": "echo"})),
    ]);
    peer.say(batch.clone()).await;
    assert_eq!(code(&peer.hear().await), -32600);
    peer.open("2025-03-26").await;
    peer.say(batch).await;
    let answers = peer.hear().await;
    let mut ids: Vec<_> = (answers.as_array().unwrap().iter())
        .map(|answer| answer["id"].as_i64().unwrap())
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2]);
}
