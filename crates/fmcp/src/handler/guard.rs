//! Keeps what a handler does from harming anybody else: in time, and without a panic getting out.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    time::Duration,
};

use fmcp_core::{Call, Context, Error, HandlerError, Kind, Scope, protocol::model::ErrorObject};
use futures_util::FutureExt as _;

use super::erased::Outcome;

/// Runs a handler to its end, its panic or its time, and gives the call back. What is left of the handler
/// must be [dropped] next.
pub(crate) async fn watch(
    handler: Pin<&mut (dyn Future<Output = Outcome> + Send)>,
    context: Context,
    timeout: Option<Duration>,
) -> (Outcome, Option<Call>) {
    let mut scope = Scope::new(context, handler);
    let running = AssertUnwindSafe(&mut scope).catch_unwind();
    let outcome = match timeout {
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
    (
        outcome.unwrap_or_else(|panic| Err(panicked(&*panic))),
        scope.into_context().map(Context::into_call),
    )
}

/// Drops a handler, whose destructors may panic like anything else of it.
pub(crate) fn dropped(
    ran: (Outcome, Option<Call>),
    drop: impl FnOnce(),
) -> (Outcome, Option<Call>) {
    match catch_unwind(AssertUnwindSafe(drop)) {
        Ok(()) => ran,
        Err(panic) => (Err(panicked(&*panic)), ran.1),
    }
}

/// The error of a handler that failed in words that are not meant for the caller.
pub(crate) fn hidden(
    words: &'static str,
    source: Box<dyn std::error::Error + Send + Sync>,
    call: Option<Call>,
) -> Error {
    for_the_log(Error::new(Kind::Handler, words).caused_by(source), call)
}

/// Gives an error the request's id as its data, for whoever logs it.
pub(crate) fn for_the_log(error: Error, call: Option<Call>) -> Error {
    let id = call
        .map(|call| Context::new(call).request_id())
        .unwrap_or_default();
    error.data(serde_json::Value::String(id.chars().take(100).collect()))
}

/// Whether an error of this kind stays one, whoever it comes from: no tool decides it.
pub(crate) fn ends_the_call(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::InputRequired
            | Kind::TaskBegins
            | Kind::MissingCapability
            | Kind::Unauthenticated
            | Kind::Forbidden
            | Kind::Cancelled
            | Kind::Handler
            | Kind::Other(ErrorObject::URL_ELICITATION_REQUIRED)
    )
}

/// Logs what is behind an error of which the caller reads only the words.
pub(crate) fn log_source(tool: &str, error: &Error) {
    if let Some(source) = std::error::Error::source(error) {
        tracing::error!(tool, error = %source, "a tool could not do its work");
    }
}

fn panicked(panic: &(dyn Any + Send)) -> HandlerError {
    HandlerError::hidden(format!("panicked: {}", panic_words(panic)))
}

/// What a panic said.
pub(crate) fn panic_words(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}
