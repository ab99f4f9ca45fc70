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
    /// What was popped has not gone yet, as far as anybody knows.
    is_going: bool,
    /// What was passed by has not gone yet.
    must_flush: bool,
}

/// Nobody reads any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// What became of a line that was written past the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    /// How many of its bytes were taken.
    pub(crate) taken: usize,
    /// Whether those have gone out.
    pub(crate) has_gone: bool,
}

impl Passed {
    pub(crate) const NOTHING: Self = Self {
        taken: 0,
        has_gone: true,
    };
}

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

    /// Lets `write` have a message, with the end of its line, if nothing else is on its way; what it does not take
    /// goes through the queue. Gives its number. If something is on its way, the message comes back.
    pub(crate) fn pass(
        &self,
        mut message: Vec<u8>,
        write: impl FnOnce(&[u8]) -> Passed,
    ) -> Result<u64, Vec<u8>> {
        let mut state = self.lock();
        if state.closed || state.is_going || !state.messages.is_empty() {
            return Err(message);
        }
        message.push(b'\n');
        let passed = write(&message);
        message.pop();
        if passed.taken == 0 {
            state.append(message.into());
            return Ok(state.appended);
        }
        // Somebody may have seen it, whole or not: as if it had been popped.
        state.appended += 1;
        state.popped += 1;
        let number = state.appended;
        if passed.taken <= message.len() {
            // The end of the line is still missing, if nothing else.
            state.append(Bytes::from(message).split_off(passed.taken));
        } else if !passed.has_gone {
            state.must_flush = true;
            state.wake();
        }
        Ok(number)
    }

    /// All that was popped has gone out.
    pub(crate) fn has_gone(&self) {
        self.lock().is_going = false;
    }

    /// Whether something was passed by that has still to go out.
    pub(crate) fn must_flush(&self) -> bool {
        std::mem::take(&mut self.lock().must_flush)
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
            state.is_going = true;
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
        state.wake();
        drop(state);
        self.room.notify_waiters();
    }
}

impl State {
    fn append(&mut self, message: Bytes) {
        self.bytes += message.len();
        self.appended += 1;
        self.messages.push_back(message);
        self.wake();
    }

    fn wake(&mut self) {
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

    fn passed(taken: usize, has_gone: bool) -> Passed {
        Passed { taken, has_gone }
    }

    #[tokio::test]
    async fn a_message_passes_where_nothing_else_is_on_its_way() {
        let queue = Queue::new(100);
        let mut wrote = Vec::new();
        let whole = queue.pass(b"abc".to_vec(), |line| {
            wrote.extend_from_slice(line);
            passed(line.len(), true)
        });
        assert_eq!((whole, wrote.as_slice()), (Ok(1), &b"abc\n"[..]));
        assert!(queue.has_popped(1) && !queue.must_flush());

        queue.append("def");
        let never = |_: &[u8]| -> Passed { panic!("something is on its way") };
        assert_eq!(queue.pass(b"g".to_vec(), never), Err(b"g".to_vec()));
        assert_eq!(pop(&queue).await.unwrap(), "def");
        assert_eq!(queue.pass(b"g".to_vec(), never), Err(b"g".to_vec()));
        queue.has_gone();
        let held = queue.pass(b"g".to_vec(), |line| passed(line.len(), false));
        assert_eq!(held, Ok(3));
        assert!(queue.must_flush() && !queue.must_flush());
        queue.close();
        assert_eq!(queue.pass(b"h".to_vec(), never), Err(b"h".to_vec()));
    }

    #[tokio::test]
    async fn what_is_not_taken_goes_before_everything_else() {
        for (taken, rest) in [(0, "abc"), (2, "c"), (3, "")] {
            let queue = Queue::new(100);
            let number = queue
                .pass(b"abc".to_vec(), |_| passed(taken, true))
                .unwrap();
            // A part of it may have been understood, so that nobody says that it was never sent.
            assert_eq!(queue.has_popped(number), taken > 0, "{taken}");
            queue.append("def");
            assert_eq!(pop(&queue).await.unwrap(), rest);
            assert!(queue.has_popped(number));
            assert_eq!(pop(&queue).await.unwrap(), "def");
        }
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
