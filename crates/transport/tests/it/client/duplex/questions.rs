//! What the server asks.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_peer_answers_in_its_own_time() {
    let (_client, mut server, _stage) = legacy().await;
    server.say(asked("s", "sampling/createMessage")).await;
    server.say(asked(1, "roots/list")).await;
    server.say(asked(2, "x/unknown")).await;
    let (roots, refused, sampled) = (
        server.hear().await,
        server.hear().await,
        server.hear().await,
    );
    assert_eq!(
        (&roots["id"], &roots["result"]),
        (&json!(1), &json!({"roots": []}))
    );
    assert_eq!(
        (&refused["id"], &refused["error"]["code"]),
        (&json!(2), &json!(-32601))
    );
    assert_eq!(sampled["id"], "s");
}

#[tokio::test(start_paused = true)]
async fn whether_somebody_is_there_the_link_itself_says() {
    let mut opening = opening(greeting(None), Settings::default(), 64 * 1024);
    let mut server = opening.server().await;
    let question = server.hear_of("server/discover").await;
    // At any time.
    server.say(asked("early", "ping")).await;
    assert_eq!(server.hear().await, answer(&json!("early"), json!({})));
    server.refuse(&question, -32601, json!(null)).await;
    let handshake = server.hear_of("initialize").await;
    server.open_legacy(&handshake).await;
    let _client = opening.client().await;
    server.say(asked(2, "ping")).await;
    assert_eq!(server.hear().await, answer(&json!(2), json!({})));
}

#[tokio::test(start_paused = true)]
async fn questions_that_come_too_early_wait_for_the_session() {
    let pinned = Some(Revision::NEWEST_LEGACY);
    let mut opening = opening(greeting(pinned), Settings::default(), 256 * 1024);
    let mut server = opening.server().await;
    let handshake = server.hear_of("initialize").await;
    // Before the handshake is answered, and right behind the answer.
    server.say(asked(1, "roots/list")).await;
    server.say(asked("gone", "roots/list")).await;
    let gone = json!({"requestId": "gone"});
    server.say(told("notifications/cancelled", gone)).await;
    let large = json!({"jsonrpc": "2.0", "id": "large", "method": "roots/list",
        "params": {"_meta": {"x": "x".repeat(70_000)}}});
    server.say(large).await;
    let refused = server.hear().await;
    assert_eq!(
        (&refused["id"], &refused["error"]["code"]),
        (&json!("large"), &json!(-32600))
    );
    let revision = handshake["params"]["protocolVersion"].as_str().unwrap();
    let agreed = answer(&handshake["id"], initialized(revision));
    server
        .say_text(format!("{agreed}\n{}\n", asked(2, "roots/list")))
        .await;
    server.hear_of("notifications/initialized").await;
    for id in [1, 2] {
        assert_eq!(
            server.hear().await,
            answer(&json!(id), json!({"roots": []}))
        );
    }
    server.hears_nothing().await;
    let _client = opening.client().await;
}

#[tokio::test(start_paused = true)]
async fn not_many_questions_may_come_too_early() {
    let mut opening = opening(greeting(None), Settings::default(), 64 * 1024);
    let mut server = opening.server().await;
    let question = server.hear_of("server/discover").await;
    for id in 1..=10 {
        server.say(asked(id, "roots/list")).await;
    }
    for id in [9, 10] {
        let refused = server.hear().await;
        assert_eq!(
            (&refused["id"], &refused["error"]["code"]),
            (&json!(id), &json!(-32600))
        );
    }
    // In the newest revision, nobody is to ask at all.
    server.answer(&question, description()).await;
    let _client = opening.client().await;
    server.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_question_can_be_taken_back() {
    let (_client, mut server, _stage) = legacy().await;
    server.say(asked("s", "sampling/createMessage")).await;
    settle().await;
    server
        .say(told("notifications/cancelled", json!({"requestId": "s"})))
        .await;
    sleep(Duration::from_secs(5)).await;
    server.hears_nothing().await;
    // Its id can be used again.
    server.say(asked("s", "roots/list")).await;
    assert_eq!(server.hear().await["id"], "s");
}

#[tokio::test(start_paused = true)]
async fn how_much_is_asked_at_once_is_bounded() {
    let mut settings = Settings::default();
    settings.questions = 2;
    settings.question_timeout = Duration::from_secs(30);
    let (_client, mut server, _stage) = legacy_with(settings).await;
    server.say(asked(1, "elicitation/create")).await;
    server.say(asked(1, "elicitation/create")).await;
    assert_eq!(server.hear().await["error"]["code"], -32600, "the same id");
    server.say(asked(2, "elicitation/create")).await;
    server.say(asked(3, "elicitation/create")).await;
    let refused = server.hear().await;
    assert_eq!(
        (&refused["id"], &refused["error"]["code"]),
        (&json!(3), &json!(-31029))
    );
    // Nobody is asked for longer than that.
    let late = server.hear().await;
    assert_eq!(
        (&late["id"], &late["error"]["code"]),
        (&json!(1), &json!(-31008))
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_without_end_and_does_not_read_is_not_read_from() {
    let (client, mut server, _stage) = legacy().await;
    let flood = format!("{}\n", asked(1, "ping")).repeat(1_000);
    let mut said = 0;
    // Far more than fits on the way.
    while let Ok(written) =
        timeout(Duration::from_secs(1), server.write.write(flood.as_bytes())).await
    {
        said += written.unwrap();
        assert!(said < 10_000_000, "somebody reads it all");
    }
    // As soon as it reads, everything goes on.
    let call = client.call("one");
    let asked = loop {
        let message = server.hear().await;
        if message["method"] == "tools/call" {
            break message;
        }
    };
    server.say_text("\n").await;
    server.answer(&asked, json!({"name": "one"})).await;
    answers(call, "one").await;
}

#[tokio::test(start_paused = true)]
async fn the_newest_revision_has_no_questions() {
    let (client, mut server, _stage) = modern().await;
    server.say(asked(1, "roots/list")).await;
    let call = client.call("one");
    server.serve().await;
    answers(call, "one").await;
    server.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn one_revision_has_batches() {
    let (client, mut server, _stage) = legacy().await;
    let (one, two) = (client.call("one"), client.call("two"));
    let (first, second) = (server.hear().await, server.hear().await);
    let log = told(
        "notifications/message",
        json!({"level": "info", "data": "b"}),
    );
    let answers_of = |call: &Value, name| answer(&call["id"], json!({"name": name}));
    let batch = [
        answers_of(&second, "two"),
        asked(1, "ping"),
        log,
        answers_of(&first, "one"),
    ];
    server.say(json!(batch)).await;
    answers(one, "one").await;
    answers(two, "two").await;
    assert_eq!(server.hear().await["id"], 1);
    assert_eq!(client.ear.heard(), ["\"b\""]);
}
