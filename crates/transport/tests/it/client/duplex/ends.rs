//! How a way breaks, is opened again, and is closed.

use super::*;

#[tokio::test(start_paused = true)]
async fn whoever_waits_hears_that_the_server_has_gone_and_later_calls_go_on() {
    let (client, mut server, mut stage) = modern().await;
    let calls = [client.call("one"), client.call("two")];
    server.hear().await;
    drop(server);
    for call in calls {
        fails(call, Kind::Unavailable, "the server has gone").await;
    }
    let call = client.call("three");
    let mut server = stage.server().await;
    server.open_modern().await;
    server.serve().await;
    answers(call, "three").await;
}

#[tokio::test(start_paused = true)]
async fn nobody_dials_unless_somebody_calls() {
    let (client, server, mut stage) = modern().await;
    drop(server);
    let dialled = timeout(Duration::from_secs(600), stage.servers.recv()).await;
    assert!(dialled.is_err());
    // Nor when it has broken again.
    let call = client.call("one");
    let mut server = stage.server().await;
    server.open_modern().await;
    server.serve().await;
    answers(call, "one").await;
    drop(server);
    let dialled = timeout(Duration::from_secs(600), stage.servers.recv()).await;
    assert!(dialled.is_err());
}

#[tokio::test(start_paused = true)]
async fn many_who_find_it_broken_have_it_opened_once() {
    let (client, server, mut stage) = modern().await;
    drop(server);
    let names: Vec<_> = (0..100).map(|n| n.to_string()).collect();
    let calls: Vec<_> = names.iter().map(|name| client.call(name)).collect();
    let mut server = stage.server().await;
    server.open_modern().await;
    for _ in 0..calls.len() {
        server.serve().await;
    }
    for (call, name) in calls.into_iter().zip(&names) {
        answers(call, name).await;
    }
    assert!(stage.servers.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_new_session_is_opened_and_what_is_followed_is_followed_again() {
    let (client, mut server, mut stage) = legacy().await;
    let ear = Arc::new(Ear::default());
    let _listening = client.listen(&["a://1"], &ear);
    let asked = server.hear_of("resources/subscribe").await;
    server.answer(&asked, json!({})).await;
    settle().await;
    ear.heard();
    drop(server);
    let call = client.call("one");
    let mut server = stage.server().await;
    let handshake = server.hear_of("initialize").await;
    assert_eq!(handshake["params"]["protocolVersion"], "2025-11-25");
    server.open_legacy(&handshake).await;
    let mut asked = [server.hear().await, server.hear().await];
    asked.sort_by_key(|message| message["method"].to_string());
    assert_eq!(asked[0]["method"], "resources/subscribe");
    server.answer(&asked[0], json!({})).await;
    server.answer(&asked[1], json!({"name": "one"})).await;
    answers(call, "one").await;
    // Whatever has happened meanwhile, they have not heard.
    assert_eq!(ear.heard(), ["Tool", "a://1"]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_speaks_another_revision_than_before_is_not_spoken_with() {
    let (client, server, mut stage) = legacy().await;
    drop(server);
    let call = client.call("one");
    let mut server = stage.server().await;
    let handshake = server.hear_of("initialize").await;
    server.answer(&handshake, initialized("2024-11-05")).await;
    fails(call, Kind::UnsupportedRevision, "2024-11-05").await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_always_goes_is_given_up_and_forgiven_in_time() {
    let (client, server, mut stage) = modern().await;
    drop(server);
    let start = Instant::now();
    let mut dialled = 0;
    loop {
        let call = client.call("one");
        let error = tokio::select! {
            server = stage.server() => {
                drop(server);
                dialled += 1;
                outcome(call).await.unwrap_err()
            }
            () = sleep(Duration::from_secs(30)) => outcome(call).await.unwrap_err(),
        };
        assert_eq!(error.kind(), Kind::Unavailable);
        if error.to_string().contains("is left alone") {
            break;
        }
    }
    // The first time that it went counts, too; the pauses between them double.
    assert_eq!(dialled, 4);
    assert!(start.elapsed() > Duration::from_millis(700));
    sleep(Duration::from_secs(60)).await;
    let call = client.call("two");
    let mut server = stage.server().await;
    server.open_modern().await;
    server.serve().await;
    answers(call, "two").await;
}

#[tokio::test(start_paused = true)]
async fn a_link_that_is_not_to_be_opened_again_is_not() {
    let mut settings = Settings::default();
    settings.restart = duplex::Restart::never();
    let (client, server, mut stage) = modern_with(settings).await;
    drop(server);
    fails(client.call("one"), Kind::Unavailable, "has gone").await;
    assert!(stage.servers.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn what_was_said_before_a_link_is_closed_arrives_and_nothing_behind_it() {
    let (client, mut server, _stage) = modern().await;
    let call = client.call("one");
    settle().await;
    client.link.close().await;
    fails(call, Kind::Unavailable, "has been closed").await;
    server.hear_of("tools/call").await;
    assert!(server.next().await.is_none());
    fails(client.call("two"), Kind::Unavailable, "has been closed").await;
    client.link.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_link_that_is_down_can_be_closed() {
    let (client, server, _stage) = modern().await;
    drop(server);
    settle().await;
    timeout(LONG, client.link.close()).await.unwrap();
    fails(client.call("two"), Kind::Unavailable, "has been closed").await;
}

#[tokio::test(start_paused = true)]
async fn a_link_that_is_dropped_is_gone() {
    let (client, mut server, mut stage) = modern().await;
    drop(client);
    assert!(server.next().await.is_none());
    assert!(stage.servers.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_read_does_not_delay_the_end() {
    let mut opening = opening(greeting(None), Settings::default(), 200);
    let mut server = opening.server().await;
    server.open_modern().await;
    let client = opening.client().await;
    let call = client.call(&"x".repeat(10_000));
    settle().await;
    let start = Instant::now();
    client.link.close().await;
    assert_eq!(start.elapsed().as_secs(), 1);
    fails(call, Kind::Unavailable, "has been closed").await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_reads_is_given_up() {
    let mut opening = opening(greeting(None), Settings::default(), 200);
    let mut server = opening.server().await;
    server.open_modern().await;
    let client = opening.client().await;
    let start = Instant::now();
    fails(
        client.call(&"x".repeat(10_000)),
        Kind::Unavailable,
        "Stalled",
    )
    .await;
    assert_eq!(start.elapsed().as_secs(), 120);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_its_side_only_has_gone() {
    let (client, mut server, _stage) = modern().await;
    let call = client.call("one");
    server.hear().await;
    server.write.shutdown().await.unwrap();
    fails(call, Kind::Unavailable, "has gone").await;
    assert!(server.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_opening_that_is_given_up_leaves_nothing() {
    let mut opening = opening(greeting(None), Settings::default(), 64 * 1024);
    let mut server = opening.server().await;
    server.hear_of("server/discover").await;
    opening.task.abort();
    assert!(server.next().await.is_none());
    assert!(opening.servers.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn calls_that_were_never_written_are_known_to_be_unseen() {
    // The first fills the way, the second waits behind it.
    let (client, server, mut stage) = modern().await;
    let first = client.call(&"x".repeat(300_000));
    settle().await;
    let second = client.call("two");
    settle().await;
    drop(server);
    assert!(!outcome(first).await.unwrap_err().is_unsent());
    assert!(outcome(second).await.unwrap_err().is_unsent());
    // Nor has anybody seen a call for which there is no way at all.
    let third = client.call("three");
    drop(stage.server().await);
    let error = outcome(third).await.unwrap_err();
    assert!(error.is_unsent(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_still_sent_when_a_link_is_closed_are_not_known_to_be_unseen() {
    let (client, mut server, _stage) = modern().await;
    let calls = [client.call(&"x".repeat(300_000)), client.call("two")];
    settle().await;
    let closing = {
        let link = Arc::clone(&client.link);
        tokio::spawn(async move { link.close().await })
    };
    for call in calls {
        assert!(!outcome(call).await.unwrap_err().is_unsent());
    }
    server.hear_of("tools/call").await;
    server.hear_of("tools/call").await;
    drop(server);
    closing.await.unwrap();
    let late = outcome(client.call("three")).await.unwrap_err();
    assert!(late.is_unsent(), "{late}");
}
