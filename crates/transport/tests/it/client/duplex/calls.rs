//! Answers, and those who wait for them.

use super::*;

#[tokio::test(start_paused = true)]
async fn answers_find_their_calls_in_whatever_order() {
    let (client, mut server, _stage) = modern().await;
    let (one, two) = (client.call("one"), client.call("two"));
    let (first, second) = (server.hear().await, server.hear().await);
    let result = |name| json!({"name": name});
    server.answer(&second, result("two")).await;
    // Nobody waits for these: twice the same, one that was never asked for, one as a text.
    server.answer(&second, result("again")).await;
    server.say(answer(&json!(99), result("who?"))).await;
    server
        .say(answer(&json!(first["id"].to_string()), result("text")))
        .await;
    server.answer(&first, result("one")).await;
    answers(one, "one").await;
    answers(two, "two").await;
}

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_get_their_own_answers() {
    let (client, mut server, _stage) = modern().await;
    let names: Vec<_> = (0..1_000).map(|n| format!("tool {n}")).collect();
    let calls: Vec<_> = names.iter().map(|name| client.call(name)).collect();
    let mut asked = Vec::new();
    for _ in 0..calls.len() {
        asked.push(server.hear().await);
    }
    let lines = asked.iter().rev().map(|call| {
        let result = json!({"name": call["params"]["name"]});
        answer(&call["id"], result).to_string() + "\n"
    });
    server.say_text(lines.collect::<String>()).await;
    for (call, name) in calls.into_iter().zip(&names) {
        answers(call, name).await;
    }
    server.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn the_server_hears_that_nobody_waits_any_more() {
    for (client, mut server, _stage) in [modern().await, legacy().await] {
        let call = client.call("hang");
        let asked = server.hear().await;
        call.abort();
        let cancelled = server.hear_of("notifications/cancelled").await;
        assert_eq!(cancelled["params"]["requestId"], asked["id"]);
        // The answer that was on its way is nobody's.
        server.answer(&asked, json!({})).await;
        let next = client.call("next");
        server.serve().await;
        answers(next, "next").await;
        server.hears_nothing().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_is_the_callers() {
    let (client, mut server, _stage) = modern().await;
    let call = client.call("refused");
    let asked = server.hear().await;
    server.refuse(&asked, -32602, json!({"why": 7})).await;
    let error = outcome(call).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (Kind::InvalidParams, "no"));
    let data = error.to_object().data.unwrap();
    assert_eq!(data.as_str(), r#"{"why":7}"#);
}

#[tokio::test(start_paused = true)]
async fn too_many_calls_are_refused_and_the_others_stay() {
    let mut settings = Settings::default();
    settings.calls = 2;
    let (client, mut server, _stage) = modern_with(settings).await;
    let (one, two) = (client.call("one"), client.call("two"));
    let first = server.hear().await;
    let second = server.hear().await;
    fails(client.call("three"), Kind::Overloaded, "too many calls").await;
    server.answer(&first, json!({"name": "one"})).await;
    answers(one, "one").await;
    server.answer(&second, json!({"name": "two"})).await;
    answers(two, "two").await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_answer_fails_its_call_alone() {
    let mut settings = Settings::default();
    settings.limits = settings.limits.message_bytes(10_000).depth(16);
    let (client, mut server, _stage) = modern_with(settings).await;
    let deep = format!("{}1{}", "[".repeat(20), "]".repeat(20));
    let large = "x".repeat(100_000);
    for (text, words) in [
        (
            format!(r#"{{"jsonrpc":"2.0","id":ID,"result":"{large}"}}"#),
            "larger than",
        ),
        (
            format!(r#"{{"result":"{large}","jsonrpc":"2.0","id":ID}}"#),
            "larger than",
        ),
        (
            r#"{"jsonrpc":"2.0","id":ID,"result":1,"error":2}"#.to_owned(),
            "not both",
        ),
        (
            r#"{"jsonrpc":"2.0","id":ID,"error":2}"#.to_owned(),
            "cannot be read",
        ),
    ] {
        let (other, call) = (client.call("other"), client.call("bad"));
        let (first, bad) = (server.hear().await, server.hear().await);
        server
            .say_text(text.replace("ID", &bad["id"].to_string()) + "\n")
            .await;
        fails(call, Kind::Internal, words).await;
        server.answer(&first, json!({"name": "other"})).await;
        answers(other, "other").await;
    }
    // Nobody can know whose answer this was to be.
    let call = client.call("deep");
    let asked = server.hear().await;
    server
        .say_text(
            format!(
                r#"{{"jsonrpc":"2.0","id":{},"result":{deep}}}"#,
                asked["id"]
            ) + "\n",
        )
        .await;
    server.answer(&asked, json!({"name": "deep"})).await;
    answers(call, "deep").await;
}

#[tokio::test(start_paused = true)]
async fn calls_wait_for_a_server_that_does_not_read_and_go_on_when_it_does() {
    let mut settings = Settings::default();
    settings.unread_bytes = 1_000;
    let (client, mut server, _stage) = modern_with(settings).await;
    let calls: Vec<_> = (0..1_000)
        .map(|_| client.call(&"x".repeat(1_000)))
        .collect();
    settle().await;
    // One that gives up before it was sent leaves nothing behind.
    calls[999].abort();
    for _ in 0..999 {
        server.serve().await;
    }
    server.hears_nothing().await;
    for call in calls.into_iter().take(999) {
        outcome(call).await.unwrap();
    }
}
