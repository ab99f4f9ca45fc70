//! Questions to the client's language model.

use std::sync::atomic::{AtomicUsize, Ordering};

use fmcp::{
    Context, Input, Revision, Server, Tool, ToolError, schemars::JsonSchema, serde::Deserialize,
};
use serde_json::{Value, json};

use super::*;

/// The revisions in which a model can be given tools.
const WITH_TOOLS: [Revision; 2] = [Revision::V2025_11_25, Revision::V2026_07_28];

fn says(text: &str) -> Value {
    json!({"role": "assistant", "model": "tiny", "stopReason": "endTurn",
        "content": {"type": "text", "text": text}})
}

fn wishes(tools: &[(&str, Value)]) -> Value {
    let blocks = tools.iter().enumerate().map(|(n, (name, input))| {
        json!({"type": "tool_use", "id": format!("call-{n}"), "name": name, "input": input})
    });
    json!({"role": "assistant", "model": "tiny", "stopReason": "toolUse", "content": blocks.collect::<Vec<_>>()})
}

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "fmcp::serde")]
#[schemars(crate = "fmcp::schemars")]
struct City {
    city: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "fmcp::serde")]
#[schemars(crate = "fmcp::schemars")]
struct Mood {
    happy: bool,
}

static LOOKED: AtomicUsize = AtomicUsize::new(0);

async fn weather(Input(City { city }): Input<City>) -> Result<String, ToolError> {
    LOOKED.fetch_add(1, Ordering::SeqCst);
    if city == "Atlantis" {
        return Err(ToolError::new("there is no such city"));
    }
    Ok(format!("sunny in {city}"))
}

fn server() -> Server {
    Server::new("s")
        .tool(Tool::new("weather", weather))
        .tool(Tool::new("plain", |ctx: Context| async move {
            let answer = ctx
                .sample("Hello?")
                .system_prompt("Be brief.")
                .max_tokens(7)
                .temperature(0.5)
                .models(["small", "tiny"])
                .stop_sequences(["."])
                .await?;
            Ok::<_, ToolError>(format!(
                "{}: {} ({})",
                answer.model,
                answer.text(),
                answer.messages.len()
            ))
        }))
        .tool(Tool::new("mood", |ctx: Context| async move {
            let mood = ctx.sample("What a day!").typed::<Mood>().await?;
            Ok::<_, ToolError>(format!("happy: {}", mood.happy))
        }))
        .tool(Tool::new("agent", |ctx: Context| async move {
            let secret = Tool::new("secret", |ctx: Context| async move {
                Ok::<_, ToolError>(if ctx.confirm("Tell it?").await? {
                    "42"
                } else {
                    "none of your business"
                })
            });
            let tools = ctx
                .sample("How is the weather?")
                .tool("weather")
                .tool(secret)
                .max_rounds(3);
            let answer = tools.await?;
            Ok::<_, ToolError>(format!("{} ({})", answer.text(), answer.messages.len()))
        }))
        .tool(Tool::new("unknown", |ctx: Context| async move {
            Ok::<_, ToolError>(ctx.sample("?").tool("nobody").await?.text())
        }))
}

#[tokio::test]
async fn a_model_is_asked_with_everything_that_was_set() {
    for revision in Revision::ALL {
        let peer = Peer::new(&server(), revision, |_, _, _| says("Hi"));
        assert_eq!(peer.call("plain").await, "tiny: Hi (2)", "{revision}");
        assert_eq!(
            peer.asked(),
            [(
                "sampling/createMessage".to_owned(),
                json!({
                    "messages": [{"role": "user", "content": {"type": "text", "text": "Hello?"}}],
                    "modelPreferences": {"hints": [{"name": "small"}, {"name": "tiny"}]},
                    "systemPrompt": "Be brief.", "temperature": 0.5, "maxTokens": 7, "stopSequences": ["."],
                })
            )],
            "{revision}"
        );
    }
}

#[tokio::test]
async fn an_answer_of_a_type_is_asked_for_until_it_is_one() {
    for revision in Revision::ALL {
        let peer = Peer::new(&server(), revision, |n, _, _| match n {
            0 => says("I am happy!"),
            _ => says("```json\n{\"happy\": true}\n```"),
        });
        assert_eq!(peer.call("mood").await, "happy: true", "{revision}");
        let asked = peer.asked();
        assert_eq!(asked.len(), 2);
        assert!(
            asked[0].1["systemPrompt"]
                .as_str()
                .unwrap()
                .contains("\"happy\"")
        );
        assert_eq!(asked[1].1["messages"].as_array().unwrap().len(), 3);
        let never = Peer::new(&server(), revision, |_, _, _| says("no"));
        assert!(never.call("mood").await.contains("no answer of the form"));
        assert_eq!(never.asked().len(), 3);
    }
}

#[tokio::test]
async fn a_model_uses_tools_before_it_answers_and_none_runs_twice() {
    for revision in WITH_TOOLS {
        LOOKED.store(0, Ordering::SeqCst);
        let script = |n, method: &str, _: &Value| match (n, method) {
            (_, "elicitation/create") => accept(json!({})),
            (0, _) => wishes(&[
                ("weather", json!({"city": "Rome"})),
                ("weather", json!({"city": "Atlantis"})),
                ("nobody", json!({})),
                ("secret", json!({})),
            ]),
            (2, _) => wishes(&[("weather", json!({"city": "Oslo"}))]),
            _ => says("All is well"),
        };
        let peer = Peer::new(&server(), revision, script);
        assert_eq!(peer.call("agent").await, "All is well (6)", "{revision}");
        assert_eq!(
            LOOKED.load(Ordering::SeqCst),
            3,
            "{revision}: each wish is fulfilled once"
        );
        let asked = peer.asked();
        assert_eq!(asked[0].1["tools"][0]["name"], "weather");
        let results = &asked[2].1["messages"][2]["content"];
        let texts: Vec<_> = (0..4)
            .map(|n| results[n]["content"][0]["text"].as_str().unwrap())
            .collect();
        assert_eq!(
            texts,
            [
                "sunny in Rome",
                "there is no such city",
                "there is no tool of this name",
                "42"
            ]
        );
        assert_eq!(
            (&results[1]["isError"], &results[0]["toolUseId"]),
            (&json!(true), &json!("call-0"))
        );
    }
}

#[tokio::test]
async fn a_model_that_never_answers_is_made_to() {
    for revision in WITH_TOOLS {
        let endless = |_, _: &str, _: &Value| wishes(&[("weather", json!({"city": "Rome"}))]);
        let peer = Peer::new(&server(), revision, endless);
        let words = peer.call("agent").await;
        assert!(words.contains("wished for tools after 3 rounds"), "{words}");
        let asked = peer.asked();
        assert_eq!(asked.len(), 4);
        assert_eq!(asked[3].1["toolChoice"], json!({"mode": "none"}));
        let many = |_, _: &str, _: &Value| wishes(&vec![("weather", json!({"city": "Rome"})); 65]);
        let words = Peer::new(&server(), revision, many).call("agent").await;
        assert!(words.contains("wished for 65 tools at once"), "{words}");
    }
}

#[tokio::test]
async fn tools_are_given_to_models_that_can_take_them() {
    let without = json!({"sampling": {}, "elicitation": {}});
    let peer = Peer::new(&server(), Revision::NEWEST, |_, _, _| says("x")).capabilities(without);
    let answer = peer.send("tools/call", json!({"name": "agent"})).await;
    assert_eq!(
        answer["error"]["data"]["requiredCapabilities"],
        json!({"sampling": {"tools": {}}})
    );
    let peer = Peer::new(&server(), Revision::V2025_06_18, |_, _, _| says("x"));
    assert!(
        peer.call("agent")
            .await
            .contains("2025-06-18 cannot be asked to give tools")
    );
    let peer = Peer::new(&server(), Revision::NEWEST, |_, _, _| says("x"));
    assert!(
        peer.call("unknown")
            .await
            .contains("a model cannot use \"nobody\": there is no such tool")
    );
}
