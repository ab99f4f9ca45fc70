//! Messages on their way to one peer.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use tokio::sync::Notify;

/// Messages on their way to one peer, bounded in bytes: whoever has more to say waits until the peer has
/// read. Many push, one pops.
#[derive(Debug)]
pub struct Queue {
    bound: usize,
    state: Mutex<State>,
    room: Notify,
}

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<Bytes>,
    bytes: usize,
    /// How many messages have been appended, and how many have been popped.
    appended: u64,
    popped: u64,
    closed: bool,
    reader: Option<Waker>,
}

/// Nobody reads any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl Queue {
    /// A queue that takes messages until there are this many bytes in it.
    #[must_use]
    pub fn new(bound: usize) -> Self {
        Self {
            bound,
            state: Mutex::default(),
            room: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a message as soon as there is room, and gives its number.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub async fn push(&self, message: impl Into<Bytes>) -> Result<u64, Closed> {
        self.push_unless(message, &AtomicBool::new(false)).await
    }

    /// Whether the message of this number has been popped.
    #[must_use]
    pub fn has_popped(&self, number: u64) -> bool {
        self.lock().popped >= number
    }

    /// Appends a message as soon as there is room, unless it is `unwanted` by then. Gives the number of the last
    /// message.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub async fn push_unless(
        &self,
        message: impl Into<Bytes>,
        unwanted: &AtomicBool,
    ) -> Result<u64, Closed> {
        let message = message.into();
        loop {
            let room = self.room.notified();
            tokio::pin!(room);
            // Heard from here on, so that no room is missed between looking and waiting.
            room.as_mut().enable();
            {
                let mut state = self.lock();
                if state.closed {
                    return Err(Closed);
                }
                if state.bytes < self.bound {
                    if !unwanted.load(Ordering::Acquire) {
                        state.append(message);
                    }
                    if state.bytes < self.bound {
                        self.room.notify_one();
                    }
                    return Ok(state.appended);
                }
            }
            room.await;
        }
    }

    /// Appends a message whether there is room or not: for answers, of which there are no more than
    /// calls.
    pub fn append(&self, message: impl Into<Bytes>) {
        let mut state = self.lock();
        if !state.closed {
            state.append(message.into());
        }
    }

    /// Whether another message would be taken at once.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.lock().bytes < self.bound
    }

    /// The next message; `None` once the queue is closed and empty.
    pub fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut state = self.lock();
        if let Some(message) = state.messages.pop_front() {
            let was_full = state.bytes >= self.bound;
            state.bytes -= message.len();
            state.popped += 1;
            if was_full && state.bytes < self.bound {
                self.room.notify_one();
            }
            return Poll::Ready(Some(message));
        }
        if state.closed {
            return Poll::Ready(None);
        }
        match &mut state.reader {
            Some(reader) => reader.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Takes no more messages; what is there can still be read.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
        drop(state);
        self.room.notify_waiters();
    }
}

impl State {
    fn append(&mut self, message: Bytes) {
        self.bytes += message.len();
        self.appended += 1;
        self.messages.push_back(message);
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, sync::Arc};

    use super::*;

    async fn pop(queue: &Queue) -> Option<Bytes> {
        poll_fn(|cx| queue.poll_pop(cx)).await
    }

    #[tokio::test]
    async fn who_has_more_to_say_waits() {
        let queue = Arc::new(Queue::new(4));
        queue.push("abcd").await.unwrap();
        assert!(!queue.has_room());
        let more: Vec<_> = (0..3)
            .map(|_| {
                let queue = Arc::clone(&queue);
                tokio::spawn(async move { queue.push("ef").await })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(more.iter().all(|task| !task.is_finished()));
        assert_eq!(pop(&queue).await.unwrap(), "abcd");
        for _ in 0..3 {
            assert_eq!(pop(&queue).await.unwrap(), "ef");
        }
        let mut numbers = Vec::new();
        for task in more {
            numbers.push(task.await.unwrap().unwrap());
        }
        numbers.sort_unstable();
        assert_eq!(numbers, [2, 3, 4]);
        assert!(queue.has_popped(4) && !queue.has_popped(5));
    }

    #[tokio::test]
    async fn a_closed_queue_can_be_read_to_its_end() {
        let queue = Arc::new(Queue::new(1));
        queue.push("a").await.unwrap();
        let waiting = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move { queue.push("b").await }
        });
        tokio::task::yield_now().await;
        queue.close();
        assert_eq!(waiting.await.unwrap(), Err(Closed));
        assert_eq!(pop(&queue).await.unwrap(), "a");
        assert_eq!(pop(&queue).await, None);
    }

    #[tokio::test]
    async fn answers_go_in_whether_there_is_room_or_not() {
        let queue = Queue::new(1);
        for _ in 0..3 {
            queue.append("abc");
        }
        assert_eq!(pop(&queue).await.unwrap(), "abc");
        assert!(!queue.has_room());
    }
}
