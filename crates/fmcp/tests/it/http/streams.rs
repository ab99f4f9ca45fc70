//! Streams of legacy sessions: of calls and of changes, broken and resumed.

use fmcp_transport::notice::Rates;

use super::*;

/// An event's id, and the stream's part of it.
fn stream_of(id: &str) -> &str {
    id.split_once('-').unwrap().0
}

/// A stream in which `tell` has said its first word; the id of that.
async fn told(session: &Session) -> (Answering, String) {
    let mut stream = session.call("tell").open().await.streams();
    let (id, first) = stream.next().await.unwrap();
    assert_eq!(first["params"]["data"], "before");
    (stream, id.unwrap())
}

#[tokio::test]
async fn streams_begin_with_an_id_where_the_revision_knows_such() {
    let site = plain().await;
    for revision in LEGACY {
        let session = site.session(revision).await;
        for request in [session.call("tell"), session.get()] {
            let mut stream = request.open().await.streams();
            if revision != "2025-11-25" {
                continue;
            }
            let first = stream.event().await.unwrap();
            assert_eq!(first.data.as_deref(), Some(""));
            assert!(first.retry.is_some());
            assert!(first.id.unwrap().ends_with("-0"));
        }
        let (mut stream, id) = told(&session).await;
        site.signals.go.notify_waiters();
        let (next, message) = stream.next().await.unwrap();
        assert_eq!(message["params"]["data"], "after", "{revision}");
        let next = next.unwrap();
        assert_eq!(stream_of(&next), stream_of(&id));
        assert_ne!(next, id);
        assert_eq!(said(&stream.message().await), "told");
        stream.ends().await;
    }
}

#[tokio::test]
async fn an_answer_that_nothing_goes_before_is_json() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    let waiting = session.call("wait");
    let waiting = tokio::spawn(async move { waiting.await });
    site.signals.tells(1).await;
    site.signals.go.notify_one();
    assert_eq!(waiting.await.unwrap().said(), "gone on");
    let streams_only = session
        .post("tools/call", sum(1, 2))
        .with("Accept", "text/event-stream");
    let mut stream = streams_only.open().await.streams();
    assert_eq!(said(&stream.message().await), "3");
    stream.ends().await;
    let json_only = session.call("tell").with("Accept", "application/json");
    site.signals.go.notify_one();
    assert_eq!(json_only.await.said(), "told");
}

#[tokio::test]
async fn a_call_goes_on_without_its_caller_and_can_be_resumed() {
    let site = plain().await;
    let session = site.session("2025-06-18").await;
    let (stream, id) = told(&session).await;
    drop(stream);
    // Before anything more is told,
    let mut stream = session.resume(&id).open().await.streams();
    stream.is_quiet().await;
    drop(stream);
    // after it, and after the answer: always the same.
    site.signals.go.notify_one();
    for _ in 0..3 {
        let mut stream = session.resume(&id).open().await.streams();
        let (next, message) = stream.next().await.unwrap();
        assert_eq!(message["params"]["data"], "after");
        assert_eq!(said(&stream.message().await), "told");
        stream.ends().await;
        let mut rest = session.resume(&next.unwrap()).open().await.streams();
        assert_eq!(said(&rest.message().await), "told");
        rest.ends().await;
    }
    assert_eq!(*site.signals.dropped.borrow(), 0);
}

#[tokio::test]
async fn who_was_told_nothing_yet_can_resume_from_the_first_id() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    let request = session.call("wait").with("Accept", "text/event-stream");
    let mut stream = request.open().await.streams();
    let id = stream.event().await.unwrap().id.unwrap();
    drop(stream);
    site.signals.tells(1).await;
    site.signals.go.notify_one();
    let mut stream = session.resume(&id).open().await.streams();
    assert_eq!(said(&stream.message().await), "gone on");
    stream.ends().await;
}

#[tokio::test]
async fn what_was_never_sent_cannot_be_resumed() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    let other = site.session("2025-11-25").await;
    let (_stream, id) = told(&session).await;
    let number = stream_of(&id);
    for last in [
        "",
        "x",
        "-",
        "1",
        "1-",
        &format!("{number}-999"),
        &format!("{number}-1-1"),
        &format!("{}-1", number.parse::<u32>().unwrap() + 1),
        "99999999999-1",
        number,
    ] {
        let answer = session.resume(last).await;
        assert_eq!(answer.status, 400, "{last}: {}", answer.text());
    }
    other.resume(&id).await.status(400);
}

#[tokio::test]
async fn each_stream_is_resumed_with_its_own_messages() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    let (one, first) = told(&session).await;
    let (two, second) = told(&session).await;
    assert_ne!(stream_of(&first), stream_of(&second));
    drop((one, two));
    site.signals.go.notify_waiters();
    for id in [&first, &second] {
        let mut stream = session.resume(id).open().await.streams();
        let mut seen = 0;
        while let Some((next, _)) = stream.next().await {
            assert_eq!(stream_of(&next.unwrap()), stream_of(id));
            seen += 1;
        }
        assert_eq!(seen, 2);
    }
}

#[tokio::test]
async fn the_last_to_resume_reads() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    let (mut first, id) = told(&session).await;
    let mut second = session.resume(&id).open().await.streams();
    first.ends().await;
    let mut third = session.resume(&id).open().await.streams();
    second.ends().await;
    site.signals.go.notify_one();
    assert_eq!(third.message().await["params"]["data"], "after");
    assert_eq!(said(&third.message().await), "told");
}

#[tokio::test]
async fn a_handler_lets_its_caller_hang_up_and_come_back() {
    let site = plain().await;
    for revision in ["2025-06-18", "2025-11-25"] {
        let session = site.session(revision).await;
        let request = session.call("hang").with("Accept", "text/event-stream");
        let mut stream = request.open().await.streams();
        if revision == "2025-06-18" {
            // Without an id to come back with, it stays on the line.
            site.signals.tells(1).await;
            site.signals.go.notify_one();
            assert_eq!(said(&stream.message().await), "back");
            continue;
        }
        let id = stream.event().await.unwrap().id.unwrap();
        assert_eq!(stream.event().await.unwrap().retry, Some(20));
        assert_eq!(stream.event().await, None);
        site.signals.tells(2).await;
        site.signals.go.notify_one();
        let mut stream = session.resume(&id).open().await.streams();
        assert_eq!(said(&stream.message().await), "back");
        stream.ends().await;
    }
}

#[tokio::test]
async fn readers_are_sent_away_after_a_while_and_miss_nothing() {
    let site = serve(|http| {
        http.settings(|settings| {
            settings.poll_after = Some(Duration::from_millis(50));
            settings.retry = Duration::from_millis(7);
        })
    })
    .await;
    let session = site.session("2025-11-25").await;
    let mut stream = session.get().open().await.streams();
    let mut last = stream.event().await.unwrap().id.unwrap();
    for changes in [0, 1, 1] {
        assert_eq!(stream.event().await.unwrap().retry, Some(7));
        assert_eq!(stream.event().await, None);
        // Nobody reads now.
        for _ in 0..changes {
            site.change();
        }
        stream = session.resume(&last).open().await.streams();
        for _ in 0..changes {
            let (id, change) = stream.next().await.unwrap();
            assert_eq!(change["method"], "notifications/tools/list_changed");
            last = id.unwrap();
        }
    }
    // A client of a revision that does not know this stays on the line.
    let session = site.session("2025-06-18").await;
    let mut stream = session.get().open().await.streams();
    stream.is_quiet().await;
    site.change();
    stream.message().await;
}

#[tokio::test]
async fn changes_come_on_the_stream_of_the_session() {
    let site = plain().await;
    for revision in LEGACY {
        let session = site.session(revision).await;
        let follow = |what: &str| session.post(what, json!({"uri": "note://one"}));
        let mut stream = session.get().open().await.streams();
        site.server.notify_updated("note://one");
        site.change();
        let change = stream.message().await;
        assert_eq!(change["method"], "notifications/tools/list_changed");
        assert!(change["params"]["_meta"].is_null(), "{change}");
        site.change();
        stream.message().await;

        follow("resources/subscribe").await.result();
        site.server.notify_updated("note://two");
        site.server.notify_updated("note://one");
        let change = stream.message().await;
        assert_eq!(change["method"], "notifications/resources/updated");
        assert_eq!(change["params"]["uri"], "note://one");
        follow("resources/unsubscribe").await.result();
        site.server.notify_updated("note://one");
        stream.is_quiet().await;
    }
}

#[tokio::test]
async fn a_change_goes_out_on_one_stream_of_a_session() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    let mut first = session.get().open().await.streams();
    let old = first.event().await.unwrap().id.unwrap();
    let mut second = session.get().open().await.streams();
    first.ends().await;
    session.resume(&old).await.status(400);
    site.change();
    second.message().await;
    second.is_quiet().await;
}

#[tokio::test]
async fn a_stream_of_changes_is_resumed_while_the_old_connection_hangs() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    let mut first = session.get().open().await.streams();
    let id = first.event().await.unwrap().id.unwrap();
    // The server does not know that its reader has gone.
    let mut second = session.resume(&id).open().await.streams();
    site.change();
    let (next, change) = second.next().await.unwrap();
    assert_eq!(change["method"], "notifications/tools/list_changed");
    first.ends().await;
    site.change();
    second.message().await;
    drop(second);
    let mut third = session.resume(&next.unwrap()).open().await.streams();
    third.message().await;
    third.is_quiet().await;
}

#[tokio::test]
async fn streams_of_changes_end_when_the_server_does() {
    let mut site = plain().await;
    let session = site.session("2025-11-25").await;
    let mut stream = session.get().open().await.streams();
    stream.event().await.unwrap();
    site.enough.take();
    stream.ends().await;
    site.end().await;
}

#[tokio::test]
async fn a_call_ends_when_its_caller_says_so_not_when_it_goes() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    let (stream, id) = told(&session).await;
    drop(stream);
    let mut stream = session.resume(&id).open().await.streams();
    let call = testing::legacy("tools/call", tool("wait"));
    let waiting = session.send(&call);
    let waiting = tokio::spawn(async move { waiting.await });
    site.signals.tells(2).await;
    let cancel = |id: Value| {
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
               "params": {"requestId": id}})
    };
    session.send(&cancel(call["id"].clone())).await.status(202);
    site.signals.drops(1).await;
    waiting.await.unwrap();
    // One that takes no stream is answered all the same.
    let call = testing::legacy("tools/call", tool("wait"));
    let waiting = session.send(&call).with("Accept", "application/json");
    let waiting = tokio::spawn(async move { waiting.await });
    site.signals.tells(3).await;
    // Only the session's own: another's call of this id goes on.
    let other = site.session("2025-11-25").await;
    other.send(&cancel(call["id"].clone())).await.status(202);
    session.send(&cancel(json!(-1))).await.status(202);
    session.send(&cancel(call["id"].clone())).await.status(202);
    waiting.await.unwrap().status(200).error(-31099);
    site.signals.drops(2).await;
    stream.is_quiet().await;
    site.signals.go.notify_one();
    assert_eq!(stream.message().await["params"]["data"], "after");
}

#[tokio::test]
async fn a_client_is_asked_on_the_stream_and_answers_with_a_post() {
    let patience = Duration::from_millis(300);
    let site = serve(|http| http.settings(|settings| settings.question_timeout = patience)).await;
    for revision in LEGACY {
        let session = site.session(revision).await;
        let mut stream = session.call("ask").open().await.streams();
        let question = stream.message().await;
        assert_eq!(question["method"], "roots/list");
        let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": {"roots": []}});
        // Nobody else answers for it.
        let other = site.session(revision).await;
        other.send(&answer).await.status(202);
        let body = session.send(&answer).await.status(202).body;
        assert!(body.is_empty());
        assert!(said(&stream.message().await).contains("roots"));
        stream.ends().await;
        session.send(&answer).await.status(202);
    }
    // An answer that does not come is not awaited for ever,
    let session = site.session("2025-11-25").await;
    let mut stream = session.call("ask").open().await.streams();
    let question = stream.message().await;
    let cancelled = stream.message().await;
    assert_eq!(cancelled["method"], "notifications/cancelled");
    assert_eq!(cancelled["params"]["requestId"], question["id"]);
    let answer = stream.message().await;
    assert!(
        answer["error"].is_object() || answer["result"]["isError"] == true,
        "{answer}"
    );
    // and one who could not be asked is not.
    let deaf = session.call("ask").with("Accept", "application/json");
    let answer = deaf.await.json();
    assert!(
        answer["error"].is_object() || answer["result"]["isError"] == true,
        "{answer}"
    );
}

#[tokio::test]
async fn a_question_outlives_the_connection_that_it_was_asked_on() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    let mut stream = session.call("ask").open().await.streams();
    let (id, question) = stream.next().await.unwrap();
    drop(stream);
    let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": {"roots": []}});
    session.send(&answer).await.status(202);
    let mut stream = session.resume(&id.unwrap()).open().await.streams();
    assert!(said(&stream.message().await).contains("roots"));
}

#[tokio::test]
async fn a_session_has_a_bound_of_its_own_and_each_id_once() {
    let site = serve(|http| http.settings(|settings| settings.session_calls = 2)).await;
    let session = site.session("2025-11-25").await;
    let call = testing::legacy("tools/call", tool("tell"));
    let _first = session.send(&call).open().await.streams();
    session.send(&call).await.status(400).error(-32600);
    let _second = session.call("tell").open().await.streams();
    let refused = session.call("wait").await.status(503);
    refused.error(-31029);
    assert_eq!(refused.header("retry-after"), Some("1"));
    // What is refused has not begun.
    assert_eq!(*site.signals.told.borrow(), 2);
    let other = site.session("2025-11-25").await;
    assert_eq!(other.post("tools/call", sum(1, 2)).await.said(), "3");
    drop(_first);
    site.signals.go.notify_waiters();
    let done = async {
        while session
            .call("hang")
            .with("Accept", "text/event-stream")
            .open()
            .await
            .status
            != 200
        {}
    };
    tokio::time::timeout(SOON, done).await.unwrap();
}

#[tokio::test]
async fn more_streams_than_can_be_resumed_are_all_read_to_the_end() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    let mut streams = Vec::new();
    for _ in 0..40 {
        streams.push(session.call("tell").open().await.streams());
    }
    site.signals.tells(40).await;
    site.signals.go.notify_waiters();
    for mut stream in streams {
        let all = stream.all().await;
        assert_eq!(all.len(), 3, "{all:?}");
        assert_eq!(said(&all[2]), "told");
    }
    // Those that were read to the end make room for others.
    let (stream, id) = told(&session).await;
    drop(stream);
    session.resume(&id).open().await.streams();
}

#[tokio::test]
async fn a_stream_that_nobody_reads_keeps_the_newest_and_the_answer() {
    let site = serve(|http| {
        http.settings(|settings| {
            settings.replay_bytes = 2_000;
            settings.rates = Rates::UNLIMITED;
        })
    })
    .await;
    let session = site.session("2025-11-25").await;
    let call = testing::legacy("tools/call", tool("flood"));
    let mut stream = session.send(&call).open().await.streams();
    let (id, _) = stream.next().await.unwrap();
    drop(stream);
    // Without a reader it does not wait.
    let told = *site.signals.told.borrow();
    site.signals.tells(told + 200).await;
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
                        "params": {"requestId": call["id"]}});
    session.send(&cancel).await.status(202);
    site.signals.drops(1).await;
    let mut stream = session.resume(&id.unwrap()).open().await.streams();
    let rest = stream.all().await;
    assert_eq!(rest.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_come_and_go_at_any_moment_miss_nothing() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    let mut changes = session.get().open().await.streams();
    let mut last = changes.event().await.unwrap().id.unwrap();
    for round in 0..100 {
        let (stream, id) = told(&session).await;
        let going = site.signals.go.clone();
        let gone = tokio::spawn(async move {
            drop(stream);
            going.notify_one();
        });
        site.change();
        // The old connection may be open or not, the answer be there or not.
        let back = session.resume(&last).open().await.streams();
        let old = std::mem::replace(&mut changes, back);
        if round % 2 == 0 {
            drop(old);
        }
        let (id_of_change, _) = changes.next().await.unwrap();
        last = id_of_change.unwrap();
        let all = session.resume(&id).open().await.streams().all().await;
        assert_eq!(all.len(), 2, "{all:?}");
        assert_eq!(said(&all[1]), "told");
        gone.await.unwrap();
    }
}
