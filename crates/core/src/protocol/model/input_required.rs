//! A result that asks back before it can be complete.

use std::borrow::Cow;

use super::{
    CreateMessageParams, ElicitFormParams, ElicitParams, ElicitUrlParams, ListRootsParams, Meta,
    ResultType,
};
use crate::{
    Extra, Named,
    json::{model, setters, union},
};

/// Questions by the name under which the answers come back, in order.
pub type InputRequests = Named<InputRequest>;

/// Answers by the name of the question. Which kind each is follows from the question, so each is read
/// on demand: `responses.get("name")` and then `parse::<ElicitResult>()`, `::<CreateMessageResult>()`
/// or `::<ListRootsResult>()`.
pub type InputResponses = Extra;

union! {
    /// One question to a client.
    #[allow(clippy::large_enum_variant, reason = "few live at a time")]
    pub enum InputRequest by "method" {
        /// To the user.
        Elicit(ElicitRequest) = "elicitation/create",
        /// To the language model.
        CreateMessage(CreateMessageRequest) = "sampling/createMessage",
        /// Where the user works.
        ListRoots(ListRootsRequest) = "roots/list",
    }
}

model! {
    /// A question to the user.
    pub struct ElicitRequest: "method" = "elicitation/create" new(params: ElicitParams) {
        /// The question.
        params: ElicitParams = "params",
    }

    /// A question to the language model.
    pub struct CreateMessageRequest: "method" = "sampling/createMessage" new(params: CreateMessageParams) {
        /// The question.
        params: CreateMessageParams = "params",
    }

    /// The question where the user works.
    #[derive(Default)]
    pub struct ListRootsRequest: "method" = "roots/list" new() {
        /// Nothing of its own.
        params: Option<ListRootsParams> = "params",
    }

    /// A result that asks back: the client answers and sends its request again with the answers and the
    /// state. At least one of the two is there.
    #[derive(Default)]
    pub struct InputRequiredResult {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// What the result is.
        result_type: Option<ResultType> = "resultType",
        /// The questions.
        input_requests: Option<InputRequests> = "inputRequests",
        /// What the client sends back unread.
        request_state: Option<String> = "requestState",
    }
}

setters!(ListRootsRequest {
    params: ListRootsParams
});
setters!(InputRequiredResult {
    meta: Meta,
    input_requests: InputRequests,
    request_state: String,
});

impl InputRequiredResult {
    /// A result of this type that asks nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            result_type: Some(ResultType::InputRequired),
            ..Self::default()
        }
    }

    /// Adds a question. The answer comes back under `name`.
    ///
    /// ```
    /// use fmcp_core::protocol::model::{
    ///     ElicitFormParams, InputRequiredResult, ListRootsRequest, RequestedSchema, StringSchema,
    /// };
    ///
    /// let form = RequestedSchema::new().required_field("name", StringSchema::new());
    /// let questions = InputRequiredResult::new()
    ///     .ask("who", ElicitFormParams::new("What is your name?", form))
    ///     .ask("where", ListRootsRequest::new())
    ///     .request_state("round 1");
    /// ```
    #[must_use]
    pub fn ask(
        mut self,
        name: impl Into<Cow<'static, str>>,
        question: impl Into<InputRequest>,
    ) -> Self {
        self.input_requests
            .get_or_insert_default()
            .insert(name, question);
        self
    }
}

impl From<ElicitParams> for InputRequest {
    fn from(params: ElicitParams) -> Self {
        ElicitRequest::new(params).into()
    }
}

impl From<ElicitFormParams> for InputRequest {
    fn from(params: ElicitFormParams) -> Self {
        ElicitRequest::new(params).into()
    }
}

impl From<ElicitUrlParams> for InputRequest {
    fn from(params: ElicitUrlParams) -> Self {
        ElicitRequest::new(params).into()
    }
}

impl From<CreateMessageParams> for InputRequest {
    fn from(params: CreateMessageParams) -> Self {
        CreateMessageRequest::new(params).into()
    }
}
