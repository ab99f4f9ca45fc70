//! Who waits to hear that the user is done at an address.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
};

use fmcp_core::protocol::Params;
use futures_util::task::AtomicWaker;
use serde::Deserialize;
use tokio::sync::watch;

/// How many ids wait for whoever reads all of them; beyond that, the oldest are forgotten.
const UNREAD: usize = 256;

/// Who waits to hear that the user is done at an address. Only what somebody waits for is remembered, so
/// a server cannot make it grow.
#[derive(Clone, Debug, Default)]
pub(in crate::client) struct Completions(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    /// Those who wait for one.
    one: HashMap<Box<str>, watch::Sender<bool>>,
    /// Those who hear of all.
    all: Vec<Weak<Unread>>,
}

/// What has been heard, and not been read yet.
#[derive(Debug, Default)]
pub(in crate::client) struct Unread {
    ids: Mutex<VecDeque<Box<str>>>,
    reader: AtomicWaker,
}

impl Unread {
    fn push(&self, id: &str) {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.len() >= UNREAD {
            ids.pop_front();
        }
        ids.push_back(id.into());
        drop(ids);
        self.reader.wake();
    }

    pub(in crate::client) fn poll(&self, cx: &Context<'_>) -> Poll<Box<str>> {
        // Before the look, so that what comes after it wakes.
        self.reader.register(cx.waker());
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Completed {
    elicitation_id: Box<str>,
}

impl Completions {
    /// Hears that the user is done somewhere; what nobody waits for is nothing. Which question it was.
    pub(in crate::client) fn hear(&self, params: &Params) -> Option<Box<str>> {
        let done = params.parse::<Completed>().ok()?.elicitation_id;
        let mut waiting = self.lock();
        if let Some(one) = waiting.one.remove(&done) {
            one.send_replace(true);
        }
        waiting.all.retain(|unread| match unread.upgrade() {
            Some(unread) => {
                unread.push(&done);
                true
            }
            None => false,
        });
        drop(waiting);
        Some(done)
    }

    /// Hears of all from now on, for as long as the result is there.
    pub(in crate::client) fn all(&self) -> Arc<Unread> {
        let unread = Arc::<Unread>::default();
        let mut waiting = self.lock();
        waiting.all.retain(|unread| unread.strong_count() > 0);
        waiting.all.push(Arc::downgrade(&unread));
        unread
    }

    /// Waits from now on. Without an id there is nothing to wait for, ever.
    pub(in crate::client) fn wait(
        &self,
        id: Option<&str>,
    ) -> impl Future<Output = ()> + Send + use<> {
        let heard = id.map(|id| {
            let mut waiting = self.lock();
            let one = &mut waiting.one;
            one.retain(|_, waiting| !waiting.is_closed());
            one.entry(id.into())
                .or_insert_with(|| watch::Sender::new(false))
                .subscribe()
        });
        async move {
            let Some(mut heard) = heard else {
                return std::future::pending().await;
            };
            if heard.wait_for(|done| *done).await.is_err() {
                // The client is gone, and nobody will say so any more.
                std::future::pending::<()>().await;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
