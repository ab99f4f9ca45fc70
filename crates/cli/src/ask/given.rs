//! Answers that were typed before anybody asked.

use fmcp::{Answer, Elicitation};
use serde_json::{Map, Value};

use crate::{arguments::Assignments, outcome::Failure};

/// Answers by the names of fields.
pub(super) struct Given(Assignments);

impl Given {
    pub(super) fn read(words: &[String]) -> Result<Self, Failure> {
        Assignments::read(words).map(Self)
    }

    /// The fields of the form that were answered; the others are what they are by default.
    pub(super) fn fill(&self, question: &Elicitation) -> Answer {
        let schema = serde_json::to_value(question.schema()).unwrap_or_default();
        let mut content: Map<String, Value> = self.0.typed(&schema);
        content.retain(|name, _| question.fields().any(|field| field.name == name));
        Answer::accept(content)
    }
}
