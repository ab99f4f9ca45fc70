//! What the peer is told and asked while its calls run.

use super::*;

#[tokio::test(start_paused = true)]
async fn what_a_call_tells_comes_before_its_answer() {
    let mut peer = connect(Settings::default());
    // The same token twice: the second call begins anew.
    for id in 1..=2 {
        peer.call(id, "tell").await;
        let mut told = Vec::new();
        loop {
            let message = peer.hear().await;
            if message["id"] == id {
                break;
            }
            told.push(message["method"].as_str().unwrap().to_owned());
        }
        let progress = "notifications/progress";
        assert_eq!(told, ["notifications/message", progress, progress]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_is_asked_and_its_answer_reaches_the_call() {
    let mut peer = connect(Settings::default());
    peer.open("2025-06-18").await;
    peer.say(request(1, "tools/call", json!({"name": "ask"})))
        .await;
    let question = peer.hear().await;
    assert_eq!(question["method"], "roots/list");
    peer.say(json!({"jsonrpc": "2.0", "id": question["id"], "result": {"roots": []}}))
        .await;
    assert_eq!(text(&peer.hear().await), r#"{"roots":[]}"#);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_is_not_answered_is_taken_back() {
    let mut settings = Settings::default();
    settings.question_timeout = Duration::from_secs(3);
    let mut peer = connect(settings);
    peer.open("2025-06-18").await;
    peer.say(request(1, "tools/call", json!({"name": "ask"})))
        .await;
    let question = peer.hear().await;
    let taken_back = peer.hear().await;
    assert_eq!(taken_back["method"], "notifications/cancelled");
    assert_eq!(taken_back["params"]["requestId"], question["id"]);
    assert!(code(&peer.hear().await) < 0);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_the_answer_of_a_peer_that_is_leaving() {
    let mut peer = connect(Settings::default());
    peer.open("2025-06-18").await;
    peer.say(request(1, "tools/call", json!({"name": "ask"})))
        .await;
    peer.hear().await;
    let begun = tokio::time::Instant::now();
    peer.hang_up().await;
    let (_, rest) = peer.ended().await;
    assert!(code(&rest[0]) < 0);
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn modern_peers_are_not_asked() {
    let mut peer = connect(Settings::default());
    peer.call(1, "ask").await;
    assert!(code(&peer.hear().await) < 0);
}
