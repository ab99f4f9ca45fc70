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
    /// Runs the handler, and gives the call back, should it have to be run again in another form.
    pub(crate) async fn run(&self, call: Call) -> (Result<Reply, HandlerError>, Option<Call>) {
        let context = Context::new(call);
        let handler = (self.run)(context.clone());
        let mut scope = Scope::new(context, handler);
        let running = AssertUnwindSafe(&mut scope).catch_unwind();
        let outcome = match self.timeout {
            None => running.await,
            Some(limit) => tokio::time::timeout(limit, running)
                .await
                .unwrap_or_else(|_| {
                    Ok(Err(Error::new(
                        Kind::Timeout,
                        format!("did not finish within {limit:?}"),
                    )
                    .into()))
                }),
        };
        let outcome = outcome.unwrap_or_else(|panic| {
            Err(HandlerError::hidden(format!(
                "panicked: {}",
                words(&*panic)
            )))
        });
        (outcome, scope.into_context().map(Context::into_call))
    }
}

/// The error of a handler that failed in words that are not meant for the caller. It carries the
/// request's id as its data, for whoever logs it.
pub(super) fn hidden(
    words: &'static str,
    source: Box<dyn std::error::Error + Send + Sync>,
    call: Option<Call>,
) -> Error {
    let id = call
        .map(|call| Context::new(call).request_id())
        .unwrap_or_default();
    Error::new(Kind::Handler, words)
        .data(serde_json::Value::String(id))
        .caused_by(source)
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
