//! Models behind the chat completions of OpenAI, and of the many who speak like it.

use fmcp_core::{
    Raw,
    protocol::model::{
        Content, CreateMessageParams, CreateMessageResult, Role, SamplingMessage, StopReason, Tool,
        ToolChoiceMode, ToolUseContent,
    },
};
use http::header;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    models::Models,
    provider::{Provider, Trouble},
    words,
};

/// Models behind the chat completions of OpenAI, and of the many who speak like it. They can be given tools.
///
/// The answer is waited for as a whole, for two minutes unless it is said otherwise, and a request is sent
/// once. The key is in no error, and in nothing that is logged.
///
/// ```
/// use fmcp::{Client, Server, sampling::{OpenAi, by_hints}};
///
/// let model = OpenAi::new("http://localhost:11434/v1", "unused")
///     .model("llama3.2")
///     .choose(|wanted| by_hints(wanted, &["llama3.2", "qwen3"]).map(str::to_owned));
/// let builder = Client::builder(Server::new("s")).on_sample(model);
/// # drop(builder);
/// ```
#[derive(Debug)]
pub struct OpenAi {
    provider: Provider,
    models: Models,
}

impl OpenAi {
    /// A provider at an address that ends before `/chat/completions`: `https://api.openai.com/v1`.
    #[must_use]
    pub fn new(base_url: impl AsRef<str>, key: impl Into<String>) -> Self {
        Self {
            provider: Provider::new(base_url.as_ref(), "/chat/completions", key.into()),
            models: Models::default(),
        }
    }

    fn body(&self, question: &CreateMessageParams) -> Result<Value, Trouble> {
        // Others have kept the older name; newer models of OpenAI's own refuse it.
        let most = match self.provider.host().as_str() {
            "api.openai.com" => "max_completion_tokens",
            _ => "max_tokens",
        };
        let mut body = json!({
            "model": self.models.pick(question.model_preferences.as_ref())?,
            "messages": messages(question)?,
        });
        body[most] = question.max_tokens.into();
        if let Some(temperature) = &question.temperature {
            body["temperature"] = serde_json::to_value(temperature)?;
        }
        if let Some(stop) = question
            .stop_sequences
            .as_ref()
            .filter(|stop| !stop.is_empty())
        {
            body["stop"] = json!(stop);
        }
        if let Some(tools) = question.tools.as_ref().filter(|tools| !tools.is_empty()) {
            body["tools"] = tools.iter().map(tool).collect();
            let choice = question.tool_choice.as_ref();
            body["tool_choice"] = match choice.and_then(|choice| choice.mode.as_ref()) {
                Some(ToolChoiceMode::Required) => "required".into(),
                Some(ToolChoiceMode::None) => "none".into(),
                _ => "auto".into(),
            };
        }
        Ok(body)
    }

    async fn ask(&self, question: CreateMessageParams) -> Result<CreateMessageResult, Trouble> {
        let body = self.body(&question)?;
        let key = (header::AUTHORIZATION, "Bearer ");
        let answer: Completion = self.provider.ask(key, &[], &body).await?;
        answer.read()
    }
}

model_options!(OpenAi);

fn tool(tool: &Tool) -> Value {
    let mut function = json!({"name": tool.name, "parameters": tool.input_schema.to_value()});
    if let Some(description) = &tool.description {
        function["description"] = description.as_str().into();
    }
    json!({"type": "function", "function": function})
}

fn messages(question: &CreateMessageParams) -> Result<Vec<Value>, String> {
    let mut all = Vec::new();
    if let Some(prompt) = &question.system_prompt {
        all.push(json!({"role": "system", "content": prompt}));
    }
    for message in &question.messages {
        match message.role {
            Role::Assistant => all.push(said(message)?),
            _ => all.extend(told(message)?),
        }
    }
    Ok(all)
}

/// What the model has said before: words, and calls of tools.
fn said(message: &SamplingMessage) -> Result<Value, String> {
    let (mut text, mut calls) = (Vec::new(), Vec::new());
    for block in message.content.blocks() {
        match block {
            Content::ToolUse(call) => calls.push(json!({
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.input.as_str()},
            })),
            block => {
                text.push(words::plain(block).ok_or_else(|| words::unsayable("words of its own"))?);
            }
        }
    }
    let mut said = json!({"role": "assistant", "content": text.join("\n")});
    if !calls.is_empty() {
        said["tool_calls"] = calls.into();
    }
    Ok(said)
}

/// What the model is told: results of tools, each on its own, and what the user says.
fn told(message: &SamplingMessage) -> Result<Vec<Value>, String> {
    let (mut all, mut parts) = (Vec::new(), Vec::new());
    for block in message.content.blocks() {
        match block {
            Content::ToolResult(result) => {
                let mut text = words::result(result)?;
                if result.is_error == Some(true) {
                    text.insert_str(0, "Error: ");
                }
                all.push(
                    json!({"role": "tool", "tool_call_id": result.tool_use_id, "content": text}),
                );
            }
            block => parts.push(part(block)?),
        }
    }
    match parts.as_slice() {
        [] => {}
        [one] if one["type"] == "text" => {
            all.push(json!({"role": "user", "content": one["text"]}));
        }
        _ => all.push(json!({"role": "user", "content": parts})),
    }
    Ok(all)
}

fn part(block: &Content) -> Result<Value, String> {
    Ok(match block {
        Content::Image(image) => {
            let url = format!("data:{};base64,{}", image.mime_type, image.data);
            json!({"type": "image_url", "image_url": {"url": url}})
        }
        Content::Audio(audio) => {
            let format = match audio.mime_type.as_str() {
                "audio/wav" | "audio/x-wav" | "audio/wave" => "wav",
                "audio/mpeg" | "audio/mp3" => "mp3",
                _ => return Err(words::unsayable("sound, but for WAV and MP3")),
            };
            json!({"type": "input_audio", "input_audio": {"data": audio.data, "format": format}})
        }
        block => {
            let text = words::plain(block).ok_or_else(|| words::unsayable("a message"))?;
            json!({"type": "text", "text": text})
        }
    })
}

#[derive(Deserialize)]
struct Completion {
    model: String,
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<ToolCall>>,
}

#[derive(Deserialize)]
struct ToolCall {
    id: String,
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    arguments: String,
}

impl Completion {
    fn read(self) -> Result<CreateMessageResult, Trouble> {
        let choice = self
            .choices
            .into_iter()
            .next()
            .ok_or("the model has said nothing")?;
        let message = choice.message;
        let calls = message.tool_calls.unwrap_or_default();
        let stop = match (choice.finish_reason.as_deref(), &message.refusal) {
            (_, Some(_)) => Some(StopReason::from("refusal")),
            // Some who speak like OpenAI say only that the model has stopped.
            (Some("tool_calls"), _) => Some(StopReason::ToolUse),
            (Some("stop"), _) if !calls.is_empty() => Some(StopReason::ToolUse),
            (Some("stop"), _) => Some(StopReason::EndTurn),
            (Some("length"), _) => Some(StopReason::MaxTokens),
            (other, _) => other.map(StopReason::from),
        };
        let text = message.content.or(message.refusal).unwrap_or_default();
        let mut blocks = Vec::new();
        if !text.is_empty() || calls.is_empty() {
            blocks.push(Content::text(text));
        }
        for call in calls {
            let arguments = match call.function.arguments.as_str() {
                "" => Raw::empty_object(),
                text => Raw::from_text(text)?,
            };
            let name = call.function.name;
            blocks.push(ToolUseContent::new(call.id, name, arguments).into());
        }
        let mut result = CreateMessageResult::new(self.model, Role::Assistant, blocks);
        result.stop_reason = stop;
        Ok(result)
    }
}
