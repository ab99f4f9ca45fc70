//! Tasks of a link.

use std::{
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::{
    runtime::Handle,
    task::{AbortHandle, JoinSet},
};

/// Tasks that end with their owner, which may be asked for one from outside of the runtime, too: calls are
/// dropped anywhere.
pub(super) struct Errands {
    tasks: Mutex<JoinSet<()>>,
    runtime: Handle,
}

impl Errands {
    /// Nothing to do yet. The tasks will run in the runtime of whoever calls this.
    pub(super) fn new() -> Self {
        Self {
            tasks: Mutex::default(),
            runtime: Handle::current(),
        }
    }

    pub(super) fn run(&self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let mut tasks = self.lock();
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(task, &self.runtime)
    }

    /// Ends all of them, and waits until they are gone.
    pub(super) async fn end(&self) {
        let mut tasks = std::mem::take(&mut *self.lock());
        tasks.shutdown().await;
    }

    fn lock(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
