//! What is different about one call.

use std::{fmt, time::Duration};

use fmcp_core::{
    Raw,
    protocol::model::{Meta, ProgressParams},
};

use super::callback::{Callback, Heard};

/// What is different about one call.
///
/// ```
/// use std::time::Duration;
/// use fmcp::CallOptions;
///
/// let options = CallOptions::new()
///     .timeout(Duration::from_secs(5))
///     .on_progress(|report| println!("{} done", report.progress));
/// ```
#[derive(Clone, Default)]
pub struct CallOptions {
    pub(super) timeout: Option<Option<Duration>>,
    pub(super) progress: Option<Callback<ProgressParams>>,
    pub(super) meta: Meta,
}

impl CallOptions {
    /// Nothing is different.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long to wait for the answer; `None`: as long as it takes.
    #[must_use]
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = Some(timeout.into());
        self
    }

    /// Sets who hears of this call's progress, instead of the client's own callback.
    #[must_use]
    pub fn on_progress<R: Heard<How>, How>(
        mut self,
        callback: impl Fn(ProgressParams) -> R + Send + Sync + 'static,
    ) -> Self {
        self.progress = Some(Callback::new(callback));
        self
    }

    /// Adds to the request's metadata.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Raw>) -> Self {
        self.meta.insert(key.into(), value);
        self
    }
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("on_progress", &self.progress.is_some())
            .finish_non_exhaustive()
    }
}
