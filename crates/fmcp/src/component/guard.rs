//! Runs a handler so that nothing it does harms anybody else: in time, and without a panic getting out.

use std::{any::Any, panic::AssertUnwindSafe, time::Duration};

use fmcp_core::{Call, Context, Error, HandlerError, Kind, Reply, Scope};
use futures_util::FutureExt as _;

use crate::handler::Erased;

/// A handler, and how long it may take.
pub(crate) struct Guard {
    pub(crate) run: Erased,
    pub(crate) timeout: Option<Duration>,
}

impl Guard {
    pub(crate) async fn run(&self, call: Call) -> Result<Reply, HandlerError> {
        let context = Context::new(call);
        let running =
            AssertUnwindSafe(Scope::new(context.clone(), (self.run)(context))).catch_unwind();
        let outcome = match self.timeout {
            None => running.await,
            Some(limit) => match tokio::time::timeout(limit, running).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    return Err(Error::new(
                        Kind::Timeout,
                        format!("did not finish within {limit:?}"),
                    )
                    .into());
                }
            },
        };
        outcome.unwrap_or_else(|panic| {
            Err(HandlerError::hidden(format!(
                "panicked: {}",
                words(&*panic)
            )))
        })
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    if let Some(words) = panic.downcast_ref::<&str>() {
        words
    } else if let Some(words) = panic.downcast_ref::<String>() {
        words
    } else {
        "(no message)"
    }
}
