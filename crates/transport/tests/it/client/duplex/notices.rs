//! What the server tells.

use super::*;

fn progress(token: &str, done: usize) -> Value {
    told(
        "notifications/progress",
        json!({"progressToken": token, "progress": done}),
    )
}

fn log(words: &str) -> Value {
    told(
        "notifications/message",
        json!({"level": "info", "data": words}),
    )
}

fn lines(messages: impl IntoIterator<Item = Value>) -> String {
    let lines = messages.into_iter().map(|message| format!("{message}\n"));
    lines.collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_call_is_told_it_hears_before_its_answer() {
    let (client, mut server, _stage) = modern().await;
    let (one, two) = (Arc::new(Ear::default()), Arc::new(Ear::default()));
    let calls = [
        client.start(tool("one"), &one),
        client.start(tool("two"), &two),
    ];
    let asked = [server.hear().await, server.hear().await];
    server
        .say_text(lines([
            progress("one", 1),
            progress("two", 1),
            log("for all"),
            progress("one", 2),
            answer(&asked[0]["id"], json!({})),
            progress("one", 3),
            progress("who?", 4),
            answer(&asked[1]["id"], json!({})),
        ]))
        .await;
    for call in calls {
        outcome(call).await.unwrap();
    }
    assert_eq!(one.heard(), ["1", "2"]);
    assert_eq!(two.heard(), ["1"]);
    assert_eq!(client.ear.heard()[0], "\"for all\"");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_in_particular_is_told_is_heard_before_the_answers_behind_it() {
    let (client, mut server, _stage) = legacy().await;
    let call = client.call("log");
    let asked = server.hear().await;
    let logs = (0..100).map(|n| log(&n.to_string()));
    let answer = answer(&asked["id"], json!({}));
    server.say_text(lines(logs.chain([answer]))).await;
    outcome(call).await.unwrap();
    assert_eq!(client.ear.heard().len(), 100);
}

#[tokio::test(start_paused = true)]
async fn who_hears_slowly_holds_up_nobody_else_for_long() {
    let (client, mut server, _stage) = modern().await;
    // The first thing that it hears takes half an hour.
    let slow = Ear::slow([Duration::from_secs(1_800)]);
    let call = client.start(tool("slow"), &slow);
    let asked = server.hear().await;
    let start = Instant::now();
    let flood = (1..=1_000).map(|n| progress("slow", n));
    server.say_text(lines(flood)).await;
    server.answer(&asked, json!({"name": "slow"})).await;
    let other = client.call("other");
    server.serve().await;
    answers(other, "other").await;
    assert_eq!(start.elapsed().as_secs(), 5, "it waits once, and no longer");
    answers(call, "slow").await;
    let heard = slow.heard();
    // What has been lost is the oldest of what it had not heard.
    assert_eq!(
        (heard.len(), &*heard[0], &**heard.last().unwrap()),
        (257, "1", "1000")
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_on_one_who_hears_in_time() {
    let (client, mut server, _stage) = modern().await;
    let slow = Ear::slow([Duration::from_millis(1); 1_000]);
    let call = client.start(tool("slow"), &slow);
    let asked = server.hear().await;
    let flood = (1..=1_000).map(|n| progress("slow", n));
    server.say_text(lines(flood)).await;
    server.answer(&asked, json!({"name": "slow"})).await;
    answers(call, "slow").await;
    assert_eq!(slow.heard().len(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_slow_log_is_bounded_and_holds_up_no_answers() {
    let (client, mut server, _stage) = legacy().await;
    (client.ear.delay.lock().unwrap()).extend([Duration::from_secs(1_800)]);
    let call = client.call("one");
    let asked = server.hear().await;
    server
        .say_text(lines((0..1_000).map(|n| log(&n.to_string()))))
        .await;
    let start = Instant::now();
    server.answer(&asked, json!({"name": "one"})).await;
    answers(call, "one").await;
    assert_eq!(start.elapsed().as_secs(), 5);
    sleep(LONG).await;
    let heard = client.ear.heard();
    assert_eq!((heard.len(), &*heard[0]), (257, "\"0\""));
    assert_eq!(heard.last().unwrap(), "\"999\"");
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_changes_goes_by_the_name_that_its_caller_gave() {
    let (client, mut server, _stage) = modern().await;
    let ear = Arc::new(Ear::default());
    let listening = client.listen(&["a://1"], &ear);
    let asked = server.hear_of("subscriptions/listen").await;
    let meta = json!({"io.modelcontextprotocol/subscriptionId": asked["id"]});
    let marked = |method: &str, mut params: Value| {
        params["_meta"] = meta.clone();
        told(method, params)
    };
    server
        .say_text(lines([
            marked(
                "notifications/subscriptions/acknowledged",
                json!({"notifications": {}}),
            ),
            marked("notifications/tools/list_changed", json!({})),
            marked("notifications/resources/updated", json!({"uri": "a://1"})),
            told("notifications/prompts/list_changed", json!({})),
            told(
                "notifications/tools/list_changed",
                json!({"_meta": {"io.modelcontextprotocol/subscriptionId": 99}}),
            ),
        ]))
        .await;
    settle().await;
    let heard = ear.heard();
    assert!(
        heard[0].starts_with("notifications/subscriptions/acknowledged"),
        "{heard:?}"
    );
    assert!(heard[0].contains(r#"subscriptionId":"mine""#), "{heard:?}");
    assert_eq!(heard[1..], ["Tool", "a://1"]);
    assert_eq!(client.ear.heard(), ["Prompt"]);
    server
        .answer(&asked, json!({"resultType": "complete", "_meta": meta}))
        .await;
    let end = listening.await.unwrap().unwrap();
    let Reply::Listen(end) = end else {
        panic!("{end:?}")
    };
    assert!(serde_json::to_string(&end).unwrap().contains("\"mine\""));
}

#[tokio::test(start_paused = true)]
async fn a_server_can_end_a_stream_of_changes_and_nothing_else() {
    let (client, mut server, _stage) = modern().await;
    let listening = client.listen(&[], &Arc::default());
    let stream = server.hear_of("subscriptions/listen").await;
    let call = client.call("one");
    let asked = server.hear().await;
    for id in [&asked["id"], &stream["id"], &json!("x")] {
        server
            .say(told("notifications/cancelled", json!({"requestId": id})))
            .await;
    }
    let error = listening.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::Cancelled);
    server.answer(&asked, json!({"name": "one"})).await;
    answers(call, "one").await;
    server.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_is_told_unasked_and_those_hear_it_who_want_to() {
    let (client, mut server, _stage) = legacy().await;
    let ear = Arc::new(Ear::default());
    let listening = client.listen(&["a://1"], &ear);
    let asked = server.hear_of("resources/subscribe").await;
    assert_eq!(asked["params"]["uri"], "a://1");
    server.answer(&asked, json!({})).await;
    settle().await;
    assert!(ear.heard()[0].starts_with("notifications/subscriptions/acknowledged"));
    server
        .say_text(lines([
            told("notifications/tools/list_changed", json!({})),
            told("notifications/resources/updated", json!({"uri": "a://1"})),
            told("notifications/prompts/list_changed", json!({})),
        ]))
        .await;
    settle().await;
    assert_eq!(ear.heard(), ["Tool", "a://1"]);
    assert_eq!(client.ear.heard(), ["Prompt"]);
    listening.abort();
    let asked = server.hear_of("resources/unsubscribe").await;
    assert_eq!(asked["params"]["uri"], "a://1");
}

#[tokio::test(start_paused = true)]
async fn the_client_can_tell_something_too() {
    let (client, mut server, _stage) = legacy().await;
    client.link.notify(Notice::RootsChanged).await;
    server.hear_of("notifications/roots/list_changed").await;
    client
        .link
        .notify(Notice::ListChanged(ComponentKind::Tool))
        .await;
    server.hear_of("notifications/tools/list_changed").await;
}
