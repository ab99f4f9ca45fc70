//! One session: what runs in it, and what can be resumed.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use fmcp_core::{
    BoxFuture, Endpoint, Error, Kind, Notice, Session,
    protocol::{Revision, jsonrpc::Response},
};
use tokio::{sync::Notify, task::AbortHandle};

use super::moment::Moment;
use crate::{
    http::{
        event_stream::{Beside, Bounds, EventStream, Reader},
        gate::Permit,
    },
    peer::Questions,
};

/// How many streams of calls of one session can be resumed.
const MAX_STREAMS: usize = 16;

/// How long a stream that is over can be resumed.
const KEPT_FOR: Duration = Duration::from_secs(120);

/// How many notices wait for the client to listen outside of its calls. Then the oldest are lost.
const MAX_WAITING: usize = 64;

/// One session. While nothing goes on in it, it is small.
pub(crate) struct Live {
    pub(crate) session: Arc<Session>,
    /// Whose it is.
    pub(crate) principal: Option<Arc<str>>,
    opened: Moment,
    /// When it was last heard of, in milliseconds.
    seen: AtomicU64,
    activity: Mutex<Option<Box<Activity>>>,
    /// Whether the endpoint has been told of it.
    is_known: AtomicBool,
    attendant: Mutex<Attendant>,
    _permit: Permit,
}

/// Who hears what the client tells.
#[derive(Default)]
enum Attendant {
    /// The endpoint itself.
    #[default]
    Nobody,
    /// Somebody of its own. Dropped, it hears that the session is over.
    Somebody(Arc<dyn Endpoint>),
    /// The session is over.
    Gone,
}

/// What goes on in a session.
#[derive(Default)]
struct Activity {
    running: HashMap<Bytes, Running>,
    streams: VecDeque<Slot>,
    questions: Arc<Questions>,
    /// What waits for a standalone stream, and who waits for one.
    waiting: VecDeque<Notice>,
    listens: Arc<Notify>,
    beside: Arc<Beside>,
    /// The number of the last stream. The first is anywhere, so that after a restart no number means
    /// another stream than before.
    last: u32,
}

/// A call that runs whether its caller is connected or not.
struct Running {
    task: Option<AbortHandle>,
    stream: Arc<EventStream>,
}

/// A stream that can be resumed.
struct Slot {
    number: u32,
    stream: Arc<EventStream>,
    is_standalone: bool,
    /// What fills a standalone one, while somebody reads.
    work: Option<BoxFuture<'static, ()>>,
    /// A reader that found another one at work.
    next: Option<Waker>,
}

/// A stream that is being resumed.
pub(crate) struct Resumed {
    pub(crate) stream: Arc<EventStream>,
    pub(crate) is_standalone: bool,
}

/// A call that runs, as its own task sees it: however it ends, it is forgotten.
struct Run {
    live: Weak<Live>,
    id: Bytes,
    stream: Arc<EventStream>,
}

impl Live {
    pub(crate) fn new(session: Arc<Session>, principal: Option<Arc<str>>, permit: Permit) -> Self {
        let now = Moment::now();
        Self {
            session,
            principal,
            opened: now,
            seen: AtomicU64::new(now.millis()),
            activity: Mutex::new(None),
            is_known: AtomicBool::new(false),
            attendant: Mutex::default(),
            _permit: permit,
        }
    }

    /// It has been heard of `now`.
    pub(crate) fn touch(&self, now: Moment) {
        self.seen.store(now.millis(), Ordering::Relaxed);
    }

    /// When it was last heard of.
    pub(crate) fn seen(&self) -> Moment {
        Moment::of_millis(self.seen.load(Ordering::Relaxed))
    }

    /// How long it has been open, here.
    pub(super) fn age(&self) -> Duration {
        Moment::now().since(self.opened)
    }

    /// How long nothing has been heard of it.
    pub(super) fn idle(&self) -> Duration {
        Moment::now().since(self.seen())
    }

    /// Tells the endpoint of it by `connect`, once.
    pub(crate) fn attend(&self, connect: impl FnOnce() -> Option<Arc<dyn Endpoint>>) {
        // Most requests come here, and find it known.
        if self.is_known.load(Ordering::Relaxed) || self.is_known.swap(true, Ordering::Relaxed) {
            return;
        }
        let Some(somebody) = connect() else {
            return;
        };
        let mut attendant = self.attendant();
        if matches!(*attendant, Attendant::Nobody) {
            *attendant = Attendant::Somebody(somebody);
        }
    }

    /// Who hears what the client tells, if not the endpoint itself.
    pub(crate) fn attended_by(&self) -> Option<Arc<dyn Endpoint>> {
        match &*self.attendant() {
            Attendant::Somebody(somebody) => Some(Arc::clone(somebody)),
            _ => None,
        }
    }

    fn attendant(&self) -> MutexGuard<'_, Attendant> {
        self.attendant
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the client something outside of its calls. While it does not listen there, that waits.
    pub(super) async fn tell(&self, notice: Notice) {
        let stream = {
            let mut activity = self.lock();
            let activity = activity.get_or_insert_with(Activity::begin);
            let Some(stream) = activity.standalone() else {
                if activity.waiting.len() >= MAX_WAITING {
                    activity.waiting.pop_front();
                }
                return activity.waiting.push_back(notice);
            };
            Arc::clone(stream)
        };
        stream.notify(notice).await;
    }

    /// What waits for a stream that has just been opened.
    pub(crate) fn take_waiting(&self) -> VecDeque<Notice> {
        let mut activity = self.lock();
        let waiting = activity.as_mut().map(|activity| &mut activity.waiting);
        waiting.map(std::mem::take).unwrap_or_default()
    }

    /// The stream that the client reads outside of its calls, as soon as there is one.
    pub(super) async fn listener(&self) -> Arc<EventStream> {
        loop {
            let listens = {
                let mut activity = self.lock();
                let activity = activity.get_or_insert_with(Activity::begin);
                if let Some(stream) = activity.standalone() {
                    return Arc::clone(stream);
                }
                // Heard from here on, so that none is missed between looking and waiting.
                Arc::clone(&activity.listens).notified_owned()
            };
            listens.await;
        }
    }

    /// Whether the client reads a stream outside of its calls now.
    pub(super) fn is_listening(&self) -> bool {
        let mut activity = self.lock();
        let stream = activity.as_mut().and_then(|activity| activity.standalone());
        stream.is_some_and(|stream| stream.is_attached())
    }

    /// Whether nothing has gone on in it for so long, up to `now`.
    pub(crate) fn is_silent_for(&self, time: Duration, now: Moment) -> bool {
        now.since(self.seen()) >= time && !self.is_busy()
    }

    /// Whether something goes on in it.
    pub(crate) fn is_busy(&self) -> bool {
        self.lock().as_ref().is_some_and(|activity| {
            !activity.running.is_empty()
                || (activity.streams.iter()).any(|slot| slot.stream.is_attached())
        })
    }

    /// Hears the client's answer to a question. Whether anybody waits for it.
    pub(crate) fn answer(&self, response: Response) -> bool {
        let questions = (self.lock().as_ref()).map(|activity| Arc::clone(&activity.questions));
        questions.is_some_and(|questions| questions.answer(response))
    }

    /// A stream of the session.
    pub(crate) fn stream(&self, bounds: Bounds) -> Reader {
        let mut activity = self.lock();
        let activity = activity.get_or_insert_with(Activity::begin);
        (activity.stream(self.session.revision(), bounds)).first_reader()
    }

    /// The stream of a call that is about to run, as its caller reads it, if there is room for `most` at once.
    pub(crate) fn call(&self, id: &[u8], most: usize, bounds: Bounds) -> Result<Reader, Error> {
        let mut activity = self.lock();
        let activity = activity.get_or_insert_with(Activity::begin);
        activity.admits(id, most)?;
        let stream = activity.stream(self.session.revision(), bounds);
        Ok(stream.first_reader())
    }

    /// Lets a call run on, whether its caller is connected or not.
    pub(crate) fn run(
        self: &Arc<Self>,
        id: &Bytes,
        stream: &Arc<EventStream>,
        most: usize,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Error> {
        {
            let mut activity = self.lock();
            let activity = activity.get_or_insert_with(Activity::begin);
            activity.admits(id, most)?;
            let running = Running {
                task: None,
                stream: Arc::clone(stream),
            };
            activity.running.insert(id.clone(), running);
        }
        let run = Run {
            live: Arc::downgrade(self),
            id: id.clone(),
            stream: Arc::clone(stream),
        };
        let task = tokio::spawn(async move {
            let _run = run;
            work.await;
        });
        let handle = task.abort_handle();
        let mut activity = self.lock();
        let running = (activity.as_mut()).and_then(|activity| activity.running.get_mut(id));
        match running {
            Some(running) if Arc::ptr_eq(&running.stream, stream) => running.task = Some(handle),
            // It is done already, or not wanted any more.
            _ => {
                drop(activity);
                handle.abort();
            }
        }
        Ok(())
    }

    fn forget(&self, id: &Bytes, stream: &Arc<EventStream>) {
        if let Some(inner) = self.lock().as_mut()
            && (inner.running.get(id)).is_some_and(|running| Arc::ptr_eq(&running.stream, stream))
            && let Some(mut running) = inner.running.remove(id)
        {
            // It has come to its end.
            running.task = None;
        }
        self.tidy();
    }

    /// Ends a call without an answer: whoever cancels does not want one.
    pub(crate) fn cancel(&self, id: &[u8]) {
        let running = (self.lock().as_mut()).and_then(|activity| activity.running.remove(id));
        drop(running);
    }

    /// Makes the stream of a call one that can be resumed, if there is room for one more.
    pub(crate) fn keep(&self, stream: &Arc<EventStream>) {
        let over = {
            let mut activity = self.lock();
            let activity = activity.get_or_insert_with(Activity::begin);
            let mut over = activity.tidy();
            if activity.make_room(&mut over) {
                activity.add(stream, false);
            }
            over
        };
        drop(over);
    }

    /// Makes a stream the one that tells the session of changes: each message goes out on one stream only,
    /// so that the one before has to end. What fills it comes later.
    pub(crate) fn keep_standalone(&self, stream: &Arc<EventStream>) -> u32 {
        let (number, over) = {
            let mut activity = self.lock();
            let activity = activity.get_or_insert_with(Activity::begin);
            let mut over = activity.tidy();
            over.extend(activity.remove(|slot| slot.is_standalone));
            let number = activity.add(stream, true);
            activity.beside.set(stream);
            activity.listens.notify_waiters();
            (number, over)
        };
        for slot in over {
            slot.stream.finish(None);
        }
        number
    }

    /// Sets what fills a standalone stream while somebody reads it.
    pub(crate) fn fill_with(&self, number: u32, work: BoxFuture<'static, ()>) {
        let mut activity = self.lock();
        if let Some(slot) = (activity.as_mut()).and_then(|activity| activity.slot(number)) {
            slot.work = Some(work);
        }
    }

    /// Fills a standalone stream, on behalf of whoever reads it. Between two readers the work rests here,
    /// and misses nothing.
    pub(crate) fn poll_fill(&self, number: u32, cx: &mut Context<'_>) -> Poll<()> {
        let mut work = {
            let mut activity = self.lock();
            let Some(slot) = (activity.as_mut()).and_then(|activity| activity.slot(number)) else {
                return Poll::Ready(());
            };
            let Some(work) = slot.work.take() else {
                // The reader before is still at it, in another thread.
                slot.next = Some(cx.waker().clone());
                return Poll::Pending;
            };
            work
        };
        if work.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let mut activity = self.lock();
        if let Some(slot) = (activity.as_mut()).and_then(|activity| activity.slot(number)) {
            slot.work = Some(work);
            if let Some(next) = slot.next.take() {
                next.wake();
            }
        }
        Poll::Pending
    }

    /// A stream that an event belongs to, so that it can be resumed.
    pub(crate) fn resume(&self, number: u32, event: u64) -> Option<Resumed> {
        let mut activity = self.lock();
        let slot = activity.as_mut()?.slot(number)?;
        slot.stream.knows(event).then(|| Resumed {
            stream: Arc::clone(&slot.stream),
            is_standalone: slot.is_standalone,
        })
    }

    /// Forgets streams that were over long ago, and itself where nothing goes on.
    pub(crate) fn tidy(&self) {
        let over = self.lock().as_mut().map(|inner| inner.tidy());
        drop(over);
        let mut activity = self.lock();
        if activity.as_ref().is_some_and(|inner| inner.is_empty()) {
            *activity = None;
        }
    }

    /// The session is over: so is everything in it.
    pub(crate) fn close(&self) {
        let attendant = std::mem::replace(&mut *self.attendant(), Attendant::Gone);
        drop(attendant);
        let activity = self.lock().take();
        if let Some(activity) = activity {
            activity.questions.close();
            for slot in &activity.streams {
                slot.stream.finish(None);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<Activity>>> {
        self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.close();
    }
}

impl Activity {
    fn begin() -> Box<Self> {
        use std::hash::BuildHasher as _;
        let somewhere = foldhash::quality::RandomState::default().hash_one(0);
        Box::new(Self {
            // A third of all numbers is room enough for the rest.
            last: (somewhere % u64::from(u32::MAX / 3)) as u32,
            ..Self::default()
        })
    }

    fn is_empty(&self) -> bool {
        self.running.is_empty()
            && self.streams.is_empty()
            && self.waiting.is_empty()
            && Arc::strong_count(&self.questions) == 1
            && Arc::strong_count(&self.listens) == 1
    }

    /// The stream that the client reads outside of its calls.
    fn standalone(&self) -> Option<&Arc<EventStream>> {
        let mut slots = self.streams.iter();
        let slot = slots.find(|slot| slot.is_standalone && !slot.stream.has_ended());
        slot.map(|slot| &slot.stream)
    }

    fn slot(&mut self, number: u32) -> Option<&mut Slot> {
        self.streams.iter_mut().find(|slot| slot.number == number)
    }

    fn admits(&self, id: &[u8], most: usize) -> Result<(), Error> {
        if self.running.contains_key(id) {
            let words = "another request of this id is being answered";
            return Err(Error::new(Kind::InvalidRequest, words));
        }
        if self.running.len() >= most {
            let words = "too much is being answered in this session at once";
            return Err(Error::new(Kind::Overloaded, words));
        }
        Ok(())
    }

    fn stream(&self, revision: Revision, bounds: Bounds) -> EventStream {
        EventStream::new(revision, bounds)
            .questions(Arc::clone(&self.questions))
            .beside(Arc::clone(&self.beside))
    }

    fn add(&mut self, stream: &Arc<EventStream>, is_standalone: bool) -> u32 {
        self.last = self.last.wrapping_add(1);
        stream.make_resumable(self.last);
        self.streams.push_back(Slot {
            number: self.last,
            stream: Arc::clone(stream),
            is_standalone,
            work: None,
            next: None,
        });
        self.last
    }

    /// Takes out the streams that were over long ago. They end where no lock is held.
    fn tidy(&mut self) -> Vec<Slot> {
        self.remove(|slot| {
            let is_over = slot.is_standalone || slot.stream.has_ended();
            is_over && slot.stream.is_left_for(KEPT_FOR)
        })
    }

    fn remove(&mut self, is_over: impl Fn(&Slot) -> bool) -> Vec<Slot> {
        if !self.streams.iter().any(&is_over) {
            return Vec::new();
        }
        let all = std::mem::take(&mut self.streams);
        let (over, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(is_over);
        self.streams = rest.into();
        over
    }

    /// Makes room for one more stream that can be resumed: of those that nobody reads, first one that is
    /// over goes. Whether there is room then: a stream that somebody reads is not taken away.
    fn make_room(&mut self, over: &mut Vec<Slot>) -> bool {
        if self.streams.len() < MAX_STREAMS {
            return true;
        }
        let left = |slot: &Slot| !slot.stream.is_attached() && !slot.is_standalone;
        let at = (self.streams.iter())
            .position(|slot| left(slot) && slot.stream.has_ended())
            .or_else(|| self.streams.iter().position(left));
        over.extend(at.and_then(|at| self.streams.remove(at)));
        at.is_some()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.stream.finish(None);
        if let Some(live) = self.live.upgrade() {
            live.forget(&self.id, &self.stream);
            live.touch(Moment::now());
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            // Its stream ends with it: what it asked is to be taken back first.
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::atomic::AtomicUsize;

    use tokio::sync::oneshot;

    use super::*;
    use crate::{http::gate::Gate, notice::Rates};

    const BOUNDS: Bounds = Bounds {
        unread: 1_000,
        replay: 1_000,
        rates: Rates::UNLIMITED,
        patience: Duration::from_secs(5),
    };

    fn live() -> Arc<Live> {
        let capabilities = fmcp_core::protocol::model::ClientCapabilities::default();
        let session = Session::new("s", Revision::V2025_11_25, None, capabilities);
        let permit = Gate::new(1, 1).enter(None).unwrap();
        Arc::new(Live::new(Arc::new(session), None, permit))
    }

    fn id(n: usize) -> Bytes {
        n.to_string().into()
    }

    async fn is_idle(live: &Live) {
        while live.is_busy() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_call_that_ends_in_any_way_is_forgotten() {
        let live = live();
        for (n, panics) in [(1, false), (2, true)] {
            let reader = live.call(&id(n), 1, BOUNDS).unwrap();
            let stream = Arc::clone(reader.stream());
            let work = async move {
                tokio::task::yield_now().await;
                assert!(!panics, "as it should");
            };
            live.run(&id(n), &stream, 1, work).unwrap();
            assert!(live.is_busy());
            assert!(live.call(&id(3), 1, BOUNDS).is_err());
            is_idle(&live).await;
            assert!(stream.has_ended());
        }
        live.tidy();
        assert!(live.lock().is_none());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_call_may_be_cancelled_while_it_begins_and_while_it_ends() {
        let live = live();
        for n in 0..2_000 {
            let reader = live.call(&id(n), 10, BOUNDS).unwrap();
            let stream = Arc::clone(reader.stream());
            let canceller = {
                let live = Arc::clone(&live);
                tokio::spawn(async move { live.cancel(&id(n)) })
            };
            let work = async move {
                if n % 2 == 0 {
                    tokio::task::yield_now().await;
                }
            };
            live.run(&id(n), &stream, 10, work).unwrap();
            canceller.await.unwrap();
            is_idle(&live).await;
            // The entry goes before the stream ends.
            while !stream.has_ended() {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn what_fills_a_stream_rests_between_two_readers() {
        let live = live();
        let reader = live.stream(BOUNDS);
        let stream = Arc::clone(reader.stream());
        let number = live.keep_standalone(&stream);
        let (go, gone) = oneshot::channel::<()>();
        let polls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&polls);
        let mut gone = gone;
        let work = std::future::poll_fn(move |cx| {
            counted.fetch_add(1, Ordering::Relaxed);
            std::pin::Pin::new(&mut gone).poll(cx).map(drop)
        });
        live.fill_with(number, Box::pin(work));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(live.poll_fill(number, &mut cx).is_pending());
        // Another reader goes on where this one was.
        assert!(live.poll_fill(number, &mut cx).is_pending());
        go.send(()).unwrap();
        assert!(live.poll_fill(number, &mut cx).is_ready());
        assert_eq!(polls.load(Ordering::Relaxed), 3);
        // A stream that is not there any more has nothing to be filled with.
        live.close();
        assert!(live.poll_fill(number, &mut cx).is_ready());
        assert!(stream.has_ended());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_waits_for_its_reader_however_long_the_call_took() {
        let live = live();
        let reader = live.call(&id(1), 1, BOUNDS).unwrap();
        let stream = Arc::clone(reader.stream());
        drop(reader);
        live.keep(&stream);
        let number = stream.number().unwrap();
        tokio::time::advance(KEPT_FOR * 3).await;
        live.tidy();
        assert!(live.resume(number, 0).is_some(), "it still runs");
        stream.finish(Some(b"{}".to_vec()));
        tokio::time::advance(KEPT_FOR / 2).await;
        live.tidy();
        assert!(live.resume(number, 1).is_some());
        assert!(live.resume(number, 2).is_none(), "there is no such event");
        tokio::time::advance(KEPT_FOR).await;
        drop(stream);
        live.tidy();
        assert!(live.resume(number, 0).is_none());
        assert!(live.lock().is_none());
    }

    #[tokio::test]
    async fn a_stream_that_is_read_is_not_taken_away() {
        let live = live();
        let mut readers: Vec<_> = (0..MAX_STREAMS).map(|_| live.stream(BOUNDS)).collect();
        readers.iter().for_each(|reader| live.keep(reader.stream()));
        let one_more = live.stream(BOUNDS);
        live.keep(one_more.stream());
        assert_eq!(one_more.stream().number(), None);
        let last = readers.pop().unwrap();
        let gone = last.stream().number().unwrap();
        drop(last);
        live.keep(one_more.stream());
        assert!(one_more.stream().number().is_some());
        assert!(live.resume(gone, 0).is_none());
    }
}
