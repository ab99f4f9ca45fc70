//! What all results have, and messages that have nothing else.

use super::Meta;
use crate::json::{model, setters, word};

word! {
    /// What a result is. A result without one is complete.
    pub enum ResultType {
        /// The answer.
        Complete = "complete",
        /// A question back, see [`InputRequiredResult`](super::InputRequiredResult).
        InputRequired = "input_required",
        /// A promise of the answer, see [`Task`](super::Task).
        Task = "task",
    }
}

model! {
    /// A result that says nothing more than that it is one.
    #[derive(Default)]
    pub struct EmptyResult new() {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// What the result is.
        result_type: Option<ResultType> = "resultType",
    }

    /// The parameters of a request that has none of its own (`server/discover`, `ping`).
    #[derive(Default)]
    pub struct RequestParams new() {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
    }

    /// The parameters of a notification that has none of its own (`…/list_changed`).
    #[derive(Default)]
    pub struct NotificationParams new() {
        /// What the notification says about itself.
        meta: Option<Meta> = "_meta",
    }
}

setters!(EmptyResult {
    meta: Meta,
    result_type: ResultType
});
setters!(RequestParams { meta: Meta });
setters!(NotificationParams { meta: Meta });
