//! The sessions that are open.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fmcp_core::Session;
use tokio::{task::JoinSet, time::timeout};

use super::{LiveSession, live::Entry};

/// How long the sessions may take to clear up when the server stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// The sessions that are open, and the tasks that look after them. How many there are is for the transports
/// to bound.
pub(in crate::server) struct Sessions {
    /// By where what was agreed on lies: no two that are open are at one place.
    open: Mutex<HashMap<usize, Arc<Entry>>>,
    /// `None`: the server has stopped.
    lives: Mutex<Option<JoinSet<()>>>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            open: Mutex::default(),
            lives: Mutex::new(Some(JoinSet::new())),
        }
    }
}

fn place(session: &Arc<Session>) -> usize {
    Arc::as_ptr(session).addr()
}

impl Sessions {
    pub(super) fn add(&self, entry: &Arc<Entry>) {
        let place = place(entry.line.session());
        lock(&self.open).insert(place, Arc::clone(entry));
        // One that is opened while the server stops, or later, is over at once.
        if lock(&self.lives).is_none() {
            self.remove(entry);
        }
    }

    /// Takes a session out; whether it was there.
    pub(super) fn remove(&self, entry: &Entry) -> bool {
        let place = place(entry.line.session());
        let removed = lock(&self.open).remove(&place);
        if let Some(entry) = &removed {
            entry.end();
        }
        removed.is_some()
    }

    /// Runs something that ends with its session.
    pub(in crate::server) fn run(&self, life: impl Future<Output = ()> + Send + 'static) {
        let mut lives = lock(&self.lives);
        let Some(lives) = lives.as_mut() else {
            return;
        };
        while lives.try_join_next().is_some() {}
        lives.spawn(life);
    }

    /// Those that are open, the oldest first.
    pub(super) fn all(&self) -> Vec<LiveSession> {
        let open = lock(&self.open);
        let mut all: Vec<_> = open.values().cloned().map(LiveSession::of).collect();
        drop(open);
        all.sort_by_cached_key(|session| std::cmp::Reverse(session.age()));
        all
    }

    /// Ends all, and waits until they have cleared up; not for ever.
    pub(in crate::server) async fn end(&self) {
        let lives = lock(&self.lives).take();
        let open = std::mem::take(&mut *lock(&self.open));
        open.values().for_each(|entry| entry.end());
        let Some(mut lives) = lives else {
            return;
        };
        let ending = async { while lives.join_next().await.is_some() {} };
        if timeout(FAREWELL, ending).await.is_err() {
            tracing::warn!("what was to be done at the end of sessions was cut short");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_begins_after_the_end_is_not_run() {
        let (sessions, lived) = (Sessions::default(), Arc::new(AtomicUsize::new(0)));
        let life = || {
            let lived = Arc::clone(&lived);
            async move {
                lived.fetch_add(1, Ordering::SeqCst);
            }
        };
        sessions.run(life());
        sessions.end().await;
        assert_eq!(lived.load(Ordering::SeqCst), 1);
        sessions.run(life());
        tokio::task::yield_now().await;
        sessions.end().await;
        assert_eq!(lived.load(Ordering::SeqCst), 1);
    }
}
