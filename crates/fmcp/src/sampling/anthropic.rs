//! Models behind the messages of Anthropic, and of those who speak like it.

use fmcp_core::{
    Raw,
    protocol::model::{
        Content, CreateMessageParams, CreateMessageResult, Role, SamplingMessage, StopReason, Tool,
        ToolChoiceMode, ToolResultContent, ToolUseContent,
    },
};
use http::HeaderName;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    models::Models,
    provider::{Provider, Trouble},
    words,
};

/// The form of requests and answers that is spoken here.
const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// Models behind the messages of Anthropic, and of those who speak like it. They can be given tools, and
/// pictures, but no sound.
///
/// The answer is waited for as a whole, for two minutes unless it is said otherwise, and a request is sent
/// once. The key is in no error, and in nothing that is logged.
///
/// ```
/// use fmcp::{Client, Server, sampling::Anthropic};
///
/// let key = std::env::var("ANTHROPIC_API_KEY").unwrap_or_default();
/// let model = Anthropic::new("https://api.anthropic.com", key).model("claude-haiku-4-5");
/// let builder = Client::builder(Server::new("s")).on_sample(model);
/// # drop(builder);
/// ```
#[derive(Debug)]
pub struct Anthropic {
    provider: Provider,
    models: Models,
}

impl Anthropic {
    /// A provider at an address that ends before `/v1/messages`: `https://api.anthropic.com`.
    #[must_use]
    pub fn new(base_url: impl AsRef<str>, key: impl Into<String>) -> Self {
        Self {
            provider: Provider::new(base_url.as_ref(), "/v1/messages", key.into()),
            models: Models::default(),
        }
    }

    fn body(&self, question: &CreateMessageParams) -> Result<Value, Trouble> {
        let messages: Result<Vec<_>, _> = question.messages.iter().map(message).collect();
        let mut body = json!({
            "model": self.models.pick(question.model_preferences.as_ref())?,
            "messages": messages?,
            "max_tokens": question.max_tokens,
        });
        if let Some(prompt) = &question.system_prompt {
            body["system"] = prompt.as_str().into();
        }
        if let Some(temperature) = &question.temperature {
            body["temperature"] = serde_json::to_value(temperature)?;
        }
        if let Some(stop) = question
            .stop_sequences
            .as_ref()
            .filter(|stop| !stop.is_empty())
        {
            body["stop_sequences"] = json!(stop);
        }
        if let Some(tools) = question.tools.as_ref().filter(|tools| !tools.is_empty()) {
            body["tools"] = tools.iter().map(tool).collect();
            let choice = question.tool_choice.as_ref();
            let kind = match choice.and_then(|choice| choice.mode.as_ref()) {
                Some(ToolChoiceMode::Required) => "any",
                Some(ToolChoiceMode::None) => "none",
                _ => "auto",
            };
            body["tool_choice"] = json!({"type": kind});
        }
        Ok(body)
    }

    async fn ask(&self, question: CreateMessageParams) -> Result<CreateMessageResult, Trouble> {
        let body = self.body(&question)?;
        let key = (HeaderName::from_static("x-api-key"), "");
        let answer: Message = self.provider.ask(key, &[VERSION], &body).await?;
        Ok(answer.read())
    }
}

model_options!(Anthropic);

fn tool(tool: &Tool) -> Value {
    let mut written = json!({"name": tool.name, "input_schema": tool.input_schema.to_value()});
    if let Some(description) = &tool.description {
        written["description"] = description.as_str().into();
    }
    written
}

fn message(message: &SamplingMessage) -> Result<Value, String> {
    let role = match message.role {
        Role::Assistant => "assistant",
        _ => "user",
    };
    let mut blocks = Vec::new();
    for one in message.content.blocks() {
        match one {
            // Empty ones are refused there.
            Content::Text(text) if text.text.is_empty() => {}
            Content::ToolUse(call) => blocks.push(json!({
                "type": "tool_use", "id": call.id, "name": call.name, "input": call.input.to_value(),
            })),
            Content::ToolResult(result) => blocks.push(tool_result(result)?),
            other => blocks.push(block(other)?),
        }
    }
    Ok(json!({"role": role, "content": blocks}))
}

fn tool_result(result: &ToolResultContent) -> Result<Value, String> {
    let content: Vec<_> = match &result.structured_content {
        Some(structured) if result.content.is_empty() => {
            vec![json!({"type": "text", "text": structured.as_str()})]
        }
        _ => result.content.iter().map(block).collect::<Result<_, _>>()?,
    };
    let mut written =
        json!({"type": "tool_result", "tool_use_id": result.tool_use_id, "content": content});
    if result.is_error == Some(true) {
        written["is_error"] = true.into();
    }
    Ok(written)
}

fn block(block: &Content) -> Result<Value, String> {
    if let Content::Image(image) = block {
        let source = json!({"type": "base64", "media_type": image.mime_type, "data": image.data});
        return Ok(json!({"type": "image", "source": source}));
    }
    let text = words::plain(block).ok_or_else(|| words::unsayable("a message"))?;
    Ok(json!({"type": "text", "text": text}))
}

#[derive(Deserialize)]
struct Message {
    model: String,
    content: Vec<Block>,
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        text: String,
    },
    ToolUse {
        id: String,
        name: String,
        input: Value,
    },
    /// Thoughts, and whatever else is not for the server.
    #[serde(other)]
    Other,
}

impl Message {
    fn read(self) -> CreateMessageResult {
        let blocks = self.content.into_iter().filter_map(|block| match block {
            Block::Text { text } => Some(Content::text(text)),
            Block::ToolUse { id, name, input } => {
                Some(ToolUseContent::new(id, name, Raw::from(input)).into())
            }
            Block::Other => None,
        });
        let mut blocks: Vec<_> = blocks.collect();
        if blocks.is_empty() {
            blocks.push(Content::text(""));
        }
        let mut result = CreateMessageResult::new(self.model, Role::Assistant, blocks);
        result.stop_reason = self.stop_reason.as_deref().map(|reason| match reason {
            "end_turn" => StopReason::EndTurn,
            "max_tokens" => StopReason::MaxTokens,
            "stop_sequence" => StopReason::StopSequence,
            "tool_use" => StopReason::ToolUse,
            other => StopReason::from(other),
        });
        result
    }
}
