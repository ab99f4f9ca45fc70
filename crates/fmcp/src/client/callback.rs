//! Callbacks: functions, and async functions, of the one who uses a client.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use fmcp_core::BoxFuture;
use futures_util::FutureExt as _;

use crate::handler::panic_words;

/// How long a callback may take. What the server tells next waits for it.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// What a callback gives back: nothing, or a future of nothing.
///
/// `How` tells the two apart for the compiler; nobody needs to name it.
#[diagnostic::on_unimplemented(
    message = "a callback must give back nothing, or a future of nothing, not `{Self}`"
)]
pub trait Heard<How> {
    /// What is still to be waited for.
    fn rest(self) -> Option<BoxFuture<'static, ()>>;
}

/// Marks callbacks that are through when they return.
#[derive(Debug)]
pub struct AtOnce;

/// Marks callbacks that are through when their future is.
#[derive(Debug)]
pub struct Later;

impl Heard<AtOnce> for () {
    fn rest(self) -> Option<BoxFuture<'static, ()>> {
        None
    }
}

impl<F: Future<Output = ()> + Send + 'static> Heard<Later> for F {
    fn rest(self) -> Option<BoxFuture<'static, ()>> {
        Some(Box::pin(self))
    }
}

/// A callback, whichever it is.
pub(crate) struct Callback<T>(Arc<dyn Fn(T) -> Option<BoxFuture<'static, ()>> + Send + Sync>);

impl<T> Clone for Callback<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: 'static> Callback<T> {
    pub(crate) fn new<R: Heard<How>, How>(run: impl Fn(T) -> R + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |heard| run(heard).rest()))
    }

    /// Runs it to its end, its panic or its time; neither harms who tells it, or whom it is told next.
    pub(crate) async fn run(&self, heard: T) {
        let rest = match catch_unwind(AssertUnwindSafe(|| (self.0)(heard))) {
            Ok(None) => return,
            Ok(Some(rest)) => AssertUnwindSafe(rest).catch_unwind(),
            Err(panic) => {
                tracing::error!(words = panic_words(&*panic), "a callback panicked");
                return;
            }
        };
        match tokio::time::timeout(LIMIT, rest).await {
            Ok(Ok(())) => {}
            Ok(Err(panic)) => {
                tracing::error!(words = panic_words(&*panic), "a callback panicked");
            }
            Err(_) => {
                tracing::error!("a callback was still not done after {LIMIT:?}, and was dropped");
            }
        }
    }
}
