//! What a handler has changed, told to whoever follows it.

use std::{fmt, sync::Arc};

use super::Context;
use crate::Notice;

/// Where a server is told what has changed. Part of the state that calls carry.
#[derive(Clone)]
pub struct Bell(pub Arc<dyn Fn(Notice) + Send + Sync>);

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bell").finish_non_exhaustive()
    }
}

impl Context {
    /// Tells whoever follows it that the resource of this URI is not what it was: sessions that have subscribed
    /// to it, and streams of changes that name it, of whichever client. Without a server that answers the call,
    /// nobody hears.
    ///
    /// ```
    /// # use fmcp_core::{Context, ToolError};
    /// async fn write(ctx: Context) -> Result<(), ToolError> {
    ///     // … the file is written …
    ///     ctx.notify_updated("file:///notes.txt");
    ///     Ok(())
    /// }
    /// ```
    pub fn notify_updated(&self, uri: impl Into<Box<str>>) {
        if let Some(bell) = self.state::<Bell>() {
            (bell.0)(Notice::ResourceUpdated(uri.into()));
        }
    }
}
