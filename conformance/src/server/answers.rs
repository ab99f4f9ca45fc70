//! What came back with the second round of a call that has asked something.

use fmcp::{
    Context, FromCall, HandlerError,
    model::{ElicitAction, ElicitResult, InputResponses},
    serde::de::DeserializeOwned,
};

/// The answers to what an earlier round of the same call asked, and the state that it left. Empty in the
/// first round. What cannot be read counts as not answered, so that it is asked again.
pub(super) struct Answers {
    given: InputResponses,
    state: Option<String>,
}

impl Answers {
    /// The answer to one question.
    pub(super) fn get<T: DeserializeOwned>(&self, question: &str) -> Option<T> {
        self.given.get(question)?.parse().ok()
    }

    /// What the user has entered into one field of a form.
    pub(super) fn field<T: DeserializeOwned>(&self, question: &str, field: &str) -> Option<T> {
        let answer: ElicitResult = self.get(question)?;
        let accepted = answer.action == ElicitAction::Accept;
        answer
            .content
            .filter(|_| accepted)?
            .get(field)?
            .parse()
            .ok()
    }

    /// What the earlier round has left for this one. The client could have changed it.
    pub(super) fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

impl FromCall for Answers {
    async fn from_call(ctx: &Context) -> Result<Self, HandlerError> {
        let params = ctx.call().params();
        let given = params.input_responses();
        Ok(Self {
            given: given
                .and_then(|text| serde_json::from_slice(text).ok())
                .unwrap_or_default(),
            state: params.request_state().map(Into::into),
        })
    }
}
