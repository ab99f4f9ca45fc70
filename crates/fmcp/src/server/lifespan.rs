//! The beginning and the end of a server's life in this process.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use fmcp_core::{BoxFuture, Error, Extensions, Result, handler::Fail};
use futures_util::{FutureExt as _, future::join_all};
use tokio::sync::{Mutex as AsyncMutex, watch};

use crate::handler::panic_words;

use super::{Server, build::Inner, relay::Relay};

type Start = Box<dyn FnOnce(Arc<Extensions>) -> BoxFuture<'static, Result<Made>> + Send>;
type Stop = Box<dyn FnOnce(Arc<Extensions>) -> BoxFuture<'static, ()> + Send>;
/// Puts what a start hook has made into the state.
type Made = Box<dyn FnOnce(&mut Extensions) + Send>;

/// The hooks that are still to run, and how far the server's life has come.
pub(super) struct Lifespan {
    starts: Mutex<Vec<Start>>,
    stops: Mutex<Vec<Stop>>,
    /// Held while hooks run, so that they run once however many begin at once.
    phase: AsyncMutex<Phase>,
    stopped: watch::Sender<bool>,
    running: AtomicBool,
    /// Mounted servers that this one has started.
    started: Mutex<Vec<Server>>,
    /// Who has started it.
    starters: Mutex<Starters>,
}

/// Who has started a server, and so keeps it running.
#[derive(Default)]
struct Starters {
    /// How many servers that it is mounted in.
    above: usize,
    /// Whether somebody else has, too.
    is_own: bool,
}

/// Hooks that have begun are kept here, so that whoever began them may go without cutting them short:
/// the next one who waits takes them further.
enum Phase {
    New,
    Starting(BoxFuture<'static, Result<()>>),
    Running,
    Stopping(BoxFuture<'static, ()>),
    Stopped,
}

impl Default for Lifespan {
    fn default() -> Self {
        Self {
            starts: Mutex::default(),
            stops: Mutex::default(),
            phase: AsyncMutex::new(Phase::New),
            stopped: watch::Sender::new(false),
            running: AtomicBool::new(false),
            started: Mutex::default(),
            starters: Mutex::default(),
        }
    }
}

tokio::task_local! {
    /// The server whose hook is running here: it cannot wait for itself.
    static HOOK_OF: usize;
}

/// Waits for the server's end.
pub(super) struct Stopped(watch::Receiver<bool>);

impl Stopped {
    pub(super) async fn wait(&mut self) {
        // An error says that the server is gone altogether, which is an end, too.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}

impl Lifespan {
    /// Whether the start hooks have run, and the stop hooks have not begun to.
    pub(super) fn is_running(&self) -> bool {
        self.running.load(Ordering::Acquire)
    }

    pub(super) fn stopped(&self) -> Stopped {
        Stopped(self.stopped.subscribe())
    }
}

impl Server {
    /// Runs a function once, before the server answers its first call. What it gives back becomes
    /// [`State`](crate::State). Hooks run in the order in which they were added, each seeing what those
    /// before it have made.
    ///
    /// ```
    /// # struct Db; impl Db { async fn connect(_: &str) -> std::io::Result<Db> { Ok(Db) } async fn close(&self) {} }
    /// # struct Settings { url: String }
    /// let server = fmcp::Server::new("crm")
    ///     .state(Settings { url: "db://local".into() })
    ///     .on_start(|state| async move {
    ///         let settings = state.get::<Settings>().ok_or("no settings")?;
    ///         Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Db::connect(&settings.url).await?)
    ///     })
    ///     .on_stop(|state| async move {
    ///         if let Some(db) = state.get::<Db>() {
    ///             db.close().await;
    ///         }
    ///     });
    /// ```
    #[must_use]
    pub fn on_start<F, Fut, T, E>(self, hook: F) -> Self
    where
        F: FnOnce(Arc<Extensions>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + Sync + 'static,
        E: Fail,
    {
        let start: Start = Box::new(move |state| {
            Box::pin(async move {
                let made = hook(state).await.map_err(|e| {
                    Error::internal("a start hook failed").caused_by(format!("{:?}", e.fail()))
                })?;
                let put: Made = Box::new(move |state| state.insert(made));
                Ok(put)
            })
        });
        lock(&self.0.lifespan.starts).push(start);
        self
    }

    /// Runs a function once when the server stops, also when a start hook has failed. Hooks run in the
    /// reverse order of their adding.
    #[must_use]
    pub fn on_stop<F, Fut>(self, hook: F) -> Self
    where
        F: FnOnce(Arc<Extensions>) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let stop: Stop = Box::new(move |state| Box::pin(hook(state)));
        lock(&self.0.lifespan.stops).push(stop);
        self
    }

    /// Checks the server and runs its start hooks, unless they have run. Transports and clients in
    /// memory do this by themselves.
    ///
    /// # Errors
    /// With all faults in what the server was given, or when a start hook fails: then the stop hooks
    /// have run, and the server cannot be started again.
    pub async fn start(&self) -> Result<()> {
        lock(&self.0.lifespan.starters).is_own = true;
        self.begin().await
    }

    /// The same, on behalf of a server that it is mounted in, and with which it stops.
    pub(super) async fn start_for(&self, parent: &Weak<Inner>) -> Result<()> {
        if let Some(parent) = parent.upgrade() {
            let mut started = lock(&parent.lifespan.started);
            let again = |other: &Self| Arc::ptr_eq(&other.0, &self.0);
            if !started.iter().any(again) {
                started.push(self.clone());
                lock(&self.0.lifespan.starters).above += 1;
            }
        }
        self.begin().await
    }

    /// Boxed, because one that is mounted is begun by the one that it is mounted in.
    fn begin(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.begin_once())
    }

    async fn begin_once(&self) -> Result<()> {
        self.check()?;
        if self.runs_this_hook() {
            return Err(Error::internal(
                "a start or stop hook cannot use the server that it is a hook of",
            ));
        }
        let mut phase = self.0.lifespan.phase.lock().await;
        if let Phase::New = *phase {
            *phase = Phase::Starting(Box::pin(run_starts(Arc::downgrade(&self.0))));
        }
        match &mut *phase {
            Phase::Starting(starting) => {
                let outcome = starting.await;
                *phase = match outcome {
                    Ok(()) => {
                        self.0.lifespan.running.store(true, Ordering::Release);
                        self.report_clashes();
                        Phase::Running
                    }
                    Err(_) => Phase::Stopped,
                };
                outcome
            }
            Phase::Running => Ok(()),
            _ => Err(Error::internal("the server has been stopped")),
        }
    }

    /// Ends the streams that are open and [what handlers have left running](Server::background_grace), then
    /// runs the stop hooks, unless they have run.
    pub async fn stop(&self) {
        self.end().await;
    }

    fn end(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.end_once())
    }

    async fn end_once(&self) {
        if self.runs_this_hook() {
            return;
        }
        let mut phase = self.0.lifespan.phase.lock().await;
        if let Phase::Starting(starting) = &mut *phase {
            // Somebody gave up waiting. What start hooks have made is there only when they are done.
            let _ = starting.await;
        }
        self.0.lifespan.running.store(false, Ordering::Release);
        if !matches!(*phase, Phase::Stopping(_) | Phase::Stopped) {
            *phase = Phase::Stopping(Box::pin(tear_down(Arc::downgrade(&self.0))));
        }
        if let Phase::Stopping(stopping) = &mut *phase {
            stopping.await;
            *phase = Phase::Stopped;
        }
    }

    fn runs_this_hook(&self) -> bool {
        HOOK_OF.try_with(|server| *server == Arc::as_ptr(&self.0).addr()) == Ok(true)
    }
}

/// Runs the start hooks; when one fails, the stop hooks. It does not hold the server, which holds it.
async fn run_starts(server: Weak<Inner>) -> Result<()> {
    let mounts = server.upgrade().map(|server| server.lock().mounts.clone());
    let mounts = mounts.unwrap_or_default();
    // At the same time, so that one that is slow does not keep the others waiting.
    let starting = mounts
        .iter()
        .map(async |mount| (mount.name(), mount.start().await));
    for (mount, outcome) in join_all(starting).await {
        if let Err(error) = outcome {
            tracing::error!(mount, error = ?error, "a mounted server could not start");
            tear_down(server).await;
            return Err(error);
        }
    }
    let first = |lifespan: &Lifespan| {
        let mut starts = lock(&lifespan.starts);
        (!starts.is_empty()).then(|| starts.remove(0))
    };
    while let Some((start, state)) = next(&server, first) {
        let outcome = HOOK_OF
            .scope(server.as_ptr().addr(), unwound(move || start(state)))
            .await
            .unwrap_or_else(|panic| Err(Error::internal("a start hook failed").caused_by(panic)));
        match (outcome, server.upgrade()) {
            (Ok(put), Some(server)) => Server(server).edit(|draft| put(&mut draft.state)),
            (Ok(_), None) => break,
            (Err(error), _) => {
                tracing::error!(error = ?error, "the server could not start");
                tear_down(server).await;
                return Err(error);
            }
        }
    }
    Relay::begin(&server).await;
    if let Some(server) = server.upgrade() {
        let now = server.now();
        if let Some(ledger) = now.ledger() {
            server.crew.start(ledger, &(Weak::clone(&server.me) as _));
        }
    }
    Ok(())
}

async fn tear_down(server: Weak<Inner>) {
    let running = server.upgrade().map(|server| {
        server.lifespan.stopped.send_replace(true);
        (Arc::clone(&server.crew), Arc::clone(&server.workers))
    });
    if let Some((crew, workers)) = running {
        crew.end().await;
        // Before the hooks: what runs may need what they close.
        workers.stop().await;
    }
    if let Some(server) = server.upgrade() {
        server.relay.end().await;
        // What hooks see at the end of a session is still there.
        server.sessions.end().await;
    }
    while let Some((stop, state)) = next(&server, |lifespan| lock(&lifespan.stops).pop()) {
        let running = HOOK_OF.scope(server.as_ptr().addr(), unwound(move || stop(state)));
        if let Err(panic) = running.await {
            tracing::error!(error = panic, "a stop hook failed");
        }
    }
    let started = server
        .upgrade()
        .map(|server| std::mem::take(&mut *lock(&server.lifespan.started)));
    for child in started.into_iter().flatten() {
        let is_left = {
            let mut starters = lock(&child.0.lifespan.starters);
            starters.above -= 1;
            starters.above == 0 && !starters.is_own
        };
        if is_left {
            child.end().await;
        }
    }
}

/// The next hook, and the state that it sees.
fn next<T>(
    server: &Weak<Inner>,
    take: impl FnOnce(&Lifespan) -> Option<T>,
) -> Option<(T, Arc<Extensions>)> {
    let server = server.upgrade()?;
    let hook = take(&server.lifespan)?;
    let state = Arc::clone(server.now().home.state());
    Some((hook, state))
}

/// Runs a hook, or says how it panicked.
async fn unwound<T>(hook: impl FnOnce() -> BoxFuture<'static, T>) -> Result<T, String> {
    let running = AssertUnwindSafe(async move { hook().await });
    running
        .catch_unwind()
        .await
        .map_err(|panic| format!("panicked: {}", panic_words(&*panic)))
}

fn lock<T>(hooks: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    hooks.lock().unwrap_or_else(PoisonError::into_inner)
}
