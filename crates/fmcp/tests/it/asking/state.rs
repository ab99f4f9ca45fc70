//! The state that goes through the client's hands: who may use it, for what, for how long, how often.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fmcp::{Context, Principal, Revision, Server, StateKey, Tool, ToolError, store};
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// How often something was computed.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicUsize>);

/// Asks twice, and keeps what it has computed once.
async fn twice(ctx: Context) -> Result<String, ToolError> {
    let runs = ctx.state::<Runs>().unwrap_or_default();
    let first = ctx.confirm("First?").await?;
    let run = ctx
        .once("run", async || runs.0.fetch_add(1, Ordering::SeqCst))
        .await?;
    let second = ctx.confirm("Second?").await?;
    Ok(format!("{first} {second} {run}"))
}

fn server() -> Server {
    Server::new("state")
        .tool(Tool::new("twice", twice))
        .tool(Tool::new("other", twice))
}

fn keyed(key: impl Into<StateKey>) -> Server {
    server().state_key(key)
}

fn peer(server: &Server) -> Peer {
    Peer::new(server, Revision::NEWEST, |_, _, _| accept(json!({})))
}

/// The first round of `tool`, and the parameters of its second.
async fn first_round(server: &Server, tool: &str) -> Value {
    let params = json!({"name": tool, "arguments": {"a": 1, "b": {"c": 2, "d": 3}}});
    let answer = peer(server).once("tools/call", params.clone()).await;
    next(params, &answer)
}

/// The parameters of the round that follows `answer`: everything is agreed to.
fn next(mut params: Value, answer: &Value) -> Value {
    let asked = answer["result"]["inputRequests"].as_object();
    let asked = asked.unwrap_or_else(|| panic!("nothing is asked: {answer}"));
    let answers = asked.keys().map(|name| (name.clone(), accept(json!({}))));
    params["inputResponses"] = Value::Object(answers.collect());
    params["requestState"] = answer["result"]["requestState"].clone();
    assert!(params["requestState"].is_string(), "{answer}");
    params
}

/// Tools that take anything.
fn open(server: Server) -> Server {
    let schema = json!({"type": "object"});
    server
        .tool(Tool::dynamic(
            "any",
            schema.clone(),
            |_: Value, ctx: Context| twice(ctx),
        ))
        .tool(Tool::dynamic("any2", schema, |_: Value, ctx: Context| {
            twice(ctx)
        }))
}

async fn refused(server: &Server, params: Value, expect: &str) {
    let answer = peer(server).once("tools/call", params).await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    let words = answer["error"]["message"].as_str().unwrap();
    assert!(words.contains(expect), "{words}");
}

const FOREIGN: &str = "none that this server has given for this call";

#[tokio::test]
async fn answers_and_kept_values_come_back() {
    let runs = Runs::default();
    runs.0.store(5, Ordering::SeqCst);
    let server = server().state(runs.clone());
    assert_eq!(peer(&server).call("twice").await, "true true 5");
    assert_eq!(runs.0.load(Ordering::SeqCst), 6, "it was computed once");
}

#[tokio::test]
async fn a_state_opens_for_the_call_it_was_given_for_and_for_no_other() {
    let server = open(keyed(SECRET));
    let second = first_round(&server, "any").await;
    let with = |change: fn(&mut Value)| {
        let mut other = second.clone();
        change(&mut other);
        other
    };
    refused(&server, with(|p| p["name"] = json!("any2")), FOREIGN).await;
    refused(&server, with(|p| p["arguments"]["a"] = json!(2)), FOREIGN).await;
    refused(
        &server,
        with(|p| p["arguments"]["b"]["c"] = json!("2")),
        FOREIGN,
    )
    .await;
    refused(&server, with(|p| p["requestState"] = json!("")), FOREIGN).await;
    refused(
        &server,
        with(|p| p["requestState"] = json!("A".repeat(1_000_000))),
        FOREIGN,
    )
    .await;
    refused(
        &server,
        with(|p| p["requestState"] = json!(7)),
        "not a string",
    )
    .await;
    refused(
        &server,
        with(|p| p["inputResponses"] = json!([1])),
        "not an object",
    )
    .await;
    let state = second["requestState"].as_str().unwrap().to_owned();
    let mut tampered = second.clone();
    tampered["requestState"] = json!(state.clone() + "-TAMPERED");
    refused(&server, tampered, FOREIGN).await;
    for at in (0..state.len()).step_by(7) {
        let mut changed = state.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let mut tampered = second.clone();
        tampered["requestState"] = json!(String::from_utf8(changed).unwrap());
        refused(&server, tampered, FOREIGN).await;
    }
    // The same call, written otherwise.
    let mut same = second.clone();
    same["arguments"] = serde_json::from_str(r#"{"b": {"d": 3, "c": 2}, "a": 1}"#).unwrap();
    let answer = peer(&server).once("tools/call", same).await;
    assert!(answer["result"]["inputRequests"].is_object(), "{answer}");
}

#[tokio::test]
async fn a_state_opens_for_the_one_who_got_it() {
    let server = keyed(SECRET);
    let exchange = |who: Option<&'static str>| {
        let exchange = Exchange::new(server.clone());
        match who {
            Some(who) => exchange.principal(Arc::new(Principal::new(who))),
            None => exchange,
        }
    };
    let params = json!({"name": "twice", "arguments": {}});
    let ada = exchange(Some("ada"));
    let request = |params: Value| peer(&server).modern("tools/call", params);
    let second = next(params.clone(), &answer(&ada, request(params)).await);
    for who in [None, Some("bob"), Some("")] {
        let answer = answer(&exchange(who), request(second.clone())).await;
        assert_eq!(answer["error"]["code"], -32602, "{who:?}: {answer}");
    }
    let answer = answer(&ada, request(second)).await;
    assert_eq!(answer["result"]["resultType"], "input_required", "{answer}");
}

#[tokio::test]
async fn replicas_share_a_key_and_keys_can_be_changed() {
    let next_secret = SECRET.to_uppercase();
    let second = first_round(&open(keyed(SECRET)), "any").await;
    for (server, expect) in [
        (keyed(SECRET), true),
        (keyed(StateKey::new(&next_secret).or(SECRET)), true),
        (keyed(next_secret.as_str()), false),
        (server(), false),
        (Server::new("another name").state_key(SECRET), false),
    ] {
        let server = open(server);
        if expect {
            let answer = peer(&server).once("tools/call", second.clone()).await;
            assert!(answer["result"]["inputRequests"].is_object(), "{answer}");
        } else {
            refused(&server, second.clone(), FOREIGN).await;
        }
    }
    assert!(
        keyed("short")
            .check()
            .unwrap_err()
            .message()
            .contains("must have 32 bytes")
    );
}

#[tokio::test]
async fn a_state_is_good_for_its_time() {
    let server = open(keyed(SECRET)).state_ttl(Duration::ZERO);
    let second = first_round(&server, "any").await;
    refused(&server, second, "the time to answer is over").await;
}

#[tokio::test]
async fn a_state_may_be_used_again_unless_it_is_forbidden() {
    let server = open(keyed(SECRET));
    let second = first_round(&server, "any").await;
    for _ in 0..2 {
        let answer = peer(&server).once("tools/call", second.clone()).await;
        assert!(answer["result"]["inputRequests"].is_object(), "{answer}");
    }
    let store = Arc::new(store::Memory::new());
    let server = || {
        open(keyed(SECRET))
            .state_single_use(true)
            .session_store(Arc::clone(&store))
    };
    let second = first_round(&server(), "any").await;
    // Two replicas get it at once; one takes it.
    let (one, other) = (server(), server());
    let (a, b) = tokio::join!(
        async { peer(&one).once("tools/call", second.clone()).await },
        async { peer(&other).once("tools/call", second.clone()).await },
    );
    let taken = [&a, &b]
        .into_iter()
        .filter(|answer| answer.get("result").is_some());
    assert_eq!(taken.count(), 1, "{a} {b}");
    refused(&server(), second.clone(), "has been used").await;
    // Answers without a state are none.
    let mut without = second;
    without.as_object_mut().unwrap().remove("requestState");
    let answer = peer(&server()).once("tools/call", without).await;
    assert_eq!(
        answer["result"]["inputRequests"].as_object().unwrap().len(),
        1
    );
    let whole = server();
    assert_eq!(peer(&whole).call("twice").await, "true true 0");
}

#[tokio::test]
async fn missing_answers_are_asked_again_and_others_are_passed_over() {
    let server = open(keyed(SECRET));
    let second = first_round(&server, "any").await;
    let name = second["inputResponses"]
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap()
        .clone();
    let mut odd = second.clone();
    odd["inputResponses"] = json!({"wrong": accept(json!({})), "7": 1});
    let answer = peer(&server).once("tools/call", odd).await;
    assert!(
        answer["result"]["inputRequests"].get(&name).is_some(),
        "{answer}"
    );
    let mut more = second;
    more["inputResponses"]["unknown"] = json!({"a": 1});
    let answer = peer(&server).once("tools/call", more).await;
    assert!(
        answer["result"]["inputRequests"].get(&name).is_none(),
        "{answer}"
    );
}

#[tokio::test]
async fn what_a_call_keeps_is_bounded() {
    let server = Server::new("s").tool(Tool::new("much", |ctx: Context| async move {
        ctx.once("much", async || "x".repeat(300_000)).await?;
        Ok::<_, ToolError>(ctx.confirm("?").await?)
    }));
    let words = peer(&server).call("much").await;
    assert!(words.contains("may have 262144"), "{words}");
}

#[tokio::test]
async fn many_calls_ask_at_once_and_none_hears_another() {
    let schema = json!({"type": "object"});
    let server = Server::new("s").tool(Tool::dynamic(
        "echo",
        schema,
        |args: Value, ctx: Context| async move {
            let number = ctx
                .elicit::<u64>(format!("Which is {}?", args["n"]))
                .await?;
            Ok::<_, ToolError>(format!("{number:?}"))
        },
    ));
    let calls = (0..64_u64).map(|n| {
        let server = server.clone();
        tokio::spawn(async move {
            let peer = Peer::new(&server, Revision::NEWEST, move |_, _, _| {
                accept(json!({"value": n}))
            });
            said(
                &peer
                    .send("tools/call", json!({"name": "echo", "arguments": {"n": n}}))
                    .await,
            )
        })
    });
    for (n, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(call.await.unwrap(), format!("Accepted({n})"));
    }
}
