//! Calls that end with questions, and come again with the answers.

use fmcp::{
    Revision,
    testing::{self, Wire, expect_result, expect_rpc_error},
};
use fmcp_conformance::server::everything;
use serde_json::{Value, json};

/// One call that takes several rounds.
struct Rounds {
    wire: Wire,
    tool: &'static str,
    capabilities: Value,
}

impl Rounds {
    fn of(tool: &'static str) -> Self {
        Self {
            wire: Wire::new(everything()),
            tool,
            capabilities: json!({"sampling": {}, "elicitation": {}, "roots": {}}),
        }
    }

    /// Calls the tool with what `more` adds to the parameters.
    async fn send(&self, more: Value) -> Option<Value> {
        let mut params = json!({
            "name": self.tool,
            "arguments": {},
            "_meta": {"io.modelcontextprotocol/clientCapabilities": self.capabilities}
        });
        let fields = params.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        self.wire.send(testing::modern("tools/call", params)).await
    }

    /// Calls the tool, which must ask back.
    async fn asks(&self, more: Value) -> Value {
        let answer = self.send(more).await;
        let result = expect_result(&answer);
        assert_eq!(result["resultType"], "input_required", "{result}");
        result.clone()
    }

    /// Calls the tool, which must be through, and gives its text.
    async fn says(&self, more: Value) -> String {
        let answer = self.send(more).await;
        let result = expect_result(&answer);
        assert_eq!(result["resultType"], "complete", "{result}");
        assert_eq!(result.get("isError"), None, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }
}

fn accept(content: Value) -> Value {
    json!({"action": "accept", "content": content})
}

fn sampled() -> Value {
    let content = json!({"type": "text", "text": "Paris"});
    json!({"model": "m", "role": "assistant", "content": content})
}

#[tokio::test]
async fn the_user_is_asked_for_a_name() {
    for tool in [
        "test_input_required_result_elicitation",
        "test_streaming_elicitation",
    ] {
        let rounds = Rounds::of(tool);
        let asked = rounds.asks(json!({})).await;
        let question = &asked["inputRequests"]["user_name"];
        assert_eq!(question["method"], "elicitation/create");
        assert_eq!(question["params"]["message"], "What is your name?");
        let answers = json!({"user_name": accept(json!({"name": "Alice"})), "more": 1});
        let said = rounds.says(json!({"inputResponses": answers})).await;
        assert_eq!(said, "Hello, Alice!");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_asked_again() {
    let rounds = Rounds::of("test_input_required_result_elicitation");
    for answers in [
        Value::Null,
        json!({"wrong_key": accept(json!({"name": "Alice"}))}),
        json!({"user_name": 12345}),
        json!({"user_name": accept(json!({"name": 1}))}),
    ] {
        rounds.asks(json!({"inputResponses": answers})).await;
    }
    let refused = rounds.send(json!({"inputResponses": [1]})).await;
    expect_rpc_error(&refused, -32602);
}

#[tokio::test]
async fn the_model_and_the_client_are_asked() {
    let rounds = Rounds::of("test_input_required_result_sampling");
    let asked = rounds.asks(json!({})).await;
    let question = &asked["inputRequests"]["capital"];
    assert_eq!(question["method"], "sampling/createMessage");
    assert_eq!(question["params"]["maxTokens"], 100);
    rounds
        .says(json!({"inputResponses": {"capital": sampled()}}))
        .await;

    let rounds = Rounds::of("test_input_required_result_list_roots");
    let asked = rounds.asks(json!({})).await;
    assert_eq!(asked["inputRequests"]["roots"]["method"], "roots/list");
    let roots = json!({"roots": [{"uri": "file:///home"}]});
    let said = rounds.says(json!({"inputResponses": {"roots": roots}}));
    assert_eq!(said.await, "There are 1 roots.");
}

#[tokio::test]
async fn state_comes_back() {
    let rounds = Rounds::of("test_input_required_result_request_state");
    let asked = rounds.asks(json!({})).await;
    let answers = json!({"confirm": accept(json!({"ok": true}))});
    let said = rounds
        .says(json!({"inputResponses": answers, "requestState": asked["requestState"]}))
        .await;
    assert!(said.contains("state-ok"), "{said}");
}

#[tokio::test]
async fn several_are_asked_at_once() {
    let rounds = Rounds::of("test_input_required_result_multiple_inputs");
    let asked = rounds.asks(json!({})).await;
    assert_eq!(asked["inputRequests"].as_object().unwrap().len(), 3);
    assert!(asked["requestState"].is_string());
    let answers = json!({
        "user_name": accept(json!({"name": "Ada"})),
        "capital": sampled(),
        "roots": {"roots": []}
    });
    let said = rounds.says(json!({"inputResponses": answers}));
    assert_eq!(said.await, "Ada works in 0 places.");
}

#[tokio::test]
async fn one_is_asked_after_the_other() {
    let rounds = Rounds::of("test_input_required_result_multi_round");
    let first = rounds.asks(json!({})).await;
    assert!(first["inputRequests"]["step1"].is_object());
    let answers = json!({"step1": accept(json!({"name": "Ada"}))});
    let second = rounds
        .asks(json!({"inputResponses": answers, "requestState": first["requestState"]}))
        .await;
    assert!(second["inputRequests"]["step2"].is_object());
    assert_ne!(first["requestState"], second["requestState"]);
    let answers = json!({"step2": accept(json!({"color": "blue"}))});
    let said = rounds
        .says(json!({"inputResponses": answers, "requestState": second["requestState"]}))
        .await;
    assert_eq!(said, "Ada likes blue.");
}

#[tokio::test]
async fn a_state_that_was_changed_is_refused() {
    let rounds = Rounds::of("test_input_required_result_tampered_state");
    let state = rounds.asks(json!({})).await["requestState"].clone();
    let state = state.as_str().unwrap();
    let answers = json!({"confirm": accept(json!({"ok": true}))});
    let retry = |state: String| json!({"inputResponses": answers, "requestState": state});
    rounds.says(retry(state.to_owned())).await;
    let refused = rounds.send(retry(format!("{state}-TAMPERED"))).await;
    expect_rpc_error(&refused, -32602);
}

#[tokio::test]
async fn only_what_the_client_can_answer_is_asked() {
    let mut rounds = Rounds::of("test_input_required_result_capabilities");
    for (capabilities, questions) in [
        (json!({"sampling": {}}), ["capital"].as_slice()),
        (json!({"elicitation": {}}), &["user_name"]),
        (
            json!({"sampling": {}, "elicitation": {}}),
            &["capital", "user_name"],
        ),
    ] {
        rounds.capabilities = capabilities;
        let asked = rounds.asks(json!({})).await;
        let asked: Vec<_> = asked["inputRequests"].as_object().unwrap().keys().collect();
        assert_eq!(asked, questions);
    }
    rounds.capabilities = json!({});
    rounds.says(json!({})).await;
}

#[tokio::test]
async fn a_prompt_asks_what_it_is_for() {
    let get = |more: Value| async move {
        let mut params = json!({
            "name": "test_input_required_result_prompt",
            "_meta": {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}
        });
        let fields = params.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        crate::door::result(Revision::NEWEST, "prompts/get", params).await
    };
    let asked = get(json!({})).await;
    assert_eq!(asked["resultType"], "input_required");
    assert!(asked["inputRequests"]["user_context"].is_object());
    let answers = json!({"user_context": accept(json!({"context": "a test"}))});
    let got = get(json!({"inputResponses": answers})).await;
    let text = &got["messages"][0]["content"]["text"];
    assert_eq!(text, "Help me with this: a test");
}
