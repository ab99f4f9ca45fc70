//! What is said about Unix sockets where there are none.

use std::{path::Path, sync::Arc};

use fmcp_core::{Error, Result};
use fmcp_transport::client::Link;

use super::target::Approach;

#[expect(clippy::unused_async, reason = "where there are sockets, it waits")]
pub(super) async fn open(path: &Path, _: Approach) -> Result<Arc<dyn Link>> {
    let path = path.display();
    Err(Error::invalid_params(format!(
        "{path}: this system has no Unix sockets"
    )))
}
