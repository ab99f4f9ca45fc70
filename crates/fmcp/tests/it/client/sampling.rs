//! Ready-made handlers for language models, against stand-ins that speak their providers' words.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::State, http::HeaderMap, routing::post};
use fmcp::{
    Client, Content, Revision, Sampler,
    model::{
        CreateMessageParams, CreateMessageResult, ModelHint, ModelPreferences, SamplingMessage,
        StopReason, Tool, ToolChoice, ToolChoiceMode, ToolResultContent, ToolUseContent,
    },
    sampling::{Anthropic, OpenAi, by_hints},
};
use serde_json::{Value, json};

use super::{answers::asker, *};

const KEY: &str = "sk-very-secret";

/// A provider that answers this, and remembers what it was asked.
#[derive(Clone)]
struct Provider {
    status: u16,
    answer: Arc<str>,
    asked: Seen<(HeaderMap, Value)>,
}

impl Provider {
    async fn start(status: u16, answer: impl ToString) -> (SocketAddr, Self) {
        let provider = Self {
            status,
            answer: answer.to_string().into(),
            asked: Seen::default(),
        };
        let app = Router::new()
            .route("/v1/chat/completions", post(Self::ask))
            .route("/v1/messages", post(Self::ask))
            .with_state(provider.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        (address, provider)
    }

    async fn ask(
        State(this): State<Self>,
        head: HeaderMap,
        body: String,
    ) -> (axum::http::StatusCode, String) {
        let body = serde_json::from_str(&body).unwrap();
        this.asked.lock().unwrap().push((head, body));
        (this.status.try_into().unwrap(), this.answer.to_string())
    }

    fn was_asked(&self) -> (HeaderMap, Value) {
        self.asked.lock().unwrap().pop().unwrap()
    }
}

fn open_ai(address: SocketAddr) -> OpenAi {
    OpenAi::new(format!("http://{address}/v1/"), KEY).model("tiny")
}

fn anthropic(address: SocketAddr) -> Anthropic {
    Anthropic::new(format!("http://{address}"), KEY).model("tiny")
}

/// A question with everything in it.
fn everything() -> CreateMessageParams {
    let call = ToolUseContent::new("c-1", "weather", json!({"city": "Paris"}));
    let result = ToolResultContent::new("c-1", [Content::text("18°C")]);
    let failed = ToolResultContent::new("c-2", [Content::text("no such city")]).is_error(true);
    let weather = Tool::new("weather", json!({"type": "object"})).description("The weather");
    CreateMessageParams::new(
        [
            SamplingMessage::user(vec![
                Content::text("See:"),
                Content::image("AA==", "image/png"),
            ]),
            SamplingMessage::assistant(vec![Content::text("I look."), call.into()]),
            SamplingMessage::user(vec![result.into(), failed.into()]),
            SamplingMessage::user("And now?"),
        ],
        50_u64,
    )
    .system_prompt("Be brief.")
    .temperature(0.5)
    .stop_sequences(["END".to_owned()])
    .tools([weather])
    .tool_choice(ToolChoice::new().mode(ToolChoiceMode::Required))
}

fn paris() -> CreateMessageParams {
    CreateMessageParams::new([SamplingMessage::user("The capital of France?")], 50_u64)
}

fn said(result: &CreateMessageResult) -> Value {
    serde_json::to_value(result).unwrap()
}

fn completion(message: &Value, reason: &str) -> Value {
    json!({"id": "x", "model": "tiny-1", "choices": [{"index": 0, "message": message, "finish_reason": reason}]})
}

#[tokio::test]
async fn open_ai_is_asked_in_its_words() {
    let answer = completion(&json!({"role": "assistant", "content": "Mild."}), "stop");
    let (address, provider) = Provider::start(200, answer).await;
    let result = open_ai(address).sample(everything()).await.unwrap();
    let expect = json!({
        "model": "tiny-1", "role": "assistant", "content": [{"type": "text", "text": "Mild."}],
        "stopReason": "endTurn",
    });
    assert_eq!(said(&result), expect);
    let (head, body) = provider.was_asked();
    assert_eq!(head["authorization"], format!("Bearer {KEY}"));
    assert_eq!(head["content-type"], "application/json");
    let function =
        json!({"name": "weather", "description": "The weather", "parameters": {"type": "object"}});
    let arguments = json!({"name": "weather", "arguments": "{\"city\":\"Paris\"}"});
    let expect = json!({
        "model": "tiny", "max_tokens": 50, "temperature": 0.5, "stop": ["END"],
        "tools": [{"type": "function", "function": function}], "tool_choice": "required",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [
                {"type": "text", "text": "See:"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
            ]},
            {"role": "assistant", "content": "I look.", "tool_calls": [
                {"id": "c-1", "type": "function", "function": arguments},
            ]},
            {"role": "tool", "tool_call_id": "c-1", "content": "18°C"},
            {"role": "tool", "tool_call_id": "c-2", "content": "Error: no such city"},
            {"role": "user", "content": "And now?"},
        ],
    });
    assert_eq!(body, expect);
}

#[tokio::test]
async fn anthropic_is_asked_in_its_words() {
    let answer = json!({
        "id": "x", "type": "message", "role": "assistant", "model": "tiny-1", "stop_reason": "end_turn",
        "content": [{"type": "thinking", "thinking": "…", "signature": "s"}, {"type": "text", "text": "Mild."}],
    });
    let (address, provider) = Provider::start(200, answer).await;
    let result = anthropic(address).sample(everything()).await.unwrap();
    let expect = json!({
        "model": "tiny-1", "role": "assistant", "content": [{"type": "text", "text": "Mild."}],
        "stopReason": "endTurn",
    });
    assert_eq!(said(&result), expect);
    let (head, body) = provider.was_asked();
    assert_eq!(head["x-api-key"], KEY);
    assert_eq!(head["anthropic-version"], "2023-06-01");
    let source = json!({"type": "base64", "media_type": "image/png", "data": "AA=="});
    let text = |text: &str| json!({"type": "text", "text": text});
    let expect = json!({
        "model": "tiny", "max_tokens": 50, "temperature": 0.5, "stop_sequences": ["END"], "system": "Be brief.",
        "tools": [{"name": "weather", "description": "The weather", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "any"},
        "messages": [
            {"role": "user", "content": [text("See:"), {"type": "image", "source": source}]},
            {"role": "assistant", "content": [
                text("I look."),
                {"type": "tool_use", "id": "c-1", "name": "weather", "input": {"city": "Paris"}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c-1", "content": [text("18°C")]},
                {"type": "tool_result", "tool_use_id": "c-2", "content": [text("no such city")], "is_error": true},
            ]},
            {"role": "user", "content": [text("And now?")]},
        ],
    });
    assert_eq!(body, expect);
}

#[tokio::test]
async fn calls_of_tools_come_back() {
    let call = json!({"id": "c-9", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Rome\"}"}});
    let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
    let (address, _) = Provider::start(200, completion(&message, "tool_calls")).await;
    let theirs = open_ai(address).sample(everything()).await.unwrap();
    let answer = json!({
        "model": "tiny-1", "stop_reason": "tool_use",
        "content": [{"type": "tool_use", "id": "c-9", "name": "weather", "input": {"city": "Rome"}}],
    });
    let (address, _) = Provider::start(200, answer).await;
    let others = anthropic(address).sample(everything()).await.unwrap();
    for result in [theirs, others] {
        assert_eq!(result.stop_reason, Some(StopReason::ToolUse));
        let expect = json!([{"type": "tool_use", "id": "c-9", "name": "weather", "input": {"city": "Rome"}}]);
        assert_eq!(said(&result)["content"], expect);
    }
}

#[tokio::test]
async fn why_a_model_stopped_is_said() {
    for (theirs, ours) in [
        ("stop", "endTurn"),
        ("length", "maxTokens"),
        ("content_filter", "content_filter"),
    ] {
        let answer = completion(&json!({"content": "x"}), theirs);
        let (address, _) = Provider::start(200, answer).await;
        let result = open_ai(address).sample(paris()).await.unwrap();
        assert_eq!(said(&result)["stopReason"], ours);
    }
    for (theirs, ours) in [
        ("max_tokens", "maxTokens"),
        ("stop_sequence", "stopSequence"),
        ("refusal", "refusal"),
    ] {
        let answer = json!({"model": "m", "content": [], "stop_reason": theirs});
        let (address, _) = Provider::start(200, answer).await;
        let result = anthropic(address).sample(paris()).await.unwrap();
        assert_eq!(said(&result)["stopReason"], ours);
    }
}

#[tokio::test]
async fn servers_may_say_which_model_they_would_like() {
    let answer = completion(&json!({"content": "x"}), "stop");
    let (address, provider) = Provider::start(200, answer).await;
    let model =
        open_ai(address).choose(|wanted| by_hints(wanted, &["tiny", "large-2"]).map(str::to_owned));
    for (hint, expect) in [
        (Some("LARGE"), "large-2"),
        (Some("huge"), "tiny"),
        (None, "tiny"),
    ] {
        let mut question = paris();
        if let Some(hint) = hint {
            let hints = [ModelHint::new().name(hint)];
            question = question.model_preferences(ModelPreferences::new().hints(hints));
        }
        model.sample(question).await.unwrap();
        assert_eq!(provider.was_asked().1["model"], expect);
    }
    let none = OpenAi::new(format!("http://{address}/v1"), KEY);
    let words = none.sample(paris()).await.unwrap_err().to_string();
    assert!(words.contains("no model has been chosen"), "{words}");
}

#[tokio::test]
async fn failures_are_told_without_the_key() {
    let echo = json!({"error": {"message": format!("Incorrect API key provided: {KEY}. {}", "x".repeat(1000))}});
    let (address, _) = Provider::start(401, echo).await;
    let models: [Box<dyn Sampler>; 2] = [Box::new(open_ai(address)), Box::new(anthropic(address))];
    for model in models {
        let error = model.sample(paris()).await.unwrap_err();
        let words = format!("{error} {error:?}");
        assert!(
            words.contains("127.0.0.1 answered 401") && words.contains("Incorrect API key"),
            "{words}"
        );
        assert!(
            !words.contains(KEY) && error.to_string().len() < 400,
            "{words}"
        );
    }
    let debug = format!("{:?} {:?}", open_ai(address), anthropic(address));
    assert!(!debug.contains(KEY), "{debug}");
    for answer in ["", "<html>", "{}", r#"{"model":"m","choices":[]}"#] {
        let (address, _) = Provider::start(200, answer).await;
        open_ai(address).sample(paris()).await.unwrap_err();
        anthropic(address).sample(paris()).await.unwrap_err();
    }
    let (address, _) = Provider::start(200, "x".repeat(9 << 20)).await;
    let error = open_ai(address).sample(paris()).await.unwrap_err();
    assert!(!error.to_string().contains(KEY), "{error}");
}

#[tokio::test]
async fn a_provider_that_never_answers_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let model = open_ai(address).timeout(Duration::from_millis(50));
    let error = model.sample(paris()).await.unwrap_err();
    assert!(
        error.to_string().contains("did not answer within 50ms"),
        "{error}"
    );
}

#[tokio::test]
async fn what_a_model_cannot_be_given_is_refused() {
    let (address, provider) =
        Provider::start(200, completion(&json!({"content": "x"}), "stop")).await;
    let sound = |mime: &str| {
        CreateMessageParams::new(
            [SamplingMessage::user(Content::audio("AA==", mime))],
            50_u64,
        )
    };
    open_ai(address).sample(sound("audio/wav")).await.unwrap();
    let (_, body) = provider.was_asked();
    let expect = json!([{"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}]);
    assert_eq!(body["messages"][0]["content"], expect);
    assert!(open_ai(address).sample(sound("audio/ogg")).await.is_err());
    assert!(anthropic(address).sample(sound("audio/wav")).await.is_err());
    assert!(provider.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_server_reads_what_the_model_says() {
    let (address, _) = Provider::start(200, completion(&json!({"content": "Paris"}), "stop")).await;
    for revision in [Revision::NEWEST_LEGACY, Revision::NEWEST] {
        let builder = Client::builder(asker(paris())).revision(revision);
        let client = builder.on_sample(open_ai(address)).connect().await.unwrap();
        let answer = client.call("ask", ()).await.unwrap();
        let answer: CreateMessageResult = answer.parse().unwrap();
        assert_eq!(answer.content.blocks()[0].as_text(), Some("Paris"));
    }
}
