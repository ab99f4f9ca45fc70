//! Log messages that wait to be told together.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::Instant,
};

use super::LogLevels;
use crate::{
    Call, Endpoint, Notice, Raw, Session,
    protocol::model::{LogLevel, LogMessageParams},
};

/// How many messages may wait; those that come when there is no room are left out, and counted.
const MAX_MESSAGES: usize = 1_000;

/// How many bytes they may have.
const MAX_BYTES: usize = 256 * 1024;

/// Log messages of one run of a handler that wait to be told: what is written where nobody can wait for
/// the client, and what is gathered on purpose. Whoever runs the handler tells them, meanwhile
/// ([`Outbox::due`]) and at its end ([`Outbox::flush`]). It is bounded.
pub struct Outbox {
    peer: Arc<dyn Endpoint>,
    session: Option<Arc<Session>>,
    /// What the call has asked for, where it has no session.
    least: Option<LogLevel>,
    levels: Option<Arc<LogLevels>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(LogMessageParams, usize)>,
    bytes: usize,
    left_out: u64,
    due: Option<Due>,
    closed: bool,
    teller: Option<Waker>,
}

/// When what waits is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// As soon as somebody can.
    Now,
    /// Then, unless it is told before.
    At(Instant),
    /// At the end of the handler.
    AtTheEnd,
}

impl Outbox {
    /// One for a call whose caller wants to read log messages; `None` for every other.
    pub(super) fn of(call: &Call) -> Option<Arc<Self>> {
        let least = call.log_level()?;
        let peer = call.peer()?;
        Some(Arc::new(Self {
            peer: Arc::clone(peer),
            session: call.session().cloned(),
            least: Some(least),
            levels: call.state().and_then(|state| state.get_arc()),
            state: Mutex::default(),
        }))
    }

    /// Whether a message of this level, under this name, is read by anybody.
    #[must_use]
    pub fn wants(&self, level: LogLevel, category: Option<&str>) -> bool {
        let least = match &self.session {
            Some(session) => session.log_level(),
            None => self.least,
        };
        least.is_some_and(|least| level >= least)
            && (self.levels.as_ref()).is_none_or(|levels| levels.lets(level, category))
            && !self.lock().closed
    }

    /// Lets a message wait until it is due, if there is room for it. Somebody must have asked whether it
    /// is [wanted](Self::wants).
    pub fn push(&self, message: LogMessageParams, due: Due) {
        let bytes = message.data.as_str().len() + 64;
        let mut state = self.lock();
        if state.closed {
            return;
        }
        if state.waiting.len() >= MAX_MESSAGES || state.bytes + bytes > MAX_BYTES {
            state.left_out += 1;
        } else {
            state.bytes += bytes;
            state.waiting.push_back((message, bytes));
        }
        let sooner = match (state.due, due) {
            (_, Due::AtTheEnd) | (Some(Due::Now), _) => false,
            (Some(Due::At(at)), Due::At(then)) => then < at,
            _ => true,
        };
        if sooner {
            state.due = Some(due);
            if let Some(teller) = state.teller.take() {
                drop(state);
                teller.wake();
            }
        }
    }

    /// How many messages wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let state = self.lock();
        state.waiting.is_empty() && state.left_out == 0
    }

    /// When what waits is to be told. `teller` is woken when that changes.
    pub fn due(&self, teller: &Waker) -> Due {
        let mut state = self.lock();
        match &mut state.teller {
            Some(known) => known.clone_from(teller),
            none => *none = Some(teller.clone()),
        }
        state.due.unwrap_or(Due::AtTheEnd)
    }

    /// Tells what waits now. What comes meanwhile waits for the next time.
    pub async fn flush(&self) {
        let mut count = {
            let mut state = self.lock();
            state.due = None;
            state.waiting.len() + 1
        };
        while count > 0
            && let Some(message) = self.pop()
        {
            self.peer.notify(Notice::Log(message)).await;
            count -= 1;
        }
    }

    /// Takes no more, if nothing waits. Whether that is so.
    pub fn close_empty(&self) -> bool {
        let mut state = self.lock();
        let is_empty = state.waiting.is_empty() && state.left_out == 0;
        state.closed |= is_empty;
        is_empty
    }

    /// Takes no more: the call is over.
    pub fn close(&self) {
        self.lock().closed = true;
    }

    fn pop(&self) -> Option<LogMessageParams> {
        let mut state = self.lock();
        if let Some((message, bytes)) = state.waiting.pop_front() {
            state.bytes -= bytes;
            return Some(message);
        }
        let left_out = std::mem::take(&mut state.left_out);
        (left_out > 0).then(|| left_out_words(left_out))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn left_out_words(count: u64) -> LogMessageParams {
    let words = format!("{count} log messages had no room and were left out");
    let mut message = LogMessageParams::new(LogLevel::Warning, Raw::from(serde_json::json!(words)));
    message.logger = Some("fmcp".to_owned());
    message
}

/// Without the messages, which are the client's.
impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("waiting", &self.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{BoxFuture, Reply, Result, protocol::Method};

    #[derive(Default)]
    struct Reader(Mutex<Vec<String>>);

    impl Endpoint for Reader {
        fn call(&self, _: Call) -> BoxFuture<'_, Result<Reply>> {
            unreachable!("nobody asks")
        }

        fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
            if let Notice::Log(message) = notice {
                self.0
                    .lock()
                    .unwrap()
                    .push(message.data.as_str().to_owned());
            }
            Box::pin(std::future::ready(()))
        }
    }

    fn outbox() -> (Arc<Reader>, Arc<Outbox>) {
        let reader = Arc::new(Reader::default());
        let meta = serde_json::json!({"_meta": {"io.modelcontextprotocol/logLevel": "info"}});
        let call = Call::of(Method::CallTool, &meta).unwrap();
        let call = call.with_peer(Arc::clone(&reader) as _);
        (reader, Outbox::of(&call).unwrap())
    }

    fn message(words: &str) -> LogMessageParams {
        LogMessageParams::new(LogLevel::Info, Raw::from(serde_json::json!(words)))
    }

    /// Runs what never waits.
    fn now(running: impl Future<Output = ()>) {
        let mut cx = std::task::Context::from_waker(Waker::noop());
        assert!(std::pin::pin!(running).poll(&mut cx).is_ready());
    }

    #[test]
    fn what_has_no_room_is_left_out_and_counted() {
        let (reader, outbox) = outbox();
        for _ in 0..MAX_MESSAGES + 7 {
            outbox.push(message("m"), Due::AtTheEnd);
        }
        now(outbox.flush());
        let told = reader.0.lock().unwrap();
        assert_eq!(told.len(), MAX_MESSAGES + 1);
        assert!(told.last().unwrap().contains("7 log messages had no room"));
        drop(told);
        let long = "x".repeat(MAX_BYTES / 2);
        for _ in 0..3 {
            outbox.push(message(&long), Due::AtTheEnd);
        }
        assert_eq!(outbox.len(), 1, "two would have too many bytes");
    }

    #[test]
    fn what_waits_is_due_when_its_soonest_is() {
        let (_, outbox) = outbox();
        let due = || outbox.due(Waker::noop());
        for (push, expect) in [
            (Due::AtTheEnd, Due::AtTheEnd),
            (Due::Now, Due::Now),
            (Due::AtTheEnd, Due::Now),
        ] {
            outbox.push(message("m"), push);
            assert_eq!(due(), expect, "{push:?}");
        }
        now(outbox.flush());
        assert_eq!(due(), Due::AtTheEnd);
        assert!(outbox.is_empty());
    }

    #[test]
    fn a_closed_one_takes_nothing() {
        let (_, outbox) = outbox();
        assert!(outbox.wants(LogLevel::Info, None));
        assert!(!outbox.wants(LogLevel::Debug, None));
        outbox.push(message("m"), Due::AtTheEnd);
        assert!(!outbox.close_empty());
        assert!(outbox.wants(LogLevel::Info, None), "it is still open");
        now(outbox.flush());
        assert!(outbox.close_empty());
        assert!(!outbox.wants(LogLevel::Info, None));
        outbox.push(message("m"), Due::Now);
        assert!(outbox.is_empty());
    }
}
