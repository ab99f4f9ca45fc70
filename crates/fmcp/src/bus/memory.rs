//! Messages within one process.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use fmcp_core::{BoxFuture, Result};
use tokio::sync::broadcast::{Receiver, Sender, error::RecvError};

use super::{Bus, Heard, Hearing};

/// How many messages wait for who hears slowly.
const BACKLOG: usize = 256;

/// Carries messages between servers of one process, such as those of a test.
///
/// ```
/// use fmcp::bus::{Bus, Heard, Memory};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
/// let bus = Memory::new();
/// let mut hearing = bus.hear("news").await?;
/// bus.tell("news", "hello".into()).await?;
/// assert_eq!(hearing.next().await, Some(Heard::Message("hello".into())));
/// # Ok(()) }
/// ```
#[derive(Default)]
pub struct Memory {
    // Held for a look-up, never across an await.
    channels: Mutex<HashMap<Box<str>, Sender<Bytes>>>,
}

impl Memory {
    /// A bus that nobody hears yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Sender<Bytes>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bus for Memory {
    fn tell<'a>(&'a self, channel: &'a str, message: Bytes) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let mut channels = self.lock();
            if let Some(sender) = channels.get(channel)
                && sender.send(message).is_err()
            {
                // Nobody hears it any more.
                channels.remove(channel);
            }
            Ok(())
        })
    }

    fn hear<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<Box<dyn Hearing>>> {
        Box::pin(async move {
            let mut channels = self.lock();
            let sender = channels
                .entry(channel.into())
                .or_insert_with(|| Sender::new(BACKLOG));
            let hears: Box<dyn Hearing> = Box::new(Hears(sender.subscribe()));
            Ok(hears)
        })
    }
}

struct Hears(Receiver<Bytes>);

impl Hearing for Hears {
    fn next(&mut self) -> BoxFuture<'_, Option<Heard>> {
        Box::pin(async move {
            match self.0.recv().await {
                Ok(message) => Some(Heard::Message(message)),
                Err(RecvError::Lagged(_)) => Some(Heard::Missed),
                Err(RecvError::Closed) => None,
            }
        })
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("channels", &self.lock().len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_slow_is_told_that_something_was_missed() {
        let bus = Memory::new();
        let (mut slow, mut other) = (bus.hear("a").await.unwrap(), bus.hear("b").await.unwrap());
        for n in 0..=BACKLOG {
            bus.tell("a", n.to_string().into()).await.unwrap();
        }
        bus.tell("b", "b".into()).await.unwrap();
        assert_eq!(slow.next().await, Some(Heard::Missed));
        assert_eq!(slow.next().await, Some(Heard::Message("1".into())));
        assert_eq!(other.next().await, Some(Heard::Message("b".into())));
        drop(slow);
        bus.tell("a", "nobody".into()).await.unwrap();
        assert_eq!(bus.lock().len(), 1);
    }
}
