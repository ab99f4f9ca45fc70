//! Work that many want at once and that is done once.

use std::sync::{Arc, Mutex, PoisonError};

use fmcp_core::{BoxFuture, Error, Result};
use tokio::{sync::watch, task::AbortHandle};

/// What is being worked on. It goes on when those who wait for it go away: a token that has been renewed
/// must not get lost. It ends when this is dropped.
pub(crate) struct Flights<T> {
    current: Mutex<Option<Flight<T>>>,
}

struct Flight<T> {
    outcome: watch::Receiver<Option<Outcome<T>>>,
    task: AbortHandle,
}

type Outcome<T> = Result<T, Arc<Error>>;

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self {
            current: Mutex::new(None),
        }
    }
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    /// What comes of the work that is being done, or else of `work`; whether it was `work`.
    pub(crate) async fn join(
        &self,
        work: impl FnOnce() -> BoxFuture<'static, Result<T>> + Send,
    ) -> (bool, Result<T>) {
        let (is_ours, mut outcome) = self.board(work);
        let landed = match outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        };
        let gone = || Error::internal("the work on a token has ended without an outcome");
        let landed = match landed {
            Some(landed) => landed.map_err(|error| again(&error)),
            None => Err(gone()),
        };
        (is_ours, landed)
    }

    pub(crate) fn is_under_way(&self) -> bool {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().is_some_and(Flight::is_under_way)
    }

    fn board(
        &self,
        work: impl FnOnce() -> BoxFuture<'static, Result<T>>,
    ) -> (bool, watch::Receiver<Option<Outcome<T>>>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = &*current
            && flight.is_under_way()
        {
            return (false, flight.outcome.clone());
        }
        let (land, outcome) = watch::channel(None);
        let work = work();
        let task = tokio::spawn(async move {
            let landed = work.await.map_err(Arc::new);
            // Nobody may be waiting any more.
            let _ = land.send(Some(landed));
        });
        *current = Some(Flight {
            outcome: outcome.clone(),
            task: task.abort_handle(),
        });
        (true, outcome)
    }
}

impl<T> Flight<T> {
    fn is_under_way(&self) -> bool {
        self.outcome.has_changed().is_ok() && self.outcome.borrow().is_none()
    }
}

impl<T> Drop for Flight<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The same error for one more who waited. What caused it is in the log of the first.
fn again(error: &Arc<Error>) -> Error {
    Error::new(error.kind(), error.message().to_owned())
        .from_origin(error.origin().clone())
        .caused_by(Arc::clone(error))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    struct Work {
        begun: AtomicUsize,
        go: Notify,
    }

    fn work(work: &Arc<Work>) -> impl FnOnce() -> BoxFuture<'static, Result<usize>> + Send + use<> {
        let work = Arc::clone(work);
        move || {
            Box::pin(async move {
                let number = work.begun.fetch_add(1, Ordering::SeqCst);
                work.go.notified().await;
                match number {
                    0 => Ok(number),
                    _ => Err(Error::internal("no")),
                }
            })
        }
    }

    #[tokio::test]
    async fn it_is_done_once_for_all_who_wait_and_goes_on_without_them() {
        let (flights, state) = (
            Flights::default(),
            Arc::new(Work {
                begun: AtomicUsize::new(0),
                go: Notify::new(),
            }),
        );
        {
            let first = flights.join(work(&state));
            let mut first = std::pin::pin!(first);
            assert!(futures_util::poll!(&mut first).is_pending());
        }
        let (second, third, ()) = tokio::join!(
            flights.join(work(&state)),
            flights.join(work(&state)),
            async { state.go.notify_one() },
        );
        for (is_ours, outcome) in [second, third] {
            assert!(!is_ours);
            assert_eq!(outcome.unwrap(), 0);
        }
        state.go.notify_one();
        let (is_ours, outcome) = flights.join(work(&state)).await;
        assert!(is_ours);
        assert_eq!(outcome.unwrap_err().message(), "no");
        assert_eq!(state.begun.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn it_ends_with_its_owner() {
        struct Ended(Option<tokio::sync::oneshot::Sender<()>>);
        impl Drop for Ended {
            fn drop(&mut self) {
                let _ = self.0.take().unwrap().send(());
            }
        }
        let (sender, ended) = tokio::sync::oneshot::channel();
        let guard = Ended(Some(sender));
        let flights = Flights::<()>::default();
        {
            let flight = flights.join(move || {
                Box::pin(async move {
                    let _guard = guard;
                    std::future::pending().await
                })
            });
            let mut flight = std::pin::pin!(flight);
            assert!(futures_util::poll!(&mut flight).is_pending());
        }
        drop(flights);
        ended.await.unwrap();
    }
}
