//! The calls that wait for their answers.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use fmcp_core::{
    Call, Error, Kind, Notice, Result,
    protocol::{Method, model::ProgressToken},
};
use futures_util::task::AtomicWaker;

use super::{
    Settings,
    fault::Fault,
    unheard::{Bounds, Unheard},
};

/// The text of a result, or of an error object.
pub(super) type Outcome = Result<Bytes, Bytes>;

/// The calls that wait for their answers, each with what it has been told and has not heard yet.
#[derive(Debug)]
pub(super) struct Waiting {
    state: Mutex<State>,
    calls: usize,
    unheard: Bounds,
    /// How many do not hear as fast as they are told. Written only where the state is locked.
    clogged: AtomicUsize,
    /// Whoever reads from the server, and does not while somebody does not hear.
    reader: AtomicWaker,
}

#[derive(Debug, Default)]
struct State {
    calls: HashMap<u64, Slot, foldhash::fast::RandomState>,
    tokens: HashMap<ProgressToken, u64>,
    last: u64,
    /// How many of the calls are streams of changes, which may be there for as long as the connection.
    streams: usize,
    over: Option<Fault>,
}

/// One call.
#[derive(Debug, Default)]
struct Slot {
    told: Unheard,
    outcome: Option<Result<Outcome, Error>>,
    /// What comes now is not for anybody, and nobody needs to be told that nobody waits.
    is_answered: bool,
    waker: Option<Waker>,
    token: Option<ProgressToken>,
    is_stream: bool,
    is_clogged: bool,
}

impl Slot {
    /// Takes an answer, unless there has been one. Whether it did.
    fn settle(&mut self, outcome: Result<Outcome, Error>) -> bool {
        let is_first = !std::mem::replace(&mut self.is_answered, true);
        if is_first {
            self.outcome = Some(outcome);
        }
        is_first
    }
}

/// A call whose answer is expected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) id: u64,
    /// Whether no other call waits.
    pub(super) is_alone: bool,
}

/// What happens to a call.
#[derive(Debug)]
pub(super) enum Event {
    Told(Notice),
    Answered(Outcome),
}

impl Waiting {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            state: Mutex::default(),
            calls: settings.calls,
            unheard: Bounds::of(settings),
            clogged: AtomicUsize::new(0),
            reader: AtomicWaker::new(),
        }
    }

    /// Expects the answer to `call`, and says under which id.
    pub(super) fn expect(&self, call: &Call) -> Result<Expected> {
        let token = if call.wants_progress() {
            call.progress_token()
        } else {
            None
        };
        let mut state = self.lock();
        if let Some(fault) = &state.over {
            return Err(fault.error());
        }
        if state.calls.len() >= self.calls {
            return Err(Error::new(
                Kind::Overloaded,
                "too many calls wait for this server's answers",
            ));
        }
        state.last += 1;
        let id = state.last;
        if let Some(token) = &token {
            // Of two calls with one token, the first has it: a caller must not give it twice.
            state.tokens.entry(token.clone()).or_insert(id);
        }
        let is_stream = *call.method() == Method::Listen;
        let slot = Slot {
            token,
            is_stream,
            ..Slot::default()
        };
        state.calls.insert(id, slot);
        state.streams += usize::from(is_stream);
        let is_alone = state.calls.len() - state.streams <= 1;
        Ok(Expected { id, is_alone })
    }

    /// What happens next to the call of this id.
    pub(super) fn poll_next(&self, id: u64, cx: &mut Context<'_>) -> Poll<Result<Event>> {
        let mut state = self.lock();
        let over = state.over.clone();
        let Some(slot) = state.calls.get_mut(&id) else {
            return Poll::Ready(Err(Error::internal("the call is not waiting any more")));
        };
        if let Some(notice) = slot.told.pop() {
            if !slot.told.is_full(self.unheard) && std::mem::take(&mut slot.is_clogged) {
                self.clogged.fetch_sub(1, Ordering::Release);
                drop(state);
                self.reader.wake();
            }
            return Poll::Ready(Ok(Event::Told(notice)));
        }
        if let Some(outcome) = slot.outcome.take() {
            return Poll::Ready(outcome.map(Event::Answered));
        }
        if let Some(fault) = over {
            return Poll::Ready(Err(fault.error()));
        }
        match &mut slot.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Nobody waits for this call any more. Whether its answer is still to come.
    pub(super) fn forget(&self, id: u64) -> bool {
        let mut state = self.lock();
        let Some(slot) = state.calls.remove(&id) else {
            return false;
        };
        if let Some(token) = &slot.token
            && state.tokens.get(token) == Some(&id)
        {
            state.tokens.remove(token);
        }
        if slot.is_clogged {
            self.clogged.fetch_sub(1, Ordering::Release);
        }
        state.streams -= usize::from(slot.is_stream);
        let is_wanted = state.over.is_none() && !slot.is_answered;
        drop(state);
        if slot.is_clogged {
            self.reader.wake();
        }
        is_wanted
    }

    /// Answers a call. Whether anybody waits for it.
    pub(super) fn answer(&self, id: u64, outcome: Result<Outcome, Error>) -> bool {
        self.with(id, |slot| slot.settle(outcome)).unwrap_or(false)
    }

    /// Ends the stream of changes of this id, which the server does not go on with.
    pub(super) fn end_stream(&self, id: u64) {
        let words = "the server has ended the stream of changes";
        self.with(id, |slot| {
            if slot.is_stream {
                slot.settle(Err(Error::new(Kind::Cancelled, words)));
            }
        });
    }

    /// The call that reports under this token.
    pub(super) fn holder(&self, token: &ProgressToken) -> Option<u64> {
        self.lock().tokens.get(token).copied()
    }

    /// Tells a call something that came in as this many bytes, before its answer.
    pub(super) fn tell(&self, id: u64, notice: Notice, bytes: usize) {
        let mut state = self.lock();
        let slot = state.calls.get_mut(&id);
        let Some(slot) = slot.filter(|slot| !slot.is_answered) else {
            return;
        };
        slot.told.push(notice, bytes, self.unheard);
        let is_full = slot.told.is_full(self.unheard);
        let clogs = is_full && !std::mem::replace(&mut slot.is_clogged, true);
        let waker = slot.waker.take();
        if clogs {
            self.clogged.fetch_add(1, Ordering::Release);
        }
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether somebody does not hear as fast as they are told.
    pub(super) fn is_clogged(&self) -> bool {
        self.clogged.load(Ordering::Acquire) > 0
    }

    /// Those who do not hear as fast as they are told lose what they have not heard from now on.
    pub(super) fn unclog(&self) {
        let mut state = self.lock();
        self.clogged.store(0, Ordering::Release);
        for slot in state.calls.values_mut().filter(|slot| slot.is_clogged) {
            slot.is_clogged = false;
            slot.told.lose();
        }
    }

    /// Wakes whoever asks when nobody is clogged any more.
    pub(super) fn wake_reader_when_free(&self, cx: &mut Context<'_>) {
        self.reader.register(cx.waker());
    }

    /// Nobody is answered any more, because of `fault`.
    pub(super) fn end(&self, fault: Fault) {
        let mut state = self.lock();
        state.over.get_or_insert(fault);
        let wakers: Vec<_> = (state.calls.values_mut())
            .filter_map(|slot| slot.waker.take())
            .collect();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Why nobody is answered any more, if that is so.
    pub(super) fn over(&self) -> Option<Fault> {
        self.lock().over.clone()
    }

    /// Whether nobody is answered any more.
    pub(super) fn is_over(&self) -> bool {
        self.lock().over.is_some()
    }

    /// Does something with a call that waits, and wakes it.
    fn with<T>(&self, id: u64, change: impl FnOnce(&mut Slot) -> T) -> Option<T> {
        let mut state = self.lock();
        let slot = state.calls.get_mut(&id)?;
        let changed = change(slot);
        let waker = slot.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        Some(changed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
