//! Sessions: their ids, their loss, their end.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use fmcp_core::{Call, Kind, protocol::model::LogLevel};
use serde_json::json;
use tokio::sync::Semaphore;

use super::{
    ask, call, open, open_with,
    peer::Peer,
    result, settings, soon,
    stage::{Stage, bare, json, legacy, talk, told},
};

/// A server that forgets a session when it is told so.
async fn forgetful() -> (Stage, Arc<Mutex<Vec<String>>>) {
    let forgotten = Arc::new(Mutex::new(Vec::<String>::new()));
    let stage = {
        let forgotten = Arc::clone(&forgotten);
        legacy("2025-11-25", move |asked| {
            let is_lost = forgotten
                .lock()
                .unwrap()
                .iter()
                .any(|id| id == asked.header("mcp-session-id"));
            async move { is_lost.then(|| told(404, "text/plain", "no such session")) }
        })
        .await
    };
    (stage, forgotten)
}

#[tokio::test]
async fn a_session_ends_with_its_link() {
    let stage = legacy("2025-11-25", |_| async { None }).await;
    let mut settings = settings(&stage);
    settings.listens = false;
    let (link, _) = open_with(settings).await;
    ask(&link, "tools/list", json!({})).await.unwrap();
    link.close().await;
    link.close().await;
    let expect = [
        "server/discover",
        "initialize",
        "notifications/initialized in s-1",
        "tools/list in s-1",
        "DELETE in s-1",
    ];
    assert_eq!(stage.log(), expect);
    let error = soon(link.call(call("tools/list", json!({}))))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.is_unsent());
}

#[tokio::test]
async fn a_lost_session_is_opened_anew_once_for_all_and_calls_are_made_again() {
    let (stage, forgotten) = forgetful().await;
    let mut settings = settings(&stage);
    settings.listens = false;
    let (link, _) = open_with(settings).await;
    let log = stage.log().len();
    forgotten.lock().unwrap().push("s-1".to_owned());
    let calls = (0..20).map(|_| {
        let link = Arc::clone(&link);
        tokio::spawn(async move { ask(&link, "tools/list", json!({})).await })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(
            call.await.unwrap().unwrap(),
            json!({"method": "tools/list"})
        );
    }
    let log = stage.log().split_off(log);
    let count = |what: &str| log.iter().filter(|line| line.starts_with(what)).count();
    assert_eq!(count("initialize"), 1, "{log:?}");
    assert_eq!(
        count("tools/list") - count("tools/list in s-1"),
        20,
        "{log:?}"
    );
}

#[tokio::test]
async fn a_session_that_is_lost_again_at_once_is_not_opened_for_ever() {
    let stage = legacy("2025-11-25", |asked| async move {
        (asked.method() == "tools/list").then(|| bare(404))
    })
    .await;
    let (link, _) = open(&stage).await;
    let words = ask(&link, "tools/list", json!({})).await.unwrap_err();
    assert!(words.contains("404"), "{words}");
    let opened = stage
        .log()
        .iter()
        .filter(|line| *line == "initialize")
        .count();
    assert_eq!(opened, 2);
}

/// A server that forgets its first session after so many calls in it, and says so with status 400 and these words. Gives
/// what it was asked from there on, and what came of it.
async fn forgets_in_words(words: &'static str, after: usize, method: &str) -> (Vec<String>, bool) {
    let count = Arc::new(AtomicUsize::new(0));
    let stage = legacy("2025-11-25", move |asked| {
        let count = Arc::clone(&count);
        async move {
            let is_call = asked.method().starts_with("tools/");
            let is_lost = is_call
                && asked.header("mcp-session-id") == "s-1"
                && count.fetch_add(1, SeqCst) >= after;
            let error = super::error(&serde_json::Value::Null, -32000, words);
            is_lost.then(|| json(400, &error))
        }
    })
    .await;
    let mut settings = settings(&stage);
    settings.listens = false;
    let (link, _) = open_with(settings).await;
    for _ in 0..after {
        ask(&link, "tools/list", json!({})).await.unwrap();
    }
    let before = stage.log().len();
    let outcome = ask(&link, method, json!({"name": "t"})).await;
    let is_answered = match outcome {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error, words);
            false
        }
    };
    let mut log = stage.log().split_off(before);
    log.retain(|line| !line.contains("initialized"));
    (log, is_answered)
}

#[tokio::test]
async fn a_session_that_is_lost_in_words_only_is_opened_anew_where_that_does_no_harm() {
    const WORDS: &str = "Bad Request: No valid session ID provided";
    let (log, is_answered) = forgets_in_words(WORDS, 1, "tools/list").await;
    assert!(is_answered);
    assert_eq!(
        log,
        ["tools/list in s-1", "initialize", "tools/list in s-5"]
    );

    // A call that may do something is not made again, but the next one finds a session.
    let (log, is_answered) = forgets_in_words(WORDS, 1, "tools/call").await;
    assert!(!is_answered);
    assert_eq!(log, ["tools/call in s-1", "initialize"]);

    // A session that has never worked is not lost, nor one that nobody speaks of.
    for (words, after) in [(WORDS, 0), ("Bad Request", 1)] {
        let (log, is_answered) = forgets_in_words(words, after, "tools/list").await;
        assert!(!is_answered);
        assert_eq!(log, ["tools/list in s-1"]);
    }
}

/// A server that answers 400 to sessions from before it was started again, which `restart` does.
#[derive(Clone, Default)]
struct Forgetful {
    seen: Arc<Mutex<HashSet<String>>>,
    lost: Arc<Mutex<HashSet<String>>>,
}

impl Forgetful {
    fn restart(&self) {
        self.lost
            .lock()
            .unwrap()
            .extend(self.seen.lock().unwrap().drain());
    }

    fn knows(&self, session: &str) -> bool {
        if session != "-" {
            self.seen.lock().unwrap().insert(session.to_owned());
        }
        !self.lost.lock().unwrap().contains(session)
    }
}

#[tokio::test]
async fn a_session_that_took_the_place_of_a_lost_one_may_be_lost_as_well() {
    for method in ["tools/list", "tools/call"] {
        let server = Forgetful::default();
        let stage = legacy("2025-11-25", {
            let server = server.clone();
            move |asked| {
                let knows = server.knows(asked.header("mcp-session-id"));
                async move {
                    let words = "Bad Request: No valid session ID provided";
                    let error = super::error(&serde_json::Value::Null, -32000, words);
                    (!knows).then(|| json(400, &error))
                }
            }
        })
        .await;
        let mut settings = settings(&stage);
        settings.listens = false;
        let (link, _) = open_with(settings).await;
        ask(&link, "tools/list", json!({})).await.unwrap();
        for _ in 0..3 {
            server.restart();
            // One that may do something is not made again.
            let answer = ask(&link, method, json!({"name": "t"})).await;
            assert_eq!(answer.is_ok(), method == "tools/list", "{answer:?}");
        }
        ask(&link, "tools/list", json!({})).await.unwrap();
    }
}

#[tokio::test]
async fn a_method_that_is_not_found_is_no_session_that_is_lost() {
    let stage = legacy("2025-11-25", |asked| async move {
        (asked.method() == "x/y")
            .then(|| json(404, &super::error(asked.id(), -32601, "Method not found")))
    })
    .await;
    let (link, _) = open(&stage).await;
    let words = ask(&link, "x/y", json!({})).await.unwrap_err();
    assert_eq!(words, "Method not found");
    let log = stage.log();
    let count = |what: &str| log.iter().filter(|line| line.starts_with(what)).count();
    assert_eq!((count("x/y"), count("initialize")), (1, 1), "{log:?}");
}

#[tokio::test]
async fn a_new_session_of_another_revision_is_none() {
    let count = Arc::new(AtomicUsize::new(0));
    let stage = legacy("2025-11-25", move |asked| {
        let count = Arc::clone(&count);
        async move {
            match asked.method() {
                "initialize" if count.fetch_add(1, SeqCst) > 0 => {
                    let about = json!({"protocolVersion": "2025-03-26", "capabilities": {},
                        "serverInfo": {"name": "stage", "version": "1"}});
                    Some(json(200, &result(asked.id(), about)))
                }
                "tools/list" => Some(bare(404)),
                _ => None,
            }
        }
    })
    .await;
    let (link, _) = open(&stage).await;
    let error = soon(link.call(call("tools/list", json!({}))))
        .await
        .unwrap_err();
    assert!(error.message().contains("does not open another"), "{error}");
    assert!(error.is_unsent());
}

#[tokio::test]
async fn a_dropped_call_is_cancelled_in_words() {
    let held = Arc::new(Mutex::new(Vec::new()));
    let stage = {
        let held = Arc::clone(&held);
        legacy("2025-11-25", move |asked| {
            let held = Arc::clone(&held);
            async move {
                (asked.method() == "tools/call").then(|| {
                    let (talk, told) = talk();
                    held.lock().unwrap().push(talk);
                    told
                })
            }
        })
        .await
    };
    let (link, _) = open(&stage).await;
    let running = {
        let link = Arc::clone(&link);
        tokio::spawn(async move { link.call(call("tools/call", json!({"name": "t"}))).await })
    };
    let asked = stage.until("tools/call in s-1").await;
    running.abort();
    let cancelled = stage.until("notifications/cancelled in s-1").await;
    assert_eq!(&cancelled.body["params"]["requestId"], asked.id());
    let talk = held.lock().unwrap().pop().unwrap();
    talk.unread().await;
    ask(&link, "tools/list", json!({})).await.unwrap();
    let cancels = stage
        .log()
        .iter()
        .filter(|line| line.contains("cancelled"))
        .count();
    assert_eq!(cancels, 1, "what is answered is not cancelled");
}

#[tokio::test]
async fn a_call_that_waits_for_its_response_is_cancelled_in_words_too() {
    let door = Arc::new(Semaphore::new(0));
    let stage = {
        let door = Arc::clone(&door);
        legacy("2025-11-25", move |asked| {
            let door = Arc::clone(&door);
            async move {
                if asked.method() == "tools/call" {
                    door.acquire().await.unwrap().forget();
                }
                None
            }
        })
        .await
    };
    let (link, _) = open(&stage).await;
    let running =
        tokio::spawn(async move { link.call(call("tools/call", json!({"name": "t"}))).await });
    stage.until("tools/call in s-1").await;
    // The link itself goes away with the call: nobody is left who could say anything.
    running.abort();
    let _ = running.await;
    door.add_permits(1);
}

#[tokio::test]
async fn the_level_of_the_log_is_set_and_set_again_in_a_new_session() {
    let (stage, forgotten) = forgetful().await;
    let mut greeting = super::greeting(None);
    greeting.log_level = Some(LogLevel::Warning);
    let peer = Arc::new(Peer::default());
    let mut settings = settings(&stage);
    settings.listens = false;
    let link = fmcp_transport::client::http::open(settings, &greeting, peer)
        .await
        .unwrap();
    let first = stage.until("logging/setLevel in s-1").await;
    assert_eq!(first.body["params"]["level"], "warning");
    ask(&link, "logging/setLevel", json!({"level": "debug"}))
        .await
        .unwrap();
    forgotten.lock().unwrap().push("s-1".to_owned());
    ask(&link, "tools/list", json!({})).await.unwrap();
    let seen = stage.seen();
    let last = seen
        .iter()
        .rfind(|asked| asked.method() == "logging/setLevel")
        .unwrap();
    assert_eq!(last.body["params"]["level"], "debug");
    assert!(last.header("mcp-session-id") != "s-1");
}

#[tokio::test]
async fn a_batch_is_read_message_by_message() {
    let stage = legacy("2025-03-26", |asked| async move {
        (asked.method() == "tools/call").then(|| {
            let told = json!({"jsonrpc": "2.0", "method": "notifications/progress",
                "params": {"progressToken": 1, "progress": 1, "message": "half"}});
            json(200, &json!([told, result(asked.id(), json!({"n": 1}))]))
        })
    })
    .await;
    let (link, _) = open(&stage).await;
    let own = Arc::new(Peer::default());
    let call = call("tools/call", json!({"name": "t"})).with_peer(own.clone());
    assert_eq!(
        super::answer(soon(link.call(call)).await).unwrap(),
        json!({"n": 1})
    );
    assert_eq!(own.heard(), ["progress half"]);
}

#[tokio::test]
async fn ids_of_a_session_are_never_used_twice() {
    let stage = legacy("2025-11-25", |_| async { None }).await;
    let (link, _) = open(&stage).await;
    for _ in 0..3 {
        let call: Call = call("tools/list", json!({})).with_id("7".into());
        soon(link.call(call)).await.unwrap();
    }
    let seen = stage.seen();
    let calls = seen.iter().filter(|asked| asked.method() == "tools/list");
    let ids: std::collections::HashSet<_> = calls.map(|asked| asked.id().to_string()).collect();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn whoever_listens_hears_of_what_it_asked_for_and_the_rest_hears_of_the_rest() {
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
    let (link, everybody) = open(&stage).await;
    stage.until("GET in s-1").await;
    let own = Arc::new(Peer::default());
    let filter = json!({"notifications": {"resourceSubscriptions": ["a://1"]}});
    let listen = call("subscriptions/listen", filter)
        .with_id("1".into())
        .with_peer(own.clone());
    let listening = {
        let link = Arc::clone(&link);
        tokio::spawn(async move { link.call(listen).await })
    };
    let heard = own.until(1).await;
    assert_eq!(heard, ["notifications/subscriptions/acknowledged"]);
    let subscribed = stage.until("resources/subscribe in s-1").await;
    assert_eq!(subscribed.body["params"]["uri"], "a://1");
    let talk = held.lock().unwrap().pop().unwrap();
    for uri in ["a://2", "a://1"] {
        let told = json!({"jsonrpc": "2.0", "method": "notifications/resources/updated",
            "params": {"uri": uri}});
        talk.say(super::event(&told)).await;
    }
    assert_eq!(own.until(2).await[1], "updated a://1");
    assert_eq!(everybody.heard(), ["updated a://2"]);
    listening.abort();
    stage.until("resources/unsubscribe in s-1").await;
}

#[tokio::test]
async fn what_the_client_tells_reaches_the_server() {
    let stage = legacy("2025-11-25", |_| async { None }).await;
    let (link, _) = open(&stage).await;
    link.notify(fmcp_core::Notice::RootsChanged).await;
    let asked = stage.until("notifications/roots/list_changed in s-1").await;
    assert_eq!(asked.header("mcp-protocol-version"), "2025-11-25");
}
