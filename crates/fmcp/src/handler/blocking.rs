//! Functions that block.

use std::future::Future;

use fmcp_core::Context;

/// Runs a function that blocks (a database driver without async, a long computation) on the threads
/// that are kept for such, so that other calls go on. [`Context::current`] works inside it.
///
/// A function that has begun cannot be cancelled: when the call is, its result is dropped. One that still
/// waits for a thread is taken out of the queue.
///
/// # Panics
/// When the function panics.
pub fn blocking<R: Send + 'static>(
    run: impl FnOnce() -> R + Send + 'static,
) -> impl Future<Output = R> + Send {
    let context = Context::current();
    async move {
        let entered = move || match context {
            Some(context) => context.enter(run),
            None => run(),
        };
        let mut queued = Queued(tokio::task::spawn_blocking(entered));
        match (&mut queued.0).await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The pool is gone only when the runtime is; then nobody polls this any more.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

/// A function that waits for a thread, until nobody waits for it any more.
struct Queued<R>(tokio::task::JoinHandle<R>);

impl<R> Drop for Queued<R> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
