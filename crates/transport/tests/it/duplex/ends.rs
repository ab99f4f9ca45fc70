//! How a connection comes to its end.

use fmcp_transport::notice::Rates;

use super::*;

#[tokio::test(start_paused = true)]
async fn what_runs_may_finish_when_the_peer_has_said_all() {
    let mut peer = connect(Settings::default());
    peer.call(1, "slow").await;
    peer.hang_up().await;
    let (end, rest) = peer.ended().await;
    assert!(matches!(end, End::Done));
    assert_eq!(text(&rest[0]), "slow");
}

#[tokio::test(start_paused = true)]
async fn what_runs_for_longer_than_the_grace_is_ended() {
    let mut settings = Settings::default();
    settings.grace = Duration::from_secs(2);
    for hangs_up in [true, false] {
        let mut peer = connect(settings.clone());
        let (dropped, begun) = (peer.dropped.clone(), tokio::time::Instant::now());
        peer.call(1, "hang").await;
        // Read before the stop, which ends reading.
        tokio::task::yield_now().await;
        if hangs_up {
            peer.hang_up().await;
        } else {
            peer.stop.begin();
        }
        let (end, rest) = peer.ended().await;
        assert!(matches!(end, End::Done) && rest.is_empty());
        // Not only told to end: it has.
        assert!(dropped.has_begun());
        assert!(begun.elapsed() < Duration::from_millis(2_500));
    }
}

#[tokio::test(start_paused = true)]
async fn streams_of_notifications_end_in_order() {
    let mut peer = connect(Settings::default());
    let params = json!({"notifications": {"toolsListChanged": true}, "_meta": meta()});
    peer.say(request("l", "subscriptions/listen", params)).await;
    let changed = peer.hear().await;
    let id = "io.modelcontextprotocol/subscriptionId";
    assert_eq!(changed["params"]["_meta"][id], "l");
    peer.stop.begin();
    let (end, rest) = peer.ended().await;
    assert!(matches!(end, End::Done));
    assert_eq!(
        (&rest[0]["id"], &rest[0]["result"]["_meta"][id]),
        (&json!("l"), &json!("l"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_disconnected() {
    let mut settings = Settings::default();
    settings.write_timeout = Duration::from_secs(3);
    settings.rates = Rates::UNLIMITED;
    let mut peer = connect_over(1_000, settings);
    let begun = tokio::time::Instant::now();
    peer.call(1, "flood").await;
    let end = timeout(LONG, peer.end).await.unwrap().unwrap();
    assert!(matches!(end, End::Stalled), "{end:?}");
    assert!(begun.elapsed() < Duration::from_secs(4));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_reads_a_little_stays() {
    let mut settings = Settings::default();
    settings.write_timeout = Duration::from_secs(3);
    settings.rates = Rates::UNLIMITED;
    let mut peer = connect_over(1_000, settings);
    peer.call(1, "flood").await;
    for _ in 0..20 {
        sleep(Duration::from_secs(2)).await;
        for _ in 0..2 {
            assert_eq!(peer.hear().await["method"], "notifications/message");
        }
    }
    assert!(!peer.end.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_does_not_hold_up_the_end() {
    let mut settings = Settings::default();
    settings.grace = Duration::from_secs(1);
    settings.rates = Rates::UNLIMITED;
    let mut peer = connect_over(1_000, settings);
    peer.call(1, "flood").await;
    sleep(Duration::from_millis(100)).await;
    let begun = tokio::time::Instant::now();
    peer.stop.begin();
    let end = timeout(LONG, peer.end).await.unwrap().unwrap();
    assert!(matches!(end, End::Stalled), "{end:?}");
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn calls_of_a_peer_that_has_gone_are_dropped() {
    let mut peer = connect(Settings::default());
    peer.call(1, "hang").await;
    peer.call(2, "slow").await;
    tokio::task::yield_now().await;
    drop((peer.read, peer.write));
    // Whichever comes first, the end of the one stream or the failure of the other.
    timeout(LONG, peer.end).await.unwrap().unwrap();
    timeout(LONG, peer.dropped.begun()).await.unwrap();
}
