//! Lists that come in pages.

use super::Meta;
use crate::json::{model, setters};

model! {
    /// The parameters of every `…/list` request.
    #[derive(Default)]
    pub struct PaginatedParams new() {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
        /// Where to go on: what the page before gave as `nextCursor`. Nobody but the server that made
        /// it knows what it means.
        cursor: Option<String> = "cursor",
    }
}

setters!(PaginatedParams {
    meta: Meta,
    cursor: String
});
