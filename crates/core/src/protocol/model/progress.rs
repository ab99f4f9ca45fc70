//! `notifications/progress`.

use super::{Meta, ProgressToken};
use crate::{
    Number,
    json::{model, setters},
};

model! {
    /// How far a request has come.
    pub struct ProgressParams new(progress_token: ProgressToken, progress: Number) {
        /// What the message says about itself.
        meta: Option<Meta> = "_meta",
        /// The token that the request carried.
        progress_token: ProgressToken = "progressToken",
        /// How far; must grow each time.
        progress: Number = "progress",
        /// How far it is to the end, if known.
        total: Option<Number> = "total",
        /// What is being done, for people.
        message: Option<String> = "message",
    }
}

setters!(ProgressParams {
    meta: Meta,
    total: Number,
    message: String
});
