//! Tasks with one owner: those of a connection on HTTP/2, one for each request; those of WebSockets.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use hyper::rt::Executor;
use tokio::task::JoinSet;

/// Tasks that end with their owner, which is whoever holds the last clone of this.
///
/// How many there are is bounded elsewhere: by HTTP/2, by the cap on WebSockets.
#[derive(Clone, Default)]
pub(crate) struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl<F> Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tasks_end_with_their_owner() {
        let (tasks, held) = (Tasks::default(), Arc::new(()));
        for _ in 0..3 {
            let held = Arc::clone(&held);
            tasks.execute(async move {
                std::future::pending::<()>().await;
                drop(held);
            });
        }
        assert_eq!(Arc::strong_count(&held), 4);
        drop(tasks);
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[tokio::test]
    async fn tasks_that_have_ended_are_forgotten() {
        let tasks = Tasks::default();
        for _ in 0..100 {
            tasks.execute(async {});
            tokio::task::yield_now().await;
        }
        assert!(tasks.0.lock().unwrap().len() <= 2);
    }
}
