//! The tasks of one connection on HTTP/2: one for each request.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use hyper::rt::Executor;
use tokio::task::JoinSet;

/// Runs the requests of one connection, and ends them with it.
///
/// How many there are, HTTP/2 bounds.
#[derive(Clone, Default)]
pub(super) struct Streams(Arc<Mutex<JoinSet<()>>>);

impl<F> Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while streams.try_join_next().is_some() {}
        streams.spawn(stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn streams_end_with_their_connection() {
        let (streams, held) = (Streams::default(), Arc::new(()));
        for _ in 0..3 {
            let held = Arc::clone(&held);
            streams.execute(async move {
                std::future::pending::<()>().await;
                drop(held);
            });
        }
        assert_eq!(Arc::strong_count(&held), 4);
        drop(streams);
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[tokio::test]
    async fn streams_that_have_ended_are_forgotten() {
        let streams = Streams::default();
        for _ in 0..100 {
            streams.execute(async {});
            tokio::task::yield_now().await;
        }
        assert!(streams.0.lock().unwrap().len() <= 2);
    }
}
