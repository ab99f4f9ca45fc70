//! The context of the call that is running, for functions that did not get it handed down.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    task::{self, Poll},
};

use super::Context;
use crate::BoxFuture;

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
}

/// A future during which [`Context::current`] is the given context.
pub struct Scope<'a, T> {
    context: Option<Context>,
    inner: BoxFuture<'a, T>,
}

impl<'a, T> Scope<'a, T> {
    /// Runs `inner` with `context` as the current one.
    #[must_use]
    pub fn new(context: Context, inner: BoxFuture<'a, T>) -> Self {
        Self { context: Some(context), inner }
    }
}

impl<T> Future for Scope<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<T> {
        /// Puts back what was there, even when the handler panics.
        struct Entered<'a>(&'a mut Option<Context>);
        impl Drop for Entered<'_> {
            fn drop(&mut self) {
                CURRENT.with_borrow_mut(|current| std::mem::swap(current, self.0));
            }
        }

        let Self { context, inner } = &mut *self;
        CURRENT.with_borrow_mut(|current| std::mem::swap(current, context));
        let _entered = Entered(context);
        inner.as_mut().poll(cx)
    }
}
