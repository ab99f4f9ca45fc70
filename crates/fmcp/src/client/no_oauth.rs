//! What is said about OAuth where there is none.

use std::sync::Arc;

use fmcp_core::{Error, Result, Scheme};

pub(super) fn in_browser() -> Result<Arc<dyn Scheme>> {
    Err(Error::invalid_params(
        "for OAuth, fmcp has to be built with its feature `oauth`",
    ))
}
