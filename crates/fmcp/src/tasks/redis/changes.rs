//! Who waits for a task to change, and is told when it does.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{sync::Notify, task::JoinHandle, time::sleep};

use super::places::CHANGED;
use crate::{
    bus::{Bus, Heard},
    store::Redis,
};

/// How long to wait before Redis is listened to again.
const PAUSE: Duration = Duration::from_millis(500);

/// Those who wait, in this process: one connection hears for all of them.
pub(super) struct Changes {
    waits: Arc<Waits>,
    redis: Redis,
    hearing: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Waits(Mutex<HashMap<Arc<str>, Arc<Notify>>>);

/// One who waits, until it is dropped.
pub(super) struct Wait {
    id: Arc<str>,
    news: Arc<Notify>,
    waits: Arc<Waits>,
}

impl Changes {
    pub(super) fn new(redis: Redis) -> Self {
        Self {
            waits: Arc::default(),
            redis,
            hearing: Mutex::default(),
        }
    }

    /// Waits for this task from now on. What has changed before it was heard of, its reader sees by reading.
    pub(super) fn wait(&self, id: &str) -> Wait {
        self.hear();
        let mut all = self.waits.lock();
        let (id, news) = match all.get_key_value(id) {
            Some((id, news)) => (Arc::clone(id), Arc::clone(news)),
            None => {
                let (id, news) = (Arc::<str>::from(id), Arc::<Notify>::default());
                all.insert(Arc::clone(&id), Arc::clone(&news));
                (id, news)
            }
        };
        Wait {
            id,
            news,
            waits: Arc::clone(&self.waits),
        }
    }

    fn hear(&self) {
        let mut hearing = self.hearing.lock().unwrap_or_else(PoisonError::into_inner);
        // In another runtime, should the one be gone that it was begun in.
        if hearing.as_ref().is_none_or(JoinHandle::is_finished) {
            let (redis, waits) = (self.redis.clone(), Arc::downgrade(&self.waits));
            *hearing = Some(tokio::spawn(hear(redis, waits)));
        }
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        let hearing = self
            .hearing
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(hearing) = hearing.take() {
            hearing.abort();
        }
    }
}

async fn hear(redis: Redis, waits: Weak<Waits>) {
    loop {
        match redis.hear(CHANGED).await {
            Ok(mut hearing) => {
                // Something may have been missed.
                let Some(all) = waits.upgrade() else { return };
                all.wake_all();
                drop(all);
                while let Some(heard) = hearing.next().await {
                    let Some(all) = waits.upgrade() else { return };
                    match heard {
                        Heard::Message(id) => all.wake(&id),
                        Heard::Missed => all.wake_all(),
                    }
                }
            }
            Err(error) => tracing::warn!(error = ?error, "changes of tasks cannot be heard"),
        }
        sleep(PAUSE).await;
    }
}

impl Waits {
    fn wake(&self, id: &[u8]) {
        let news = std::str::from_utf8(id).ok();
        let news = news.and_then(|id| self.lock().get(id).cloned());
        if let Some(news) = news {
            news.notify_waiters();
        }
    }

    fn wake_all(&self) {
        for news in self.lock().values() {
            news.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wait {
    pub(super) fn news(&self) -> &Notify {
        &self.news
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let mut all = self.waits.lock();
        // This one, and the one in the map.
        if Arc::strong_count(&self.news) == 2 {
            all.remove(&self.id);
        }
    }
}
