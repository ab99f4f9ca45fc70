//! `notifications/cancelled`.

use super::{Meta, RequestId};
use crate::json::{model, setters};

model! {
    /// Says that the sender no longer wants the answer to a request of its own.
    pub struct CancelledParams new(request_id: RequestId) {
        /// What the message says about itself.
        meta: Option<Meta> = "_meta",
        /// The request.
        request_id: RequestId = "requestId",
        /// Why, for logs and people.
        reason: Option<String> = "reason",
    }
}

setters!(CancelledParams {
    meta: Meta,
    reason: String
});
