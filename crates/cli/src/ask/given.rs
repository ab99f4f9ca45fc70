//! Answers that were typed before anybody asked.

use fmcp::{Answer, Elicitation};
use serde_json::{Map, Value};

use crate::{arguments::Assignments, outcome::Failure};

/// Answers by the names of fields, and whether the user agrees to what wants no more than that.
pub(super) struct Given {
    fields: Assignments,
    has_fields: bool,
    agrees: bool,
}

impl Given {
    pub(super) fn read(words: &[String], agrees: bool) -> Result<Self, Failure> {
        Ok(Self {
            fields: Assignments::read(words)?,
            has_fields: !words.is_empty(),
            agrees,
        })
    }

    /// Whether anything was said.
    pub(super) fn is_something(&self) -> bool {
        self.has_fields || self.agrees
    }

    /// Whether whatever has no answer here is for the user.
    pub(super) fn is_left_to_user(&self) -> bool {
        !self.has_fields
    }

    /// Whether it is for these to answer, and not for the user.
    pub(super) fn is_for(&self, question: &Elicitation) -> bool {
        self.has_fields || (self.agrees && is_bare(question))
    }

    /// The fields of the form that were answered; the others are what they are by default. Nothing where
    /// nothing that was said is an answer to this question.
    pub(super) fn fill(&self, question: &Elicitation) -> Option<Answer> {
        if is_bare(question) {
            return self.agrees.then(|| Answer::accept(Map::new()));
        }
        let schema = serde_json::to_value(question.schema()).unwrap_or_default();
        let mut content: Map<String, Value> = self.fields.typed(&schema);
        content.retain(|name, _| question.fields().any(|field| field.name == name));
        (!content.is_empty()).then(|| Answer::accept(content))
    }
}

/// Whether it wants nothing but a yes.
fn is_bare(question: &Elicitation) -> bool {
    question.fields().next().is_none()
}
