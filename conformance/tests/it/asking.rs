//! Questions to the client while a tool runs.

use std::sync::{Arc, Mutex};

use fmcp::{
    BoxFuture, Call, Endpoint, Raw, Reply, Result, Revision,
    protocol::Exchange,
    testing::{self, expect_result, expect_rpc_error},
};
use fmcp_conformance::server::everything;
use serde_json::{Value, json};

/// A client that gives one answer to every question, and remembers the last.
struct Client {
    answer: Value,
    asked: Mutex<Option<(String, Value)>>,
}

impl Endpoint for Client {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        let question: Value = call.params().parse().unwrap();
        let method = call.method().as_str().to_owned();
        *self.asked.lock().unwrap() = Some((method, question));
        let answer = Raw::from(&self.answer);
        Box::pin(async move { Ok(Reply::Raw(Revision::V2025_11_25, answer)) })
    }
}

/// Calls a tool in a session whose client answers so; gives the call's answer and what was asked.
async fn call(
    tool: &str,
    arguments: Value,
    capabilities: Value,
    answer: Value,
) -> (Option<Value>, Option<(String, Value)>) {
    let client = Arc::new(Client {
        answer,
        asked: Mutex::default(),
    });
    let exchange = Exchange::new(everything()).peer(Arc::clone(&client) as Arc<dyn Endpoint>);
    let opening = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": capabilities,
        "clientInfo": {"name": "test", "version": "1"}
    });
    let opened = send(&exchange, testing::legacy("initialize", opening)).await;
    expect_result(&opened);
    let request = json!({"name": tool, "arguments": arguments});
    let answer = send(&exchange, testing::legacy("tools/call", request)).await;
    let asked = client.asked.lock().unwrap().take();
    (answer, asked)
}

async fn send(exchange: &Exchange, message: Value) -> Option<Value> {
    let answer = exchange.answer(message.to_string().into()).await?;
    Some(serde_json::from_slice(&answer).unwrap())
}

fn able() -> Value {
    json!({"sampling": {}, "elicitation": {}})
}

/// Asks the user with the tool, who enters this, and gives the form that the user saw.
async fn form(tool: &str, arguments: Value, entered: Value) -> Value {
    let accepted = json!({"action": "accept", "content": entered});
    let text = format!("User response: {accepted}");
    let (answer, asked) = call(tool, arguments, able(), accepted).await;
    let result = expect_result(&answer);
    assert_eq!(result["content"][0]["text"], text);
    let (method, question) = asked.unwrap();
    assert_eq!(method, "elicitation/create");
    question
}

#[tokio::test]
async fn the_language_model_is_asked() {
    let said = json!({
        "model": "m",
        "role": "assistant",
        "content": {"type": "text", "text": "Paris"}
    });
    let arguments = json!({"prompt": "Where is the tower?"});
    let (answer, asked) = call("test_sampling", arguments, able(), said).await;
    let text = &expect_result(&answer)["content"][0]["text"];
    assert_eq!(text, "LLM response: Paris");
    let message = json!({
        "role": "user",
        "content": {"type": "text", "text": "Where is the tower?"}
    });
    let question = json!({"messages": [message], "maxTokens": 100});
    assert_eq!(asked, Some(("sampling/createMessage".into(), question)));
}

#[tokio::test]
async fn a_client_that_cannot_is_not_asked() {
    for (tool, arguments, lacks) in [
        (
            "test_sampling",
            json!({"prompt": "?"}),
            "ask a language model",
        ),
        ("test_missing_capability", json!({}), "ask a language model"),
        ("test_elicitation", json!({"message": "?"}), "ask its user"),
    ] {
        let (answer, asked) = call(tool, arguments, json!({}), json!({})).await;
        let result = expect_result(&answer);
        assert_eq!(result["isError"], true, "{tool}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains(lacks), "{text}");
        assert_eq!(asked, None, "{tool}");
    }
}

#[tokio::test]
async fn in_the_newest_revision_a_missing_capability_has_a_code() {
    let call = json!({"name": "test_missing_capability"});
    let answer = crate::door::answer(Revision::NEWEST, "tools/call", call).await;
    let data = &expect_rpc_error(&answer, -32021)["data"];
    assert_eq!(data, &json!({"requiredCapabilities": {"sampling": {}}}));
}

#[tokio::test]
async fn the_user_is_asked_for_name_and_address() {
    let asked = form(
        "test_elicitation",
        json!({"message": "Who?"}),
        json!({"username": "ada", "email": "a@b.c"}),
    )
    .await;
    assert_eq!(asked["message"], "Who?");
    let schema = &asked["requestedSchema"];
    assert_eq!(schema["required"], json!(["username", "email"]));
    for field in ["username", "email"] {
        assert_eq!(schema["properties"][field]["type"], "string");
    }
}

#[tokio::test]
async fn forms_are_filled_in_already() {
    let asked = form("test_elicitation_sep1034_defaults", json!({}), json!({})).await;
    let fields = json!({
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {
            "type": "string",
            "enum": ["active", "inactive", "pending"],
            "default": "active"
        },
        "verified": {"type": "boolean", "default": true}
    });
    assert_eq!(asked["requestedSchema"]["properties"], fields);
}

#[tokio::test]
async fn choices_come_in_every_form() {
    let asked = form("test_elicitation_sep1330_enums", json!({}), json!({})).await;
    let options = json!(["option1", "option2", "option3"]);
    let titled = json!([
        {"const": "value1", "title": "Option 1"},
        {"const": "value2", "title": "Option 2"},
        {"const": "value3", "title": "Option 3"}
    ]);
    let fields = json!({
        "untitledSingle": {"type": "string", "enum": options},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"]
        },
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": options}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}}
    });
    assert_eq!(asked["requestedSchema"]["properties"], fields);
}
