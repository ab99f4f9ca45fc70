//! The context of the call that is running, for functions that did not get it handed down.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
};

use super::{Context, Outbox};

thread_local! {
    static CURRENT: RefCell<Option<Context>> = const { RefCell::new(None) };
}

impl Context {
    /// The context of the call in whose handler this is asked; `None` outside of one.
    ///
    /// It does not follow into a spawned task: clone it into the task.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Where the log messages of the call wait in whose handler this is asked: `None` outside of every
    /// handler, `Some(None)` where the caller wants none. It never panics, and costs next to nothing.
    #[must_use]
    pub fn current_outbox() -> Option<Option<Arc<Outbox>>> {
        let here = |current: &RefCell<Option<Self>>| {
            let current = current.try_borrow().ok()?;
            current.as_ref().map(|context| context.outbox().cloned())
        };
        CURRENT.try_with(here).ok().flatten()
    }

    /// Runs a function with this as the current context.
    pub fn enter<R>(self, run: impl FnOnce() -> R) -> R {
        let mut context = Some(self);
        let _entered = Entered::new(&mut context);
        run()
    }
}

/// Puts back what was there, even when the handler panics.
struct Entered<'a>(&'a mut Option<Context>);

impl<'a> Entered<'a> {
    fn new(context: &'a mut Option<Context>) -> Self {
        CURRENT.with_borrow_mut(|current| std::mem::swap(current, context));
        Self(context)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|current| std::mem::swap(current, self.0));
    }
}

/// A future during which [`Context::current`] is the given context.
pub struct Scope<F> {
    context: Option<Context>,
    inner: F,
}

impl<F: Future + Unpin> Scope<F> {
    /// Runs `inner` with `context` as the current one.
    #[must_use]
    pub fn new(context: Context, inner: F) -> Self {
        Self {
            context: Some(context),
            inner,
        }
    }

    /// The context again, once the future has been polled to its end or is not wanted any more.
    #[must_use]
    pub fn into_context(self) -> Option<Context> {
        self.context
    }
}

impl<F: Future + Unpin> Future for Scope<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<F::Output> {
        let Self { context, inner } = &mut *self;
        let _entered = Entered::new(context);
        Pin::new(inner).poll(cx)
    }
}
