//! Links to servers that are started.

use std::sync::Arc;

use fmcp_core::Result;
use fmcp_transport::client::{Link, stdio};

use super::target::Approach;
use crate::config::Command;

/// Starts a server, and opens a link to it over its standard streams.
pub(super) async fn open(command: &Command, approach: Approach) -> Result<Arc<dyn Link>> {
    let mut settings = stdio::Settings::new(&*command.program).arguments(&command.args);
    for (name, value) in &command.env {
        settings = settings.variable(name, value.expose());
    }
    settings.directory.clone_from(&command.cwd);
    if let Some(file) = &command.stderr {
        settings.stderr = stdio::Stderr::File(file.clone());
    }
    stdio::open(settings, &approach.greeting, approach.peer).await
}
