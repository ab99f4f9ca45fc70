//! Tells a caller what its handler has written down, while the handler runs and at its end.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context as Waiter, Poll, ready},
};

use fmcp_core::{BoxFuture, Due, Outbox};
use tokio::time::{Instant, Sleep, sleep_until};

/// A handler that runs, and beside it the telling of the log messages that wait. The messages that wait at
/// the end are still to be told: something may be written down by what is dropped then.
pub(crate) struct Telling<F: Future> {
    handler: F,
    outcome: Option<F::Output>,
    outbox: Arc<Outbox>,
    telling: Option<BoxFuture<'static, ()>>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<F: Future + Unpin> Telling<F> {
    pub(crate) fn new(handler: F, outbox: Arc<Outbox>) -> Self {
        Self {
            handler,
            outcome: None,
            outbox,
            telling: None,
            alarm: None,
        }
    }

    /// Whether it is time to tell.
    fn poll_due(&mut self, cx: &mut Waiter<'_>) -> Poll<()> {
        match self.outbox.due(cx.waker()) {
            Due::Now => Poll::Ready(()),
            Due::At(at) => {
                let at = Instant::from_std(at);
                let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(at)));
                if alarm.deadline() != at {
                    alarm.as_mut().reset(at);
                }
                alarm.as_mut().poll(cx)
            }
            _ => Poll::Pending,
        }
    }
}

impl<F: Future<Output: Unpin> + Unpin> Future for Telling<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waiter<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        if this.outcome.is_none()
            && let Poll::Ready(outcome) = Pin::new(&mut this.handler).poll(cx)
        {
            this.outcome = Some(outcome);
        }
        loop {
            // What has been begun is ended: a message that is half told is lost.
            if let Some(telling) = &mut this.telling {
                ready!(telling.as_mut().poll(cx));
                this.telling = None;
            }
            if let Some(outcome) = this.outcome.take() {
                return Poll::Ready(outcome);
            }
            ready!(this.poll_due(cx));
            let outbox = Arc::clone(&this.outbox);
            this.telling = Some(Box::pin(async move { outbox.flush().await }));
        }
    }
}

/// Tells the rest: the handler is over. Who still writes is not the handler any more, and does not keep its answer
/// back.
pub(crate) async fn rest(outbox: &Outbox) {
    outbox.close();
    outbox.flush().await;
}
