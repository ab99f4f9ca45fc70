//! What a language model has answered.

use crate::protocol::model::{Content, CreateMessageResult, SamplingMessage, StopReason};

/// What a language model has answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sampled {
    /// The answer.
    pub content: Vec<Content>,
    /// The model that answered.
    pub model: String,
    /// Why it stopped, if known.
    pub stop_reason: Option<StopReason>,
    /// The whole conversation, with the answer as its last message.
    pub messages: Vec<SamplingMessage>,
}

impl Sampled {
    pub(super) fn new(answer: CreateMessageResult, mut messages: Vec<SamplingMessage>) -> Self {
        let content = answer.content.blocks().to_vec();
        messages.push(SamplingMessage::new(answer.role, answer.content));
        Self {
            content,
            model: answer.model,
            stop_reason: answer.stop_reason,
            messages,
        }
    }

    /// The text of the answer, a line for each block.
    #[must_use]
    pub fn text(&self) -> String {
        let texts: Vec<_> = self.content.iter().filter_map(Content::as_text).collect();
        texts.join("\n")
    }
}
