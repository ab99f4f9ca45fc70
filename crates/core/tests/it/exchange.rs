//! One peer's bytes in, answers out. Every test is a conversation: what is said, and what comes back.

#![allow(
    clippy::needless_pass_by_value,
    reason = "what is said is written where it is said"
)]

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Notice, Reply, Result,
    protocol::{
        Exchange, Identity, Method,
        model::{
            CallToolResult, DiscoverResult, EmptyResult, Implementation, InputRequiredResult,
            ListToolsResult, ServerCapabilities,
        },
    },
};
use serde_json::{Value, json};

/// A server whose tools say what came, and which remembers what it heard.
#[derive(Default)]
struct Lamp {
    heard: Mutex<Vec<String>>,
    broken: bool,
}

impl Lamp {
    fn reply(&self, call: &Call) -> Result<Reply> {
        match call.method() {
            Method::Discover if self.broken => Err(Error::internal("no light")),
            Method::Discover => {
                let versions = ["2026-07-28".to_owned()];
                Ok(DiscoverResult::new(versions, ServerCapabilities::new()).into())
            }
            Method::Ping => Ok(EmptyResult::new().into()),
            Method::ListTools => Ok(ListToolsResult::default().into()),
            Method::ReadResource => Err(Error::not_found("no such resource")),
            Method::CallTool if call.name().as_deref() == Some("ask") => {
                Err(Error::ask(InputRequiredResult::new().request_state("s")))
            }
            Method::CallTool if call.name().as_deref() == Some("odd") => {
                Err(Error::new(Kind::InputRequired, "asks nothing"))
            }
            Method::CallTool => {
                let session = call.session().map(|session| session.id().to_owned());
                let words = format!("{} {}", call.revision(), session.unwrap_or_default());
                Ok(CallToolResult::text(words.trim_end()).into())
            }
            other => Err(Error::new(
                Kind::MethodNotFound,
                format!("not here: {other}"),
            )),
        }
    }
}

impl Endpoint for Lamp {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move { self.reply(&call) })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.heard.lock().unwrap().push(notice.topic().to_string());
        Box::pin(std::future::ready(()))
    }

    fn identity(&self) -> Option<Arc<Identity>> {
        Some(Arc::new(Identity::new(Implementation::new("lamp", "1"))))
    }
}

/// Runs a future that never waits.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the exchange waits, and nothing here makes it"),
    }
}

fn say(exchange: &Exchange, text: impl ToString) -> Option<String> {
    let answer = now(exchange.answer(Bytes::from(text.to_string())))?;
    Some(String::from_utf8(answer.to_vec()).unwrap())
}

fn ask(exchange: &Exchange, message: Value) -> Value {
    serde_json::from_str(&say(exchange, &message).expect("an answer")).unwrap()
}

fn lamp() -> Exchange {
    Exchange::new(Lamp::default()).session_id("s")
}

fn request(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

fn initialize(version: &str) -> Value {
    let client = json!({"name": "c", "version": "1"});
    let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": client});
    request("initialize", params)
}

fn session(version: &str) -> Exchange {
    let exchange = lamp();
    let answer = ask(&exchange, initialize(version));
    assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
    exchange
}

fn modern(method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    request(method, params)
}

fn tool(name: &str) -> Value {
    json!({"name": name})
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
}

fn code(answer: &Value) -> i64 {
    answer["error"]["code"]
        .as_i64()
        .unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn a_legacy_session_from_beginning_to_end() {
    let exchange = lamp();
    assert!(exchange.session().is_none());
    assert_eq!(
        ask(&exchange, request("ping", json!({})))["result"],
        json!({})
    );
    assert_eq!(
        code(&ask(&exchange, request("tools/list", json!({})))),
        -32602
    );
    assert_eq!(
        ask(&exchange, initialize("2025-06-18")),
        json!({"jsonrpc": "2.0", "id": 1, "result": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "serverInfo": {"name": "lamp", "version": "1"},
        }})
    );
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(say(&exchange, initialized), None);
    let listed = ask(&exchange, request("tools/list", json!({})));
    assert_eq!(listed["result"], json!({"tools": []}));
    let answer = ask(&exchange, request("tools/call", tool("switch")));
    assert_eq!(text(&answer), "2025-06-18 s");
    assert_eq!(
        code(&ask(
            &exchange,
            request("resources/read", json!({"uri": "a:b"}))
        )),
        -32002
    );
    assert_eq!(
        code(&ask(&exchange, request("server/discover", json!({})))),
        -32601
    );
}

#[test]
fn a_modern_request_needs_no_session_and_opens_none() {
    let exchange = lamp();
    let answer = ask(&exchange, modern("tools/call", tool("switch")));
    assert_eq!(text(&answer), "2026-07-28");
    assert_eq!(answer["result"]["resultType"], "complete");
    let server = &answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!(server["name"], "lamp");
    let described = ask(&exchange, modern("server/discover", json!({})));
    assert_eq!(
        described["result"]["supportedVersions"],
        json!(["2026-07-28"])
    );
    let question = ask(&exchange, modern("tools/call", tool("ask")));
    assert_eq!(question["result"]["resultType"], "input_required");
    assert_eq!(
        code(&ask(
            &exchange,
            modern("resources/read", json!({"uri": "a:b"}))
        )),
        -32602
    );
    assert_eq!(code(&ask(&exchange, modern("ping", json!({})))), -32601);
    assert!(exchange.session().is_none());
}

#[test]
fn both_eras_share_one_connection() {
    let exchange = session("2024-11-05");
    assert_eq!(
        text(&ask(&exchange, modern("tools/call", tool("switch")))),
        "2026-07-28"
    );
    assert_eq!(
        text(&ask(&exchange, request("tools/call", tool("switch")))),
        "2024-11-05 s"
    );
    let mut later = modern("tools/list", json!({}));
    later["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let refused = ask(&exchange, later);
    assert_eq!(
        code(&refused),
        -32022,
        "whoever names a revision is refused in modern words"
    );
    assert_eq!(refused["error"]["data"]["requested"], "2099-01-01");
}

#[test]
fn a_handshake_with_modern_metadata_is_no_handshake() {
    let exchange = lamp();
    assert_eq!(
        code(&ask(
            &exchange,
            modern("initialize", initialize("2025-06-18")["params"].clone())
        )),
        -32601
    );
    assert!(exchange.session().is_none());
}

#[test]
fn a_second_handshake_is_refused_and_leaves_the_session_as_it_is() {
    let exchange = session("2024-11-05");
    assert_eq!(code(&ask(&exchange, initialize("2025-11-25"))), -32600);
    assert_eq!(
        text(&ask(&exchange, request("tools/call", tool("switch")))),
        "2024-11-05 s"
    );
}

#[test]
fn a_refused_handshake_opens_no_session() {
    let broken = Lamp {
        broken: true,
        ..Lamp::default()
    };
    let exchange = Exchange::new(broken);
    assert_eq!(code(&ask(&exchange, initialize("2025-06-18"))), -32603);
    assert!(exchange.session().is_none());
    let exchange = lamp();
    assert_eq!(
        code(&ask(&exchange, request("initialize", json!({})))),
        -32602
    );
    assert!(exchange.session().is_none());
}

#[test]
fn ids_come_back_as_they_came() {
    let exchange = session("2025-11-25");
    for id in [
        "1",
        "-7",
        "123456789012345678901234567890",
        "1.50",
        r#""a\u0062""#,
        r#""""#,
    ] {
        for (method, outcome) in [("ping", "result"), ("no/such", "error")] {
            let ask = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"}}"#);
            let answer = say(&exchange, ask).unwrap();
            let begin = format!(r#"{{"jsonrpc":"2.0","id":{id},"{outcome}":"#);
            assert!(answer.starts_with(&begin), "{answer}");
        }
    }
}

#[test]
fn what_nobody_asked_is_not_answered() {
    let lamp = Arc::new(Lamp::default());
    let exchange = Exchange::new(Arc::clone(&lamp));
    for quiet in [
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}),
        json!({"jsonrpc": "2.0", "method": "notifications/example"}),
        json!({"jsonrpc": "2.0", "method": "notifications/example", "params": [1]}),
        json!({"jsonrpc": "2.0", "method": "tools/list"}),
        json!({"jsonrpc": "2.0", "id": 1, "result": {}}),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "m"}}),
    ] {
        assert_eq!(say(&exchange, &quiet), None, "{quiet}");
    }
    let heard = lamp.heard.lock().unwrap();
    assert_eq!(
        *heard,
        [
            "notifications/cancelled",
            "notifications/example",
            "tools/list"
        ]
    );
}

#[test]
fn what_cannot_be_read_is_answered_without_an_id() {
    let exchange = lamp();
    for (body, code) in [
        ("{", -32700),
        ("", -32700),
        ("7", -32600),
        (r#"{"jsonrpc":"2.0"}"#, -32600),
        ("[]", -32600),
    ] {
        let answer: Value = serde_json::from_str(&say(&exchange, body).unwrap()).unwrap();
        assert_eq!(answer["error"]["code"], code, "{body}");
        assert!(answer.get("id").is_none(), "{body}");
    }
    let faulty = ask(&exchange, request("tools/list", json!([1])));
    assert_eq!((code(&faulty), &faulty["id"]), (-32602, &json!(1)));
}

#[test]
fn questions_that_cannot_be_asked_are_errors() {
    let exchange = session("2025-11-25");
    for name in ["ask", "odd"] {
        assert_eq!(
            code(&ask(&exchange, request("tools/call", tool(name)))),
            -32603
        );
    }
    assert_eq!(
        code(&ask(&exchange, modern("tools/call", tool("odd")))),
        -32603
    );
}

#[test]
fn batches_are_for_sessions_of_one_revision() {
    let batch = json!([request("ping", json!({}))]);
    let answer = ask(&session("2025-03-26"), batch.clone());
    assert_eq!(answer, json!([{"jsonrpc": "2.0", "id": 1, "result": {}}]));
    for other in ["2024-11-05", "2025-06-18", "2025-11-25"] {
        assert_eq!(
            code(&ask(&session(other), batch.clone())),
            -32600,
            "{other}"
        );
    }
    assert_eq!(code(&ask(&lamp(), batch)), -32600);
    let opening = json!([initialize("2025-03-26")]);
    assert_eq!(
        code(&ask(&lamp(), opening)),
        -32600,
        "a handshake must not stand in a batch"
    );
}

#[test]
fn a_batch_answers_its_requests_and_nothing_else() {
    let exchange = session("2025-03-26");
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/example"});
    let response = json!({"jsonrpc": "2.0", "id": 9, "result": {}});
    assert_eq!(say(&exchange, json!([notification, response])), None);
    let mut second = request("tools/call", tool("switch"));
    second["id"] = json!("two");
    let answers = ask(
        &exchange,
        json!([
            request("ping", json!({})),
            notification,
            second,
            7,
            initialize("2025-11-25"),
            modern("tools/list", json!({})),
            response,
        ]),
    );
    let short = |answer: &Value| (answer["id"].clone(), answer["error"]["code"].as_i64());
    let got: Vec<_> = answers.as_array().unwrap().iter().map(short).collect();
    assert_eq!(
        got,
        [
            (json!(1), None),
            (json!("two"), None),
            (json!(null), Some(-32600)),
            (json!(1), Some(-32600)),
            (json!(1), Some(-32600)),
        ]
    );
    assert_eq!(
        exchange.session().unwrap().revision().as_str(),
        "2025-03-26"
    );
}
