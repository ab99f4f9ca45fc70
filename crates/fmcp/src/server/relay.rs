//! Between the replicas of a server: what one tells, the listeners of the others hear.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use fmcp_core::{ComponentKind, Notice};
use indexmap::IndexSet;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{build::Inner, follow::Followed, listen::Change};
use crate::bus::{Bus, Heard, Shared};

/// How many resources may wait to be told of; beyond, everything may have changed.
const MAX_WAITING: usize = 1_024;

/// How many resources one message names.
const MAX_NAMED: usize = 64;

/// The largest message that is looked at.
const MAX_MESSAGE: usize = 1024 * 1024;

/// How long to wait before somebody is asked again who did not answer; the longest, and the first time.
const PAUSE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How long a server that starts waits until it hears, and one that stops until all is told.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a server tells the others, and hears from them.
#[derive(Default)]
pub(super) struct Relay {
    /// Whether there are others.
    is_on: AtomicBool,
    outbox: Arc<Outbox>,
    stop: CancellationToken,
    work: Mutex<Option<JoinHandle<()>>>,
}

/// What waits to be told.
#[derive(Default)]
struct Outbox {
    waiting: Mutex<Waiting>,
    news: Notify,
}

#[derive(Default)]
struct Waiting {
    lists: BTreeSet<ComponentKind>,
    uris: IndexSet<Box<str>>,
    followed: Vec<Followed>,
    /// More than could wait.
    everything: bool,
}

/// What one replica tells the others.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Message {
    /// Who tells it, so that nobody listens to itself.
    from: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lists: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    uris: Vec<Box<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    followed: Vec<Followed>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    everything: bool,
}

/// The kinds of lists, as messages name them.
const LISTS: [(ComponentKind, &str); 3] = [
    (ComponentKind::Tool, "tools"),
    (ComponentKind::Resource, "resources"),
    (ComponentKind::Prompt, "prompts"),
];

impl Relay {
    /// Tells the others, if there are any, when there is time.
    pub(super) fn tell(&self, notice: &Notice) {
        match notice {
            Notice::ListChanged(kind) => self.wait(|waiting| {
                waiting.lists.insert(*kind);
            }),
            Notice::ResourceUpdated(uri) => self.wait(|waiting| {
                waiting.uris.insert(uri.clone());
            }),
            _ => {}
        }
    }

    pub(super) fn tell_followed(&self, followed: Followed) {
        self.wait(|waiting| waiting.followed.push(followed));
    }

    fn wait(&self, add: impl FnOnce(&mut Waiting)) {
        if !self.is_on.load(Ordering::Relaxed) {
            return;
        }
        let mut waiting = self.outbox.lock();
        add(&mut waiting);
        if waiting.uris.len() + waiting.followed.len() > MAX_WAITING {
            waiting.give_up();
        }
        drop(waiting);
        self.outbox.news.notify_one();
    }

    /// Begins to hear and to tell, where the server shares something. It does not hold the server.
    pub(super) async fn begin(server: &Weak<Inner>) {
        let Some(inner) = server.upgrade() else {
            return;
        };
        let now = inner.now();
        let Some(shared) = now.config.shared.clone() else {
            return;
        };
        let channel = format!("changes:{}", now.config.about.name);
        drop(now);
        inner.relay.is_on.store(true, Ordering::Relaxed);
        let me = me();
        let (hears, heard) = oneshot::channel();
        let (outbox, stop) = (Arc::clone(&inner.relay.outbox), inner.relay.stop.clone());
        let server = Weak::clone(server);
        let work = tokio::spawn(async move {
            let Shared { bus, .. } = shared;
            let telling = tell_all(&*bus, &channel, me, &outbox, &stop);
            tokio::select! {
                () = telling => {}
                () = hear_all(&*bus, &channel, me, &server, hears) => {}
            }
        });
        *inner.relay.work() = Some(work);
        drop(inner);
        if timeout(PATIENCE, heard).await.is_err() {
            tracing::warn!("the other replicas cannot be heard yet");
        }
    }

    /// Tells what is still to be told, and ends.
    pub(super) async fn end(&self) {
        self.stop.cancel();
        let work = self.work().take();
        if let Some(mut work) = work
            && timeout(PATIENCE, &mut work).await.is_err()
        {
            work.abort();
        }
    }

    fn work(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(work) = self.work().take() {
            work.abort();
        }
    }
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// What fits into one message, if anything waits.
    fn next(&mut self, from: u64) -> Option<Message> {
        let (uris, followed) = (self.uris.len(), self.followed.len());
        let message = Message {
            from,
            lists: LISTS
                .iter()
                .filter(|(kind, _)| self.lists.remove(kind))
                .map(|(_, name)| (*name).to_owned())
                .collect(),
            uris: self.uris.drain(..uris.min(MAX_NAMED)).collect(),
            followed: self.followed.drain(..followed.min(MAX_NAMED)).collect(),
            everything: std::mem::take(&mut self.everything),
        };
        let is_empty = Message {
            from,
            ..Message::default()
        } == message;
        (!is_empty).then_some(message)
    }

    /// Nothing is told one by one any more.
    fn give_up(&mut self) {
        *self = Self {
            everything: true,
            ..Self::default()
        };
    }
}

impl Message {
    fn read(text: &[u8], me: u64) -> Option<Self> {
        if text.len() > MAX_MESSAGE {
            tracing::warn!(bytes = text.len(), "another replica tells too much at once");
            return None;
        }
        match serde_json::from_slice::<Self>(text) {
            Ok(message) => (message.from != me).then_some(message),
            Err(error) => {
                tracing::warn!(%error, "another replica tells what is not understood");
                None
            }
        }
    }

    fn changes(self) -> impl Iterator<Item = Change> {
        let kind = |name: String| LISTS.iter().find(|(_, known)| *known == name);
        let lists = self.lists.into_iter().filter_map(kind);
        let lists = lists.map(|(kind, _)| Change::Notice(Notice::ListChanged(*kind)));
        let uris = self.uris.into_iter();
        let uris = uris.map(|uri| Change::Notice(Notice::ResourceUpdated(uri)));
        let followed = self.followed.into_iter().map(Change::Followed);
        // Who follows something now hears of its change, if both are told at once.
        followed
            .chain(lists)
            .chain(uris)
            .chain(self.everything.then_some(Change::Missed))
    }
}

/// Tells what waits, until it is stopped and nothing waits.
async fn tell_all(
    bus: &dyn Bus,
    channel: &str,
    me: u64,
    outbox: &Outbox,
    stop: &CancellationToken,
) {
    let mut pause = FIRST_PAUSE;
    loop {
        let message = outbox.lock().next(me);
        let Some(message) = message else {
            if stop.is_cancelled() {
                return;
            }
            tokio::select! {
                () = outbox.news.notified() => {}
                () = stop.cancelled() => {}
            }
            continue;
        };
        let text = serde_json::to_vec(&message).unwrap_or_default();
        match bus.tell(channel, Bytes::from(text)).await {
            Ok(()) => pause = FIRST_PAUSE,
            Err(error) => {
                tracing::warn!(error = ?error, "the other replicas cannot be told");
                outbox.lock().give_up();
                if stop.is_cancelled() {
                    return;
                }
                sleep(pause).await;
                pause = (pause * 2).min(PAUSE);
            }
        }
    }
}

/// Tells the listeners of this server what the others tell, as long as there is a server.
async fn hear_all(
    bus: &dyn Bus,
    channel: &str,
    me: u64,
    server: &Weak<Inner>,
    hears: oneshot::Sender<()>,
) {
    let mut hears = Some(hears);
    let mut pause = FIRST_PAUSE;
    let tell = |change| {
        let server = server.upgrade();
        server.map(|server| server.changes.tell(change)).is_some()
    };
    let mut has_missed = false;
    loop {
        match bus.hear(channel).await {
            Ok(mut hearing) => {
                pause = FIRST_PAUSE;
                if has_missed && !tell(Change::Missed) {
                    return;
                }
                hears.take().map(|hears| hears.send(()));
                while let Some(heard) = hearing.next().await {
                    let is_there = match heard {
                        Heard::Message(text) => Message::read(&text, me)
                            .into_iter()
                            .flat_map(Message::changes)
                            .all(tell),
                        Heard::Missed => tell(Change::Missed),
                    };
                    if !is_there {
                        return;
                    }
                }
            }
            Err(error) => {
                tracing::warn!(error = ?error, "the other replicas cannot be heard");
                // Whoever starts does not wait for it.
                drop(hears.take());
            }
        }
        has_missed = true;
        sleep(pause).await;
        pause = (pause * 2).min(PAUSE);
    }
}

/// A number that no other replica has.
fn me() -> u64 {
    let mut bytes = [0; 8];
    // Where the system has no randomness, two replicas might not hear each other; nothing worse.
    let _ = fmcp_transport::seal::random(&mut bytes);
    // JSON numbers are exact up to here everywhere.
    u64::from_le_bytes(bytes) >> 11
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(uris: usize) -> Waiting {
        Waiting {
            uris: (0..uris).map(|n| n.to_string().into()).collect(),
            ..Waiting::default()
        }
    }

    #[test]
    fn what_waits_goes_in_messages_of_some() {
        let mut waiting = waiting(MAX_NAMED + 1);
        waiting
            .lists
            .extend([ComponentKind::Prompt, ComponentKind::Tool]);
        let first = waiting.next(7).unwrap();
        assert_eq!(first.lists, ["tools", "prompts"]);
        assert_eq!(first.uris.len(), MAX_NAMED);
        let second = waiting.next(7).unwrap();
        assert_eq!((second.lists.len(), second.uris.len()), (0, 1));
        assert!(waiting.next(7).is_none());
    }

    #[test]
    fn too_much_is_everything() {
        let relay = Relay::default();
        relay.is_on.store(true, Ordering::Relaxed);
        for n in 0..MAX_WAITING + 5 {
            relay.tell(&Notice::ResourceUpdated(n.to_string().into()));
        }
        let message = relay.outbox.lock().next(1).unwrap();
        assert!(message.everything && message.uris.len() < 5, "{message:?}");
    }

    #[test]
    fn only_what_others_tell_is_understood() {
        let text = r#"{"from":1,"lists":["tools","of tomorrow"],"uris":["a://b"],"more":1}"#;
        assert!(Message::read(text.as_bytes(), 1).is_none(), "one's own");
        let changes: Vec<_> = Message::read(text.as_bytes(), 2)
            .unwrap()
            .changes()
            .collect();
        assert_eq!(changes.len(), 2, "{changes:?}");
        for text in ["", "{}", "[]", "\u{1}"] {
            assert!(Message::read(text.as_bytes(), 2).is_none(), "{text:?}");
        }
        assert!(Message::read(&vec![b' '; MAX_MESSAGE + 1], 2).is_none());
    }
}
