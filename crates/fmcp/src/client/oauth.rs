//! OAuth for who says no more than that.

use std::sync::Arc;

use fmcp_auth::OAuth;
use fmcp_core::{Result, Scheme};

/// Asks the user in a browser.
#[expect(clippy::unnecessary_wraps, reason = "without the feature it fails")]
pub(super) fn in_browser() -> Result<Arc<dyn Scheme>> {
    Ok(Arc::new(OAuth::browser()))
}
