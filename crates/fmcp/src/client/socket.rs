//! Links to servers on a Unix socket.

use std::{path::Path, sync::Arc};

use fmcp_core::Result;
use fmcp_transport::client::{Link, unix};

use super::target::Approach;

pub(super) async fn open(path: &Path, approach: Approach) -> Result<Arc<dyn Link>> {
    let settings = unix::Settings::new(path);
    unix::open(settings, &approach.greeting, approach.peer).await
}
