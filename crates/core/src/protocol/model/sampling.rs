//! `sampling/createMessage`: asking the client's language model.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::{Content, Meta, Role, Tool};
use crate::{
    Number, Raw,
    json::{model, parse_inner, required, setters, word},
};

model! {
    /// The parameters of `sampling/createMessage`.
    pub struct CreateMessageParams new(messages: Vec<SamplingMessage>, max_tokens: u64) {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
        /// The conversation so far.
        messages: Vec<SamplingMessage> = "messages",
        /// Which model the server would like.
        model_preferences: Option<ModelPreferences> = "modelPreferences",
        /// What the model is to be told first.
        system_prompt: Option<String> = "systemPrompt",
        /// Which context the client should add.
        include_context: Option<ContextInclusion> = "includeContext",
        /// How much chance there should be in the choice of words.
        temperature: Option<Number> = "temperature",
        /// How long the answer may be.
        max_tokens: u64 = "maxTokens",
        /// At which texts the model should stop.
        stop_sequences: Option<Vec<String>> = "stopSequences",
        /// What is meant for the provider of the model.
        metadata: Option<Raw> = "metadata",
        /// The tools that the model may use.
        tools: Option<Vec<Tool>> = "tools",
        /// Whether it must use them.
        tool_choice: Option<ToolChoice> = "toolChoice",
    }

    /// One message of a conversation.
    pub struct SamplingMessage new(role: Role, content: SamplingContent) {
        /// Who says it.
        role: Role = "role",
        /// What is said.
        content: SamplingContent = "content",
        /// What the message says about itself.
        meta: Option<Meta> = "_meta",
    }

    /// The model's answer.
    pub struct CreateMessageResult new(model: String, role: Role, content: SamplingContent) {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// The model that answered.
        model: String = "model",
        /// Who says it.
        role: Role = "role",
        /// What is said.
        content: SamplingContent = "content",
        /// Why the model stopped, if known.
        stop_reason: Option<StopReason> = "stopReason",
    }

    /// Which model a server would like. The client decides.
    #[derive(Default)]
    pub struct ModelPreferences new() {
        /// Names to look for, the best first.
        hints: Option<Vec<ModelHint>> = "hints",
        /// How much cost matters, from 0 to 1.
        cost_priority: Option<Number> = "costPriority",
        /// How much speed matters, from 0 to 1.
        speed_priority: Option<Number> = "speedPriority",
        /// How much intelligence matters, from 0 to 1.
        intelligence_priority: Option<Number> = "intelligencePriority",
    }

    /// A model that a server has in mind.
    #[derive(Default)]
    pub struct ModelHint new() {
        /// A part of a model's name.
        name: Option<String> = "name",
    }

    /// Whether the model must use the tools it is given.
    #[derive(Default)]
    pub struct ToolChoice new() {
        /// Whether it must; `auto` where nothing is said.
        mode: Option<ToolChoiceMode> = "mode",
    }
}

word! {
    /// Which context the client should add.
    pub enum ContextInclusion {
        /// None.
        None = "none",
        /// That of the server that asks.
        ThisServer = "thisServer",
        /// That of all servers.
        AllServers = "allServers",
    }

    /// Why a model stopped.
    pub enum StopReason {
        /// It had said everything.
        EndTurn = "endTurn",
        /// It came to a text at which it should stop.
        StopSequence = "stopSequence",
        /// It came to the end of what it may say.
        MaxTokens = "maxTokens",
        /// It wants to use a tool.
        ToolUse = "toolUse",
    }

    /// Whether a model must use tools.
    pub enum ToolChoiceMode {
        /// As it likes.
        Auto = "auto",
        /// At least one.
        Required = "required",
        /// It must not.
        None = "none",
    }
}

setters!(CreateMessageParams {
    meta: Meta,
    model_preferences: ModelPreferences,
    system_prompt: String,
    include_context: ContextInclusion,
    temperature: Number,
    stop_sequences: Vec<String>,
    metadata: Raw,
    tools: Vec<Tool>,
    tool_choice: ToolChoice,
});
setters!(SamplingMessage { meta: Meta });
setters!(CreateMessageResult {
    meta: Meta,
    stop_reason: StopReason
});
setters!(ModelPreferences {
    hints: Vec<ModelHint>,
    cost_priority: Number,
    speed_priority: Number,
    intelligence_priority: Number,
});
setters!(ModelHint { name: String });
setters!(ToolChoice {
    mode: ToolChoiceMode
});

impl SamplingMessage {
    /// What the user says.
    #[must_use]
    pub fn user(content: impl Into<SamplingContent>) -> Self {
        Self::new(Role::User, content)
    }

    /// What the model says.
    #[must_use]
    pub fn assistant(content: impl Into<SamplingContent>) -> Self {
        Self::new(Role::Assistant, content)
    }
}

/// What a message says: one block or a list of blocks, written back in the form in which it came.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one block is the usual case")]
pub enum SamplingContent {
    /// One block.
    One(Content),
    /// A list of blocks.
    Many(Vec<Content>),
}

required!(SamplingContent);

impl SamplingContent {
    /// The blocks, whatever the form.
    #[must_use]
    pub fn blocks(&self) -> &[Content] {
        match self {
            Self::One(content) => std::slice::from_ref(content),
            Self::Many(content) => content,
        }
    }
}

impl<T: Into<Content>> From<T> for SamplingContent {
    fn from(content: T) -> Self {
        Self::One(content.into())
    }
}

impl From<Vec<Content>> for SamplingContent {
    fn from(content: Vec<Content>) -> Self {
        Self::Many(content)
    }
}

impl Serialize for SamplingContent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(content) => content.serialize(serializer),
            Self::Many(content) => content.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SamplingContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('[') {
            parse_inner(raw.get()).map(Self::Many)
        } else {
            parse_inner(raw.get()).map(Self::One)
        }
    }
}
