//! What a language model is given to go on from.

use crate::protocol::model::{Content, SamplingMessage};

/// What a language model is given: a text that the user says, or messages.
#[derive(Clone, Debug)]
pub struct Conversation(pub(super) Vec<SamplingMessage>);

impl From<&str> for Conversation {
    fn from(text: &str) -> Self {
        SamplingMessage::user(text).into()
    }
}

impl From<String> for Conversation {
    fn from(text: String) -> Self {
        SamplingMessage::user(text).into()
    }
}

impl From<Content> for Conversation {
    fn from(content: Content) -> Self {
        SamplingMessage::user(content).into()
    }
}

impl From<SamplingMessage> for Conversation {
    fn from(message: SamplingMessage) -> Self {
        Self(vec![message])
    }
}

impl From<Vec<SamplingMessage>> for Conversation {
    fn from(messages: Vec<SamplingMessage>) -> Self {
        Self(messages)
    }
}

impl<const N: usize> From<[SamplingMessage; N]> for Conversation {
    fn from(messages: [SamplingMessage; N]) -> Self {
        Self(messages.into())
    }
}
