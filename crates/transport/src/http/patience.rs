//! A time limit that costs nothing where nothing has to be awaited.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

pin_project! {
    /// The outcome of some work; none if it takes longer than its limit.
    pub(crate) struct Within<F> {
        #[pin]
        work: F,
        limit: Duration,
        late: Option<Pin<Box<Sleep>>>,
    }
}

/// Lets `work` take no longer than `limit`. The clock is first looked at when the work has to wait: most
/// work does not, and a timer costs more than much of it.
pub(crate) fn within<F: Future>(limit: Duration, work: F) -> Within<F> {
    Within {
        work,
        limit,
        late: None,
    }
}

impl<F: Future> Future for Within<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(done) = this.work.poll(cx) {
            return Poll::Ready(Some(done));
        }
        look(this.late, *this.limit, cx).map(|()| None)
    }
}

/// Looks at the clock. Apart, because most work is done before.
#[inline(never)]
fn look(late: &mut Option<Pin<Box<Sleep>>>, limit: Duration, cx: &mut Context<'_>) -> Poll<()> {
    let late = late.get_or_insert_with(|| Box::pin(sleep(limit)));
    late.as_mut().poll(cx)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn what_is_there_at_once_needs_no_clock() {
        // There is no runtime here that could give one.
        let done = within(Duration::from_secs(1), async { 7 }).now_or_never();
        assert_eq!(done, Some(Some(7)));
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_takes_longer_has_no_outcome() {
        let work = async |seconds| {
            sleep(Duration::from_secs(seconds)).await;
            7
        };
        assert_eq!(within(Duration::from_secs(2), work(1)).await, Some(7));
        assert_eq!(within(Duration::from_secs(2), work(3)).await, None);
    }
}
