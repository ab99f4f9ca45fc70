//! `elicitation/create`: asking the user.

use super::{Meta, RequestedSchema};
use crate::{
    Extra,
    json::{model, setters, union, word},
};

union! {
    /// A question to the user.
    pub enum ElicitParams by "mode" or "form" {
        /// With a form; what it is without a mode.
        Form(ElicitFormParams) = "form",
        /// At an address.
        Url(ElicitUrlParams) = "url",
    }
}

word! {
    /// The way of asking.
    pub enum ElicitMode {
        /// With a form.
        Form = "form",
        /// At an address.
        Url = "url",
    }

    /// What the user did.
    pub enum ElicitAction {
        /// Answered.
        Accept = "accept",
        /// Said no.
        Decline = "decline",
        /// Turned away without an answer.
        Cancel = "cancel",
    }
}

model! {
    /// A question that is answered in a form. Not for secrets.
    pub struct ElicitFormParams new(message: String, requested_schema: RequestedSchema) {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
        /// The way of asking, where it is written down.
        mode: Option<ElicitMode> = "mode",
        /// The question.
        message: String = "message",
        /// The form.
        requested_schema: RequestedSchema = "requestedSchema",
    }

    /// A question that is answered at an address, out of sight of client and model.
    pub struct ElicitUrlParams: "mode" = "url" new(message: String, url: String) {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
        /// Why the user should go there.
        message: String = "message",
        /// The address.
        url: String = "url",
        /// By which the end of it is announced (2025-11-25 only).
        elicitation_id: Option<String> = "elicitationId",
    }

    /// The user's answer.
    pub struct ElicitResult new(action: ElicitAction) {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// What the user did.
        action: ElicitAction = "action",
        /// What the user entered, by field; only from an accepted form.
        content: Option<Extra> = "content",
    }
}

setters!(ElicitFormParams {
    meta: Meta,
    mode: ElicitMode
});
setters!(ElicitUrlParams {
    meta: Meta,
    elicitation_id: String
});
setters!(ElicitResult {
    meta: Meta,
    content: Extra
});

impl ElicitResult {
    /// An answer from a form.
    #[must_use]
    pub fn accept(content: Extra) -> Self {
        Self::new(ElicitAction::Accept).content(content)
    }

    /// A no.
    #[must_use]
    pub fn decline() -> Self {
        Self::new(ElicitAction::Decline)
    }

    /// No answer.
    #[must_use]
    pub fn cancel() -> Self {
        Self::new(ElicitAction::Cancel)
    }
}

impl From<ElicitAction> for ElicitResult {
    fn from(action: ElicitAction) -> Self {
        Self::new(action)
    }
}
