//! What a client or a wire was told.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fmcp_core::{BoxFuture, Call, Endpoint, Error, Kind, Notice, Reply, Result};
use tokio::sync::Notify;

/// How long a test waits for a notice.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many notices are remembered; those after them are forgotten.
const MAX_NOTICES: usize = 10_000;

/// Remembers notices in the order in which they came.
#[derive(Default)]
pub(super) struct Record {
    heard: Mutex<Heard>,
    more: Notify,
}

#[derive(Default)]
struct Heard {
    notices: Vec<Notice>,
    /// How many of them somebody has waited for.
    taken: usize,
}

impl Record {
    pub(super) fn add(&self, notice: Notice) {
        let mut heard = self.heard();
        if heard.notices.len() < MAX_NOTICES {
            heard.notices.push(notice);
        }
        drop(heard);
        self.more.notify_waiters();
    }

    /// Those of the notices that `pick` wants.
    pub(super) fn pick<T>(&self, pick: impl FnMut(&Notice) -> Option<T>) -> Vec<T> {
        self.heard().notices.iter().filter_map(pick).collect()
    }

    /// The first notice that nobody has waited for yet.
    pub(super) async fn next(&self) -> Notice {
        tokio::time::timeout(PATIENCE, self.wait())
            .await
            .unwrap_or_else(|_| {
                panic!(
                    "no notice came within {PATIENCE:?}; those before it were {:?}",
                    self.heard().notices
                )
            })
    }

    async fn wait(&self) -> Notice {
        loop {
            let more = self.more.notified();
            tokio::pin!(more);
            more.as_mut().enable();
            if let Some(notice) = self.take() {
                return notice;
            }
            more.await;
        }
    }

    fn take(&self) -> Option<Notice> {
        let mut heard = self.heard();
        let notice = heard.notices.get(heard.taken).cloned()?;
        heard.taken += 1;
        Some(notice)
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A peer that remembers.
pub(super) struct Peer(pub(super) Arc<Record>);

impl Endpoint for Peer {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        let words = format!("a test's wire does not answer {}", call.method());
        Box::pin(std::future::ready(Err(Error::new(
            Kind::MethodNotFound,
            words,
        ))))
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.0.add(notice);
        Box::pin(std::future::ready(()))
    }
}
