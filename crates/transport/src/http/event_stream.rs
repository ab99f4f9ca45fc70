//! One stream of messages to one peer: what is told while a call runs, and its answer.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Notice, Raw, Reply, Result,
    protocol::{Era, Revision, Topic},
};
use tokio::{sync::Notify, time::Instant};

use super::backlog::Backlog;
use crate::{
    notice::{Rates, Throttle, Verdict},
    peer::Questions,
    text::one_line,
};

/// One stream of messages to one peer. Of a resumable one, events that have been read are kept for a
/// reader that comes back, up to a bound.
pub(crate) struct EventStream {
    revision: Revision,
    bounds: Bounds,
    /// Where the call is a stream of notifications: its id, which each of them carries.
    subscription: Option<Raw>,
    /// Where the peer's answers to questions arrive; none where it cannot be asked.
    questions: Option<Arc<Questions>>,
    /// The stream that is read beside those of calls.
    beside: Option<Arc<Beside>>,
    state: Mutex<State>,
    room: Notify,
}

/// Which stream a peer reads beside those of its calls, if any.
#[derive(Default)]
pub(crate) struct Beside(Mutex<Weak<EventStream>>);

impl Beside {
    /// It is this one from now on.
    pub(crate) fn set(&self, stream: &Arc<EventStream>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(stream);
    }

    fn get(&self) -> Option<Arc<EventStream>> {
        let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stream.upgrade().filter(|stream| !stream.has_ended())
    }
}

/// How much one stream may hold, and how fast it may fill.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) unread: usize,
    pub(crate) replay: usize,
    pub(crate) rates: Rates,
    pub(crate) patience: Duration,
}

#[derive(Default)]
struct State {
    backlog: Backlog,
    reader: Option<Waker>,
    /// Counts the readers: only the last one reads.
    readers: u32,
    attached: bool,
    hang_up: Option<Duration>,
    ended: bool,
    /// When its last reader went, or its last message came.
    touched: Option<Instant>,
    throttle: Option<Box<Throttle>>,
}

/// One reader of a stream, until it is dropped. Only the last one to come reads.
pub(crate) struct Reader {
    stream: Arc<EventStream>,
    number: u32,
}

/// What a reader finds.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    /// Events, as they go over the wire.
    Events(Vec<u8>),
    /// Nothing more will come.
    End,
    /// The reader shall go, and come back for the rest after this long.
    HangUp(Duration),
    /// Somebody else reads now.
    Superseded,
}

impl EventStream {
    pub(crate) fn new(revision: Revision, bounds: Bounds) -> Self {
        Self {
            revision,
            bounds,
            subscription: None,
            questions: None,
            beside: None,
            state: Mutex::default(),
            room: Notify::new(),
        }
    }

    /// Makes it the stream of a subscription that goes by the request `id`.
    pub(crate) fn subscription(mut self, id: &[u8]) -> Self {
        self.subscription = serde_json::from_slice(id).ok();
        self
    }

    /// Whether it is the stream of a subscription.
    pub(crate) fn is_subscription(&self) -> bool {
        self.subscription.is_some()
    }

    /// Lets the peer be asked, its answers arriving at `questions`.
    pub(crate) fn questions(mut self, questions: Arc<Questions>) -> Self {
        self.questions = Some(questions);
        self
    }

    /// Says which stream is read beside those of calls.
    pub(crate) fn beside(mut self, beside: Arc<Beside>) -> Self {
        self.beside = Some(beside);
        self
    }

    /// The stream as its first reader reads it.
    pub(crate) fn first_reader(mut self) -> Reader {
        let state = (self.state.get_mut()).unwrap_or_else(PoisonError::into_inner);
        (state.readers, state.attached) = (1, true);
        Reader {
            number: 1,
            stream: Arc::new(self),
        }
    }

    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody reads.
    pub(crate) fn is_attached(&self) -> bool {
        self.lock().attached
    }

    /// Keeps events from now on, under this number.
    pub(crate) fn make_resumable(&self, number: u32) {
        self.lock().backlog.make_resumable(number);
    }

    pub(crate) fn number(&self) -> Option<u32> {
        self.lock().backlog.number()
    }

    /// Whether it begins with an event that carries nothing but its id. Clients of revisions before 2025-11-25
    /// would take that for a message, and those after have no sessions.
    pub(crate) fn is_primed(&self) -> bool {
        self.revision.era() == Era::Legacy && self.revision >= Revision::V2025_11_25
    }

    /// Whether its reader went, or its last message came, so long ago.
    pub(crate) fn is_left_for(&self, time: Duration) -> bool {
        let state = self.lock();
        !state.attached
            && state
                .touched
                .is_some_and(|touched| touched.elapsed() > time)
    }

    /// Whether this is an event of the stream: one that its reader may have seen.
    pub(crate) fn knows(&self, event: u64) -> bool {
        self.lock().backlog.knows(event)
    }

    /// Whether the answer is all there is.
    pub(crate) fn take_lone_answer(&self) -> Option<Bytes> {
        let mut state = self.lock();
        if !state.ended {
            return None;
        }
        state.backlog.take_lone()
    }

    /// Whether anything was told so far.
    pub(crate) fn is_silent(&self) -> bool {
        let state = self.lock();
        state.backlog.is_fresh() && state.hang_up.is_none()
    }

    /// A reader, who sends every other one away. `after` is the last event that it has seen, or else it goes
    /// on where the last reader was.
    pub(crate) fn reader(self: &Arc<Self>, after: Option<u64>) -> Reader {
        Reader {
            stream: Arc::clone(self),
            number: self.attach(after),
        }
    }

    fn attach(&self, after: Option<u64>) -> u32 {
        let mut state = self.lock();
        state.readers += 1;
        state.attached = true;
        if let Some(after) = after {
            // It has gone and come back. The first reader has not gone yet, though it may have been told to
            // before it was there.
            state.hang_up = None;
            state.backlog.seek(after);
        }
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
        state.readers
    }

    /// The reader has gone. Whoever waits for it to read does not any more.
    fn detach(&self, reader: u32) {
        let mut state = self.lock();
        if state.readers != reader {
            return;
        }
        state.attached = false;
        if state.backlog.number().is_some() {
            state.touched = Some(Instant::now());
        }
        // Nobody waits for room where there is nothing to be read.
        let is_awaited = state.backlog.unread() > 0;
        drop(state);
        if is_awaited {
            self.room.notify_waiters();
        }
    }

    /// What there is for the reader.
    fn poll_read(&self, reader: u32, cx: &mut Context<'_>) -> Poll<Found> {
        let mut state = self.lock();
        if state.readers != reader {
            return Poll::Ready(Found::Superseded);
        }
        if state.backlog.unread() > 0 {
            let out = state.backlog.read();
            drop(state);
            self.room.notify_waiters();
            return Poll::Ready(Found::Events(out));
        }
        if state.ended {
            return Poll::Ready(Found::End);
        }
        // Where nothing is kept, nobody can come back for the rest.
        if let Some(retry) = state.hang_up.take()
            && state.backlog.number().is_some()
        {
            return Poll::Ready(Found::HangUp(retry));
        }
        match &mut state.reader {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// The last message. Nothing goes this way after it.
    pub(crate) fn finish(&self, answer: Option<Vec<u8>>) {
        let mut state = self.lock();
        if state.ended {
            return;
        }
        if let Some(answer) = answer {
            state.append(one_line(answer).into(), self.bounds.replay);
        }
        state.ended = true;
        state.touched = Some(Instant::now());
        state.wake();
        drop(state);
        self.room.notify_waiters();
    }

    /// Whether nothing more will come.
    pub(crate) fn has_ended(&self) -> bool {
        self.lock().ended
    }

    async fn tell(&self, notice: Notice) {
        // A handler that does nothing but tell, to nobody or more than goes out, lets others run all the same.
        tokio::task::consume_budget().await;
        if let Notice::HangUp(retry) = notice {
            return self.hang_up(retry);
        }
        let unasked = self.revision.era() == Era::Legacy
            && matches!(notice, Notice::Other(Topic::Acknowledged, _));
        if unasked {
            return;
        }
        match self.judge(&notice) {
            Verdict::Drop => return,
            Verdict::Pass => {}
            Verdict::PassAfter(first) => self.send(*first).await,
        }
        self.send(notice).await;
    }

    /// Sends the reader away, where it can come back: in a session, and where its stream has begun with the
    /// id of an event.
    fn hang_up(&self, retry: Duration) {
        let mut state = self.lock();
        if self.is_primed() && self.questions.is_some() && !state.ended {
            state.hang_up = Some(retry);
            state.wake();
        }
    }

    fn judge(&self, notice: &Notice) -> Verdict {
        if !matches!(notice, Notice::Progress(_) | Notice::Log(_)) {
            return Verdict::Pass;
        }
        let mut state = self.lock();
        let rates = self.bounds.rates;
        let throttle = (state.throttle).get_or_insert_with(|| Box::new(Throttle::new(rates)));
        throttle.judge(notice, Instant::now())
    }

    async fn send(&self, notice: Notice) {
        match self
            .revision
            .write_notice(notice, self.subscription.as_ref())
        {
            Ok(Some(text)) => drop(self.push(text).await),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "a notice was lost"),
        }
    }

    /// Appends a message as soon as its reader has room for it. Without a reader, the oldest make room.
    async fn push(&self, message: Vec<u8>) -> Result<()> {
        let message = Bytes::from(one_line(message));
        loop {
            let room = self.room.notified();
            tokio::pin!(room);
            // Heard from here on, so that no room is missed between looking and waiting.
            room.as_mut().enable();
            {
                let mut state = self.lock();
                if state.ended {
                    return Err(Error::new(Kind::Unavailable, "the call is answered"));
                }
                let must_wait = state.attached && state.backlog.unread() >= self.bounds.unread;
                if !must_wait {
                    state.append(message, self.bounds.replay);
                    state.wake();
                    return Ok(());
                }
            }
            room.await;
        }
    }

    /// Appends a message at once, unless nothing goes this way any more.
    fn append(&self, message: Vec<u8>) {
        let mut state = self.lock();
        if !state.ended {
            state.append(one_line(message).into(), self.bounds.replay);
            state.wake();
        }
    }

    async fn ask(&self, call: Call) -> Result<Reply> {
        let Some(questions) = &self.questions else {
            return Err(Error::new(
                Kind::MissingCapability,
                "this client cannot be asked while its call runs",
            ));
        };
        let send = async |text| self.push(text).await;
        let cancel = |text| {
            // Whoever cancels a call may not read its stream any more.
            let beside = self.beside.as_ref().and_then(|beside| beside.get());
            match beside {
                Some(stream) => stream.append(text),
                None => self.append(text),
            }
        };
        questions
            .ask(self.revision, &call, self.bounds.patience, send, cancel)
            .await
    }
}

impl Reader {
    /// What there is to read.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<Found> {
        self.stream.poll_read(self.number, cx)
    }

    /// Whether there is anything for it, or will not be any more.
    pub(crate) fn poll_first(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.stream.lock();
        let is_the_last = state.readers == self.number;
        if !is_the_last || state.backlog.unread() > 0 || state.ended || state.hang_up.is_some() {
            return Poll::Ready(());
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    /// What it reads.
    pub(crate) fn stream(&self) -> &Arc<EventStream> {
        &self.stream
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stream.detach(self.number);
    }
}

impl State {
    fn append(&mut self, message: Bytes, replay: usize) {
        self.backlog.append(message, replay, self.attached);
    }

    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

impl Endpoint for EventStream {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(self.ask(call))
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(self.tell(notice))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        task::Wake,
    };

    use super::*;

    const RETRY: Duration = Duration::from_millis(500);

    fn stream(revision: Revision) -> EventStream {
        let bounds = Bounds {
            unread: 1_000,
            replay: 1_000,
            rates: Rates::UNLIMITED,
            patience: Duration::from_secs(5),
        };
        let stream = EventStream::new(revision, bounds).questions(Arc::default());
        stream.make_resumable(7);
        stream
    }

    fn read(stream: &EventStream, reader: u32) -> Poll<Found> {
        stream.poll_read(reader, &mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn the_first_reader_is_sent_away_though_it_comes_late() {
        let stream = stream(Revision::V2025_11_25);
        stream.hang_up(RETRY);
        let first = stream.attach(None);
        assert_eq!(read(&stream, first), Poll::Ready(Found::HangUp(RETRY)));

        let second = stream.attach(Some(0));
        assert_eq!(read(&stream, second), Poll::Pending);
        stream.finish(Some(b"{}".to_vec()));
        assert!(matches!(
            read(&stream, second),
            Poll::Ready(Found::Events(_))
        ));
        assert_eq!(read(&stream, second), Poll::Ready(Found::End));
    }

    #[test]
    fn who_has_gone_and_come_back_is_not_sent_away_again() {
        let stream = stream(Revision::V2025_11_25);
        stream.attach(None);
        stream.hang_up(RETRY);
        let back = stream.attach(Some(0));
        assert_eq!(read(&stream, back), Poll::Pending);
    }

    #[test]
    fn who_could_not_come_back_is_not_sent_away() {
        for revision in [Revision::V2025_06_18, Revision::V2026_07_28] {
            let stream = stream(revision);
            let reader = stream.attach(None);
            stream.hang_up(RETRY);
            assert_eq!(read(&stream, reader), Poll::Pending, "{revision}");
        }
    }

    /// Says how often it was woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn text(found: Poll<Found>) -> String {
        match found {
            Poll::Ready(Found::Events(text)) => String::from_utf8(text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn who_tells_waits_for_the_reader_but_not_for_one_that_has_gone() {
        let stream = Arc::new(stream(Revision::V2025_11_25));
        let reader = stream.reader(None);
        stream.push(vec![b'x'; 1_000]).await.unwrap();
        let mut full = Box::pin(stream.push(vec![b'y'; 1_000]));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(full.as_mut().poll(&mut cx).is_pending());
        assert!(text(reader.poll(&mut cx)).contains("xx"));
        assert!(full.as_mut().poll(&mut cx).is_ready());
        let mut full = Box::pin(stream.push(vec![b'z'; 1_000]));
        assert!(full.as_mut().poll(&mut cx).is_pending());
        drop(reader);
        assert!(full.as_mut().poll(&mut cx).is_ready());
        stream.finish(None);
        assert!(stream.push(Vec::new()).await.is_err());
    }

    #[tokio::test]
    async fn a_reader_that_was_sent_away_is_told_and_takes_nobodys_turn() {
        let stream = Arc::new(stream(Revision::V2025_11_25));
        let (old, new) = (Arc::new(Woken::default()), Arc::new(Woken::default()));
        let (old_waker, new_waker) = (Arc::clone(&old).into(), Arc::clone(&new).into());
        let mut cx = Context::from_waker(&old_waker);
        let first = stream.reader(None);
        assert!(first.poll(&mut cx).is_pending());
        let second = stream.reader(Some(0));
        assert_eq!(old.0.load(Ordering::Relaxed), 1);
        assert!(
            second
                .poll(&mut Context::from_waker(&new_waker))
                .is_pending()
        );
        assert_eq!(first.poll_first(&mut cx), Poll::Ready(()));
        assert_eq!(first.poll(&mut cx), Poll::Ready(Found::Superseded));
        drop(first);
        assert!(stream.is_attached());
        stream.push(b"{}".to_vec()).await.unwrap();
        assert_eq!(new.0.load(Ordering::Relaxed), 1);
        assert_eq!(old.0.load(Ordering::Relaxed), 1);
    }
}
