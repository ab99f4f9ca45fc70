//! What a language model is asked, and how.

use std::{fmt, future::IntoFuture};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::{Conversation, ModelTool, Sampled, TypedSample};
use crate::{
    BoxFuture, Context, Number, Result,
    protocol::model::{
        CreateMessageParams, ModelHint, ModelPreferences, ToolChoice, ToolChoiceMode,
    },
};

/// How long an answer may be when nothing is said, in tokens.
const MAX_TOKENS: u64 = 1024;

/// How often the model may use tools when nothing is said.
const MAX_ROUNDS: usize = 10;

/// A question to the client's language model, which is asked when it is awaited.
///
/// **On a connection without sessions the handler ends here and runs again, as for every
/// [`Ask`](crate::Ask).** With tools, it does so each time the model has used some; what a tool gave is kept, so that
/// no tool runs again for the same wish.
///
/// The protocol (2026-07-28) advises new servers to speak to a model's provider themselves instead.
///
/// ```
/// # async fn handler(ctx: fmcp_core::Context) -> Result<(), fmcp_core::ToolError> {
/// let answer = ctx
///     .sample("Which of the two is older, Rome or Athens?")
///     .system_prompt("Answer with one word.")
///     .max_tokens(20)
///     .temperature(0.0)
///     .await?;
/// # let _: String = answer.text(); Ok(()) }
/// ```
#[must_use = "nothing is asked before it is awaited"]
pub struct Sample {
    pub(super) context: Context,
    pub(super) params: CreateMessageParams,
    pub(super) tools: Vec<ModelTool>,
    pub(super) max_rounds: usize,
}

impl Context {
    /// Asks the client's language model to go on from a text or from messages.
    ///
    /// # Errors
    /// When awaited: when the client has no language model, or does not answer in time.
    pub fn sample(&self, conversation: impl Into<Conversation>) -> Sample {
        Sample {
            context: self.clone(),
            params: CreateMessageParams::new(conversation.into().0, MAX_TOKENS),
            tools: Vec::new(),
            max_rounds: MAX_ROUNDS,
        }
    }
}

impl Sample {
    /// Sets what the model is told first.
    pub fn system_prompt(mut self, prompt: impl Into<String>) -> Self {
        self.params.system_prompt = Some(prompt.into());
        self
    }

    /// Sets how long the answer may be, in tokens. Without it, 1,024.
    pub fn max_tokens(mut self, tokens: u64) -> Self {
        self.params.max_tokens = tokens;
        self
    }

    /// Sets how much chance there is in the choice of words.
    pub fn temperature(mut self, temperature: impl Into<Number>) -> Self {
        self.params.temperature = Some(temperature.into());
        self
    }

    /// Names models that would do, or parts of their names, the best first. The client decides.
    pub fn models<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        let hints = names.into_iter().map(|name| ModelHint::new().name(name));
        let preferences = self.params.model_preferences.get_or_insert_default();
        preferences.hints = Some(hints.collect());
        self
    }

    /// Sets which model would do.
    pub fn model_preferences(mut self, preferences: ModelPreferences) -> Self {
        self.params.model_preferences = Some(preferences);
        self
    }

    /// Sets at which texts the model stops.
    pub fn stop_sequences<S: Into<String>>(mut self, texts: impl IntoIterator<Item = S>) -> Self {
        self.params.stop_sequences = Some(texts.into_iter().map(Into::into).collect());
        self
    }

    /// Gives the model tools, which it may use before it answers: the server's own by name, or others.
    /// Those of the server run on the path that every call takes.
    pub fn tools<M: Into<ModelTool>>(mut self, tools: impl IntoIterator<Item = M>) -> Self {
        self.tools.extend(tools.into_iter().map(Into::into));
        self
    }

    /// Gives the model a tool.
    pub fn tool(self, tool: impl Into<ModelTool>) -> Self {
        self.tools([tool])
    }

    /// Sets whether the model must use tools: the first time that it is asked.
    pub fn tool_choice(mut self, mode: ToolChoiceMode) -> Self {
        self.params.tool_choice = Some(ToolChoice::new().mode(mode));
        self
    }

    /// Sets how often the model may use tools before it must answer. Without it, 10 times.
    pub fn max_rounds(mut self, rounds: usize) -> Self {
        self.max_rounds = rounds;
        self
    }

    /// Asks for a `T` instead of text: the model is told its schema, and told again what does not fit.
    ///
    /// ```
    /// # #[derive(serde::Deserialize, schemars::JsonSchema)] struct Mood { happy: bool }
    /// # async fn handler(ctx: fmcp_core::Context) -> Result<(), fmcp_core::ToolError> {
    /// let mood = ctx.sample("What a day!").typed::<Mood>().await?;
    /// # let _: bool = mood.happy; Ok(()) }
    /// ```
    pub fn typed<T: JsonSchema + DeserializeOwned + Send + 'static>(self) -> TypedSample<T> {
        TypedSample::new(self)
    }
}

impl IntoFuture for Sample {
    type Output = Result<Sampled>;
    type IntoFuture = BoxFuture<'static, Result<Sampled>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample").finish_non_exhaustive()
    }
}
