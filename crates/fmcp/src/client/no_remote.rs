//! What is said about servers at an address where there is nobody who could reach them.

use std::sync::Arc;

use fmcp_core::{Error, Result};
use fmcp_transport::client::Link;

use super::target::Approach;
use crate::config::Remote;

pub(super) async fn open(remote: &Remote, _: Approach) -> Result<Arc<dyn Link>> {
    let host = remote.url.host().unwrap_or_default();
    Err(Error::invalid_params(format!(
        "to reach {host}, fmcp has to be built with its feature `web`"
    )))
}
