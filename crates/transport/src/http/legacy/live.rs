//! One session: what runs in it, and what can be resumed.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use fmcp_core::{BoxFuture, Error, Kind, Session};
use tokio::{task::AbortHandle, time::Instant};

use crate::{
    http::{
        event_stream::{Bounds, EventStream},
        gate::Permit,
    },
    peer::Questions,
};

/// How many streams of one session can be resumed.
const MAX_STREAMS: usize = 16;

/// How many streams of one session that belong to no call may be open at once.
const MAX_STANDALONE: usize = 4;

/// How long a stream that is over can be resumed.
const KEPT_FOR: Duration = Duration::from_secs(120);

/// When this process began to count the time.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// One session. While nothing goes on in it, it is small.
pub(crate) struct Live {
    pub(crate) session: Arc<Session>,
    /// Whose it is.
    pub(crate) principal: Option<Arc<str>>,
    /// When it was last heard of, in milliseconds.
    seen: AtomicU64,
    activity: Mutex<Option<Box<Activity>>>,
    _permit: Permit,
}

/// What goes on in a session.
#[derive(Default)]
struct Activity {
    running: HashMap<Bytes, Running>,
    streams: VecDeque<Slot>,
    questions: Arc<Questions>,
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
    /// What fills it, while nobody reads: it goes on where it was when somebody does.
    parked: Option<BoxFuture<'static, ()>>,
    touched: Instant,
}

/// A stream that is being resumed.
pub(crate) struct Resumed {
    pub(crate) stream: Arc<EventStream>,
    pub(crate) work: Option<BoxFuture<'static, ()>>,
}

impl Live {
    pub(crate) fn new(session: Arc<Session>, principal: Option<Arc<str>>, permit: Permit) -> Self {
        let live = Self {
            session,
            principal,
            seen: AtomicU64::new(0),
            activity: Mutex::new(None),
            _permit: permit,
        };
        live.touch();
        live
    }

    /// It has just been heard of.
    pub(crate) fn touch(&self) {
        let now = u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.seen.store(now, Ordering::Relaxed);
    }

    /// When it was last heard of.
    pub(crate) fn seen(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }

    /// Whether nothing has gone on in it for so long.
    pub(crate) fn is_silent_for(&self, time: Duration) -> bool {
        let since = START
            .elapsed()
            .saturating_sub(Duration::from_millis(self.seen()));
        since >= time && !self.is_busy()
    }

    /// Whether something goes on in it.
    pub(crate) fn is_busy(&self) -> bool {
        self.lock().as_ref().is_some_and(|activity| {
            !activity.running.is_empty()
                || (activity.streams.iter()).any(|slot| slot.stream.is_attached())
        })
    }

    /// Where the client's answers to questions arrive.
    pub(crate) fn questions(&self) -> Arc<Questions> {
        Arc::clone(&self.lock().get_or_insert_with(Activity::begin).questions)
    }

    /// The stream of a call that is about to run.
    pub(crate) fn stream(&self, bounds: Bounds) -> EventStream {
        EventStream::new(self.session.revision(), bounds).questions(self.questions())
    }

    /// Lets a call run on, whether its caller is connected or not.
    pub(crate) fn run(
        self: &Arc<Self>,
        id: &Bytes,
        stream: Arc<EventStream>,
        most: usize,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Error> {
        {
            let mut activity = self.lock();
            let activity = activity.get_or_insert_with(Activity::begin);
            if activity.running.contains_key(id) {
                let words = "another request of this id is being answered";
                return Err(Error::new(Kind::InvalidRequest, words));
            }
            if activity.running.len() >= most {
                let words = "too much is being answered in this session at once";
                return Err(Error::new(Kind::Overloaded, words));
            }
            let running = Running { task: None, stream };
            activity.running.insert(id.clone(), running);
        }
        let (live, key) = (Arc::downgrade(self), id.clone());
        let task = tokio::spawn(async move {
            work.await;
            if let Some(live) = live.upgrade() {
                live.forget(&key);
                live.touch();
            }
        });
        let handle = task.abort_handle();
        let mut activity = self.lock();
        let running = activity
            .as_mut()
            .and_then(|activity| activity.running.get_mut(id));
        match running {
            Some(running) => running.task = Some(handle),
            // It is done already, or the session is over.
            None => handle.abort(),
        }
        Ok(())
    }

    fn forget(&self, id: &Bytes) {
        let mut activity = self.lock();
        if let Some(inner) = activity.as_mut() {
            if let Some(mut running) = inner.running.remove(id) {
                running.task = None;
            }
            inner.tidy();
            if inner.is_empty() {
                *activity = None;
            }
        }
    }

    /// Ends a call without an answer: whoever cancels does not want one.
    pub(crate) fn cancel(&self, id: &[u8]) {
        let running = (self.lock().as_mut()).and_then(|activity| activity.running.remove(id));
        drop(running);
    }

    /// Makes a stream one that can be resumed.
    pub(crate) fn keep(&self, stream: &Arc<EventStream>, is_standalone: bool) -> u32 {
        let mut activity = self.lock();
        let activity = activity.get_or_insert_with(Activity::begin);
        activity.last = activity.last.wrapping_add(1);
        let number = activity.last;
        stream.make_resumable(number);
        activity.tidy();
        if is_standalone {
            activity.make_room_for_standalone();
        }
        if activity.streams.len() >= MAX_STREAMS {
            let at = (activity.streams.iter())
                .position(|slot| !slot.stream.is_attached())
                .unwrap_or_default();
            if let Some(slot) = activity.streams.remove(at) {
                slot.stream.detach_all();
            }
        }
        activity.streams.push_back(Slot {
            number,
            stream: Arc::clone(stream),
            is_standalone,
            parked: None,
            touched: Instant::now(),
        });
        number
    }

    /// Keeps what fills a stream until somebody reads it again.
    pub(crate) fn park(&self, number: u32, work: BoxFuture<'static, ()>) {
        let mut activity = self.lock();
        let slot = (activity.as_mut()).and_then(|activity| activity.slot(number));
        if let Some(slot) = slot
            && !slot.stream.is_attached()
        {
            slot.touched = Instant::now();
            slot.parked = Some(work);
        }
    }

    /// A stream to be resumed.
    pub(crate) fn resume(&self, number: u32) -> Option<Resumed> {
        let mut activity = self.lock();
        let slot = activity.as_mut()?.slot(number)?;
        slot.touched = Instant::now();
        Some(Resumed {
            stream: Arc::clone(&slot.stream),
            work: slot.parked.take(),
        })
    }

    /// Forgets streams that were over long ago.
    pub(crate) fn tidy(&self) {
        let mut activity = self.lock();
        if let Some(inner) = activity.as_mut() {
            inner.tidy();
            if inner.is_empty() {
                *activity = None;
            }
        }
    }

    /// The session is over: so is everything in it.
    pub(crate) fn close(&self) {
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
            && Arc::strong_count(&self.questions) == 1
    }

    fn slot(&mut self, number: u32) -> Option<&mut Slot> {
        self.streams.iter_mut().find(|slot| slot.number == number)
    }

    fn tidy(&mut self) {
        self.streams.retain(|slot| {
            let is_over = slot.stream.has_ended() || slot.is_standalone;
            let is_old = slot.touched.elapsed() > KEPT_FOR;
            slot.stream.is_attached() || !is_over || !is_old
        });
    }

    /// The oldest of too many standalone streams makes room: its client has most likely gone.
    fn make_room_for_standalone(&mut self) {
        let standalone = self.streams.iter().filter(|slot| slot.is_standalone);
        if standalone.count() >= MAX_STANDALONE
            && let Some(at) = self.streams.iter().position(|slot| slot.is_standalone)
            && let Some(slot) = self.streams.remove(at)
        {
            slot.stream.detach_all();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
            self.stream.finish(None);
        }
    }
}
