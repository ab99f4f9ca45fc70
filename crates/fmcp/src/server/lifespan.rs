//! The beginning and the end of a server's life in this process.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use fmcp_core::{BoxFuture, Error, Extensions, Result, handler::Fail};
use tokio::sync::{Mutex as AsyncMutex, watch};

use super::Server;

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
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    New,
    Running,
    Stopped,
}

impl Default for Lifespan {
    fn default() -> Self {
        Self {
            starts: Mutex::default(),
            stops: Mutex::default(),
            phase: AsyncMutex::new(Phase::New),
            stopped: watch::Sender::new(false),
        }
    }
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
        self.0
            .lifespan
            .starts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(start);
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
        self.0
            .lifespan
            .stops
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(stop);
        self
    }

    /// Checks the server and runs its start hooks, unless they have run. Transports and clients in
    /// memory do this by themselves.
    ///
    /// # Errors
    /// With all faults in what the server was given, or when a start hook fails: then the stop hooks
    /// have run, and the server cannot be started again.
    pub async fn start(&self) -> Result<()> {
        self.check()?;
        let lifespan = &self.0.lifespan;
        let mut phase = lifespan.phase.lock().await;
        match *phase {
            Phase::Running => return Ok(()),
            Phase::Stopped => return Err(Error::internal("the server has been stopped")),
            Phase::New => {}
        }
        let starts = std::mem::take(
            &mut *lifespan
                .starts
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        for start in starts {
            let state = Arc::clone(self.0.now().home.state());
            match start(state).await {
                Ok(put) => self.edit(|draft| put(&mut draft.state)),
                Err(error) => {
                    tracing::error!(error = ?error, "the server could not start");
                    *phase = Phase::Stopped;
                    self.tear_down().await;
                    return Err(error);
                }
            }
        }
        *phase = Phase::Running;
        Ok(())
    }

    /// Ends the streams that are open and runs the stop hooks, unless they have run.
    pub async fn stop(&self) {
        let mut phase = self.0.lifespan.phase.lock().await;
        if *phase != Phase::Stopped {
            *phase = Phase::Stopped;
            self.tear_down().await;
        }
    }

    async fn tear_down(&self) {
        self.0.lifespan.stopped.send_replace(true);
        let stops = std::mem::take(
            &mut *self
                .0
                .lifespan
                .stops
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        for stop in stops.into_iter().rev() {
            let state = Arc::clone(self.0.now().home.state());
            stop(state).await;
        }
    }
}
