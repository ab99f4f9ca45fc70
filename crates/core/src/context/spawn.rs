//! Work that a handler leaves running, in the hands of its server.

use std::{
    any::Any,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{self, Poll, Waker},
};

use super::Context;
use crate::{BoxFuture, Error, Kind, Result};

/// What becomes of work that runs when its server stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnStop {
    /// It is dropped at once, wherever it waits.
    #[default]
    Cancel,
    /// The server waits for it, for as long as it waits for anything; then it is dropped, too.
    Finish,
}

/// Runs what handlers leave behind: so many at once and no more, each until it is done or the server
/// stops. A server has one; it is part of the state that calls carry.
pub trait Spawn: Send + Sync + 'static {
    /// Runs `task`.
    ///
    /// # Errors
    /// When there is no room for it, or the server stops.
    fn spawn(&self, task: Background) -> Result<()>;
}

/// Whoever runs what handlers leave behind. Part of the state that calls carry.
#[derive(Clone)]
pub struct Spawner(pub Arc<dyn Spawn>);

/// Work that a handler has left behind, for whoever runs it.
#[non_exhaustive]
pub struct Background {
    /// The call whose handler has left it. [`Context::current`] is to be this while it runs.
    pub context: Context,
    /// What becomes of it when the server stops.
    pub on_stop: OnStop,
    /// The work. It does not panic; what it gives back is what it said when it would have.
    pub work: BoxFuture<'static, Option<String>>,
}

impl Context {
    /// Runs a future that outlives this call, with this context as its [current](Context::current) one:
    /// who calls, values and loggers are the same. The server owns it, runs a bounded number of them at
    /// once, and drops it when it stops. What it comes to can be waited for; nobody need.
    ///
    /// ```
    /// # async fn handler(ctx: fmcp_core::Context) -> fmcp_core::Result<()> {
    /// let job = ctx.spawn(async { 6 * 7 })?;
    /// assert_eq!(job.await?, 42);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When too much runs already, the server stops, or no server answers the call.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<Spawned<T>> {
        self.spawn_with(OnStop::Cancel, work)
    }

    /// As [`Context::spawn`], with what becomes of it when the server stops.
    ///
    /// # Errors
    /// As [`Context::spawn`].
    pub fn spawn_with<T: Send + 'static>(
        &self,
        on_stop: OnStop,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<Spawned<T>> {
        let spawner = self
            .state::<Spawner>()
            .ok_or_else(|| Error::internal("this call is not answered by a server"))?;
        let slot = Arc::new(Slot::default());
        let running = Running {
            work: Some(Box::pin(work)),
            slot: Arc::clone(&slot),
        };
        spawner.0.spawn(Background {
            context: Self::running(self.call().clone()),
            on_stop,
            work: Box::pin(running),
        })?;
        Ok(Spawned(slot))
    }
}

/// Work that runs in the background. Waiting for it gives what it came to; dropping this lets it run on.
pub struct Spawned<T>(Arc<Slot<T>>);

/// Where work leaves what it came to, and hears that it is not wanted any more.
struct Slot<T>(Mutex<State<T>>);

struct State<T> {
    outcome: Option<Result<T>>,
    over: bool,
    cancelled: bool,
    waits: Option<Waker>,
    runs: Option<Waker>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Mutex::new(State {
            outcome: None,
            over: false,
            cancelled: false,
            waits: None,
            runs: None,
        }))
    }
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, outcome: Result<T>) {
        let mut state = self.lock();
        if state.over {
            return;
        }
        state.over = true;
        state.outcome = Some(outcome);
        let waits = state.waits.take();
        drop(state);
        if let Some(waits) = waits {
            waits.wake();
        }
    }
}

impl<T> Spawned<T> {
    /// Drops the work, wherever it waits.
    pub fn cancel(&self) {
        let mut state = self.0.lock();
        state.cancelled = true;
        let runs = state.runs.take();
        drop(state);
        if let Some(runs) = runs {
            runs.wake();
        }
    }

    /// Whether it has come to its end, one way or the other.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.lock().over
    }
}

impl<T> Future for Spawned<T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Result<T>> {
        let mut state = self.0.lock();
        match state.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None if state.over => Poll::Ready(Err(Error::internal("it was waited for before"))),
            None => {
                state.waits = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> fmt::Debug for Spawned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawned")
            .field("is_over", &self.is_over())
            .finish_non_exhaustive()
    }
}

/// The work as it runs: it ends when it is done, panics or is cancelled, and leaves what it came to.
struct Running<T> {
    work: Option<BoxFuture<'static, T>>,
    slot: Arc<Slot<T>>,
}

impl<T> Future for Running<T> {
    type Output = Option<String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Option<String>> {
        let this = &mut *self;
        {
            let mut state = this.slot.lock();
            if state.cancelled {
                drop(state);
                let dropped = this.drop_work();
                this.slot.end(Err(cancelled()));
                return Poll::Ready(dropped.err());
            }
            state.runs = Some(cx.waker().clone());
        }
        let Some(work) = &mut this.work else {
            return Poll::Ready(None);
        };
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => {
                let dropped = this.drop_work();
                this.slot.end(Ok(value));
                Poll::Ready(dropped.err())
            }
            Err(panic) => {
                let _ = this.drop_work();
                let words = words(&*panic);
                let error = Error::internal("the work in the background panicked");
                this.slot.end(Err(error.caused_by(words.clone())));
                Poll::Ready(Some(words))
            }
        }
    }
}

impl<T> Running<T> {
    /// Drops the work, whose destructors may panic like anything else of it.
    fn drop_work(&mut self) -> Result<(), String> {
        let work = self.work.take();
        catch_unwind(AssertUnwindSafe(|| drop(work))).map_err(|panic| words(&*panic))
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        let _ = self.drop_work();
        self.slot.end(Err(cancelled()));
    }
}

fn cancelled() -> Error {
    Error::new(Kind::Cancelled, "the work in the background was cancelled")
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "(no message)".to_owned())
}
