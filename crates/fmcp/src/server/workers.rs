//! What handlers leave running: so much at once, owned by the server, ended with it.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fmcp_core::{Background, Error, Kind, OnStop, Result, Scope, Spawn, Spawner};
use tokio::{runtime::Handle, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::handler::{Telling, rest};

/// How much may run at once, unless the server says otherwise.
const LIMIT: usize = 1_000;

/// For how long a server that stops waits, unless it says otherwise.
const GRACE: Duration = Duration::from_secs(5);

/// Runs what handlers leave behind. Dropped with the server, it drops all of that.
pub(super) struct Workers {
    state: Mutex<State>,
    /// How many run. Those that are over, and that nobody has looked after yet, do not count.
    running: Arc<AtomicUsize>,
    stopping: CancellationToken,
}

struct State {
    tasks: JoinSet<()>,
    limit: usize,
    grace: Duration,
    stopped: bool,
}

impl Workers {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                tasks: JoinSet::new(),
                limit: LIMIT,
                grace: GRACE,
                stopped: false,
            }),
            running: Arc::default(),
            stopping: CancellationToken::new(),
        })
    }

    /// What contexts see of it. It does not keep it alive, as what runs has a context.
    pub(super) fn spawner(self: &Arc<Self>) -> Spawner {
        Spawner(Arc::new(Known(Arc::downgrade(self))))
    }

    pub(super) fn set_limit(&self, limit: usize) {
        self.lock().limit = limit;
    }

    pub(super) fn set_grace(&self, grace: Duration) {
        self.lock().grace = grace;
    }

    /// Takes nothing more, and ends what runs: at once, or in its time.
    pub(super) async fn stop(&self) {
        let (mut tasks, grace) = {
            let mut state = self.lock();
            state.stopped = true;
            (std::mem::take(&mut state.tasks), state.grace)
        };
        self.stopping.cancel();
        let all_over = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, all_over).await.is_err() {
            let left = tasks.len();
            tracing::warn!(left, "work in the background was cut short");
            tasks.shutdown().await;
        }
    }

    fn spawn(&self, task: Background) -> Result<()> {
        let runtime = Handle::try_current()
            .map_err(|e| Error::internal("there is no runtime to work in").caused_by(e))?;
        let mut state = self.lock();
        if state.stopped {
            return Err(Error::new(Kind::Overloaded, "the server stops"));
        }
        while state.tasks.try_join_next().is_some() {}
        if self.running.load(Ordering::Acquire) >= state.limit {
            let words = format!(
                "{} pieces of work run in the background already",
                state.limit
            );
            return Err(Error::new(Kind::Overloaded, words));
        }
        let place = Place::take(&self.running);
        let stopping = (task.on_stop == OnStop::Cancel).then(|| self.stopping.clone());
        let span = tracing::Span::current();
        let work = async move {
            let _place = place;
            match stopping {
                None => run(task).await,
                Some(stopping) => drop(stopping.run_until_cancelled(run(task)).await),
            }
        };
        state.tasks.spawn_on(work.instrument(span), &runtime);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs it with its context as the current one, and tells its caller what it writes down.
async fn run(task: Background) {
    let Background { context, work, .. } = task;
    let outbox = context.outbox().cloned();
    let work = Scope::new(context, work);
    let panic = match outbox {
        None => work.await,
        Some(outbox) => {
            let panic = Telling::new(work, Arc::clone(&outbox)).await;
            rest(&outbox).await;
            panic
        }
    };
    if let Some(panic) = panic {
        tracing::error!(%panic, "work in the background panicked");
    }
}

/// One that runs.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(running: &Arc<AtomicUsize>) -> Self {
        running.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(running))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

struct Known(Weak<Workers>);

impl Spawn for Known {
    fn spawn(&self, task: Background) -> Result<()> {
        let workers = self.0.upgrade();
        workers
            .ok_or_else(|| Error::internal("the server is gone"))?
            .spawn(task)
    }
}
