//! How much one peer may do, at the edge.

use fmcp_core::protocol::Limits;

use super::*;

#[tokio::test(start_paused = true)]
async fn as_many_calls_run_as_may_and_not_one_more() {
    let mut settings = Settings::default();
    settings.calls = 3;
    let mut peer = connect(settings);
    for id in 1..=4 {
        peer.call(id, "slow").await;
    }
    let refused = peer.hear().await;
    assert_eq!(refused["id"], 4);
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap()
            .contains("too much")
    );
    for _ in 0..3 {
        assert_eq!(text(&peer.hear().await), "slow");
    }
    peer.call(5, "slow").await;
    assert_eq!(text(&peer.hear().await), "slow");
}

#[tokio::test(start_paused = true)]
async fn batches_count_as_calls() {
    let mut settings = Settings::default();
    settings.calls = 2;
    let mut peer = connect(settings);
    peer.open("2025-03-26").await;
    for id in 1..=3 {
        peer.say(json!([request(id, "tools/call", json!({"name": "slow"}))]))
            .await;
    }
    let refused = peer.hear().await;
    assert_eq!(refused[0]["id"], 3);
    assert!(code(&refused[0]) < 0);
    for _ in 0..2 {
        assert_eq!(text(&peer.hear().await[0]), "slow");
    }
    peer.say(json!([request(4, "tools/call", json!({"name": "slow"}))]))
        .await;
    assert_eq!(text(&peer.hear().await[0]), "slow");
}

#[tokio::test(start_paused = true)]
async fn streams_are_counted_apart_from_calls() {
    let mut settings = Settings::default();
    (settings.calls, settings.streams) = (1, 2);
    let mut peer = connect(settings);
    let params = json!({"notifications": {"toolsListChanged": true}, "_meta": meta()});
    for id in 1..=3 {
        peer.say(request(id, "subscriptions/listen", params.clone()))
            .await;
    }
    let told = [peer.hear().await, peer.hear().await, peer.hear().await];
    let refused: Vec<_> = told.iter().filter(|m| m["error"].is_object()).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["id"], 3);
    peer.call(4, "slow").await;
    assert_eq!(text(&peer.hear().await), "slow");
}

#[tokio::test(start_paused = true)]
async fn notifications_that_hang_do_not_pile_up() {
    let mut settings = Settings::default();
    settings.calls = 4;
    let mut peer = connect(settings);
    for _ in 0..1_000 {
        peer.say(notification("x/hang", json!({}))).await;
    }
    peer.call(1, "slow").await;
    assert_eq!(text(&peer.hear().await), "slow");
}

#[tokio::test(start_paused = true)]
async fn a_message_may_be_as_long_as_the_limit_and_not_one_byte_longer() {
    let call = request(1, "tools/call", json!({"name": "echo", "_meta": meta()})).to_string();
    for end in ["\n", "\r\n"] {
        for (limit, passes) in [(call.len(), true), (call.len() - 1, false)] {
            let mut settings = Settings::default();
            settings.limits = Limits::default().message_bytes(limit);
            let mut peer = connect(settings);
            peer.say_text(format!("{call}{end}")).await;
            let answer = peer.hear().await;
            assert_eq!(
                answer["error"].is_null(),
                passes,
                "{end:?} {limit}: {answer}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_oversized_line_is_answered_once_and_skipped() {
    let mut settings = Settings::default();
    settings.limits = Limits::default().message_bytes(10_000);
    let mut peer = connect(settings);
    for size in [10_001, 300_000] {
        peer.say_text("x".repeat(size)).await;
        peer.say_text("\n").await;
        peer.call(1, "echo").await;
        let answer = peer.hear().await;
        assert_eq!(
            (code(&answer), &answer["id"]),
            (-32600, &Value::Null),
            "{size}"
        );
        assert_eq!(text(&peer.hear().await), "echo", "{size}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_is_not_read_from() {
    let mut settings = Settings::default();
    settings.unread_bytes = 10_000;
    settings.write_timeout = Duration::from_secs(3600);
    let mut peer = connect_over(1_000, settings);
    let call = request(1, "tools/call", json!({"name": "echo", "_meta": meta()}));
    let call = format!("{call}\n");
    let mut said = 0;
    // Nothing can be said any more long before all that could be said is said.
    while timeout(
        Duration::from_secs(1),
        peer.write.write_all(call.as_bytes()),
    )
    .await
    .is_ok()
    {
        said += 1;
        assert!(said < 5_000);
    }
}
