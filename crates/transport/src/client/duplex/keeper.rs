//! Who opens a way to a server, and opens it again when it has broken.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use fmcp_core::{
    Endpoint, Error, Kind, Origin, Result,
    protocol::{Era, Revision},
};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout},
};

use super::{
    Calls, Carrier, Connection, Dial, Settings,
    fault::Fault,
    greet::{Agreed, Opening, greet},
    restart::{History, Verdict},
};
use crate::{
    client::{Greeting, agree::first_question, backoff::jittered, changes::Changes},
    drain::Drain,
};

/// How a way stands.
#[derive(Clone)]
pub(super) enum State {
    Open(Calls),
    /// It has broken; it has been tried this many times to open it again, as long as there is the link.
    Down(u64, Fault),
    Closed(Fault),
}

/// One way to one server, which is opened again when it has broken and somebody wants it.
pub(super) struct Keeper {
    dial: Box<dyn Dial>,
    settings: Settings,
    greeting: Greeting,
    peer: Arc<dyn Endpoint>,
    pub(super) changes: Arc<Changes>,
    state: watch::Sender<State>,
    /// Up to which attempt to open it somebody waits.
    wanted: AtomicU64,
    demand: Notify,
    closing: Drain,
    /// What was agreed on, the first time.
    known: Mutex<Option<Revision>>,
}

/// A way that is open.
pub(super) struct Life {
    pub(super) calls: Calls,
    carrier: Carrier,
    pub(super) agreed: Agreed,
}

/// Why a way could not be opened.
enum Failed {
    /// It broke before anything was agreed on.
    Broke(Error),
    /// There was no agreement.
    Refused(Error),
}

impl Keeper {
    pub(super) fn new(
        dial: Box<dyn Dial>,
        settings: Settings,
        greeting: Greeting,
        peer: Arc<dyn Endpoint>,
    ) -> Self {
        let fault = Fault::of(&Error::new(Kind::Unavailable, "the link is not open yet"));
        Self {
            dial,
            settings,
            greeting,
            peer,
            changes: Arc::default(),
            state: watch::Sender::new(State::Down(0, fault)),
            wanted: AtomicU64::new(0),
            demand: Notify::new(),
            closing: Drain::new(),
            known: Mutex::default(),
        }
    }

    /// The way in, once it is open. Whoever finds it broken has it opened again.
    pub(super) async fn calls(&self) -> Result<Calls> {
        if let State::Open(calls) = &*self.state.borrow()
            && !calls.is_over()
        {
            return Ok(calls.clone());
        }
        let (mut state, mut awaited) = (self.state.subscribe(), None);
        loop {
            match &*state.borrow_and_update() {
                State::Open(calls) if !calls.is_over() => return Ok(calls.clone()),
                // It has broken; its keeper is about to say so.
                State::Open(_) => {}
                State::Closed(fault) => return Err(fault.error()),
                State::Down(attempts, fault) => match awaited {
                    Some(attempt) if *attempts >= attempt => return Err(fault.error()),
                    Some(_) => {}
                    None => {
                        awaited = Some(attempts + 1);
                        self.wanted.fetch_max(attempts + 1, Ordering::AcqRel);
                        self.demand.notify_one();
                    }
                },
            }
            if state.changed().await.is_err() {
                return Err(Fault::closed().error());
            }
        }
    }

    /// Opens the way for the first time.
    pub(super) async fn begin(&self) -> Result<Life> {
        let known = *self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let pinned = known.or(self.greeting.revision);
        let first = known.or(self.greeting.first());
        let opening = match (first_question(first), first) {
            (None, Some(revision)) => Opening::Initialize(revision),
            (Some(_), None) if !self.settings.probes => {
                Opening::Initialize(Revision::NEWEST_LEGACY)
            }
            (asked, _) => Opening::Ask(asked.unwrap_or(Revision::NEWEST)),
        };
        let mut greeting = self.greeting.clone();
        greeting.revision = pinned;
        let outcome = match self.attempt(opening, &greeting).await {
            // Some servers of the time of sessions go when they do not know the first question.
            Err(Failed::Broke(error)) if pinned.is_none() => {
                tracing::debug!(%error, "the server is started again, for a handshake");
                let handshake = Opening::Initialize(Revision::NEWEST_LEGACY);
                self.attempt(handshake, &greeting).await
            }
            outcome => outcome,
        };
        let life = outcome.map_err(|(Failed::Broke(error) | Failed::Refused(error))| error)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(life.agreed.revision);
        Ok(life)
    }

    async fn attempt(&self, opening: Opening, greeting: &Greeting) -> Result<Life, Failed> {
        let connection = Connection::new(
            self.dial.name(),
            Arc::clone(&self.peer),
            Arc::clone(&self.changes),
            self.settings.clone(),
        );
        let calls = connection.calls();
        let within = self.settings.open_timeout;
        let slow = || {
            let words = format!("the server could not be called within {within:?}");
            self.blame(Error::new(Kind::Timeout, words))
        };
        let start = Instant::now();
        let mut carrier = match timeout(within, self.dial.dial(connection)).await {
            Ok(Ok(carrier)) => carrier,
            Ok(Err(error)) => return Err(Failed::Refused(error)),
            Err(_) => return Err(Failed::Refused(slow())),
        };
        let left = within.saturating_sub(start.elapsed());
        let greeted = timeout(left, greet(&calls, greeting, opening, &self.settings));
        let outcome = tokio::select! {
            biased;
            outcome = greeted => outcome.unwrap_or_else(|_| Err(slow())),
            error = &mut carrier => return Err(Failed::Broke(error)),
        };
        match outcome {
            Ok(agreed) => Ok(Life {
                calls,
                carrier,
                agreed,
            }),
            Err(error) => {
                let has_broken = calls.is_over();
                calls.close();
                // What has been started is gone before anybody hears of it.
                let end = carrier.await;
                Err(if has_broken {
                    Failed::Broke(end)
                } else {
                    Failed::Refused(error)
                })
            }
        }
    }

    /// Lets calls in.
    pub(super) fn publish(&self, life: &Life) {
        self.state.send_replace(State::Open(life.calls.clone()));
    }

    /// Keeps the way open, as long as the link is not closed and somebody wants it.
    pub(super) async fn keep(&self, mut life: Life) {
        let mut history = History::default();
        let mut attempts = 0;
        let fault = loop {
            self.publish(&life);
            if self.closing.has_begun() {
                // Whoever closes the link has not seen that it was open again.
                life.calls.close();
            }
            let began = Instant::now();
            let error = self.live(life).await;
            if self.closing.has_begun() {
                break Fault::closed();
            }
            tracing::warn!(%error, "the way to a server has broken");
            history.broke(began.elapsed(), Instant::now(), &self.settings.restart);
            self.down(attempts, &error);
            let opened = tokio::select! {
                biased;
                () = self.closing.begun() => None,
                opened = self.again(&mut history, &mut attempts, error) => Some(opened),
            };
            match opened {
                Some(opened) => life = opened,
                None => break Fault::closed(),
            }
        };
        self.changes.close();
        self.state.send_replace(State::Closed(fault));
    }

    /// Carries what is said until the way breaks, and says why it did.
    async fn live(&self, life: Life) -> Error {
        let Life {
            calls,
            carrier,
            agreed,
        } = life;
        let kept = async {
            match agreed.revision.era() {
                Era::Legacy => self.changes.keep(&calls).await,
                Era::Modern => std::future::pending().await,
            }
        };
        let error = tokio::select! {
            biased;
            () = kept => Fault::closed().error(),
            error = carrier => error,
        };
        calls.fail(&error);
        error
    }

    /// Opens the way again, each time that somebody wants it, until it is open.
    async fn again(&self, history: &mut History, attempts: &mut u64, error: Error) -> Life {
        let mut last = error;
        loop {
            while self.wanted.load(Ordering::Acquire) <= *attempts {
                self.demand.notified().await;
            }
            let now = Instant::now();
            let outcome = match history.verdict(now, &self.settings.restart) {
                Verdict::After(pause) => {
                    sleep(jittered(pause)).await;
                    let opened = self.begin().await;
                    if let Err(error) = &opened {
                        history.failed(Instant::now());
                        tracing::warn!(%error, "a server could not be reached again");
                        last = Fault::of(error).error();
                    }
                    opened
                }
                Verdict::GivenUp(times, pause) => Err(self.given_up(times, pause, &last)),
                Verdict::Never => Err(Fault::of(&last).error()),
            };
            // Nobody waits for this one any more.
            *attempts += 1;
            match outcome {
                Ok(life) => {
                    self.changes.reopened();
                    return life;
                }
                Err(error) => self.down(*attempts, &error),
            }
        }
    }

    fn given_up(&self, times: usize, pause: std::time::Duration, last: &Error) -> Error {
        let within = self.settings.restart.within;
        let words = format!(
            "the server has failed {times} times within {within:?}, and is left alone for another {}s; \
             the last time: {}",
            pause.as_secs() + 1,
            last.message()
        );
        self.blame(Error::new(Kind::Unavailable, words))
            .caused_by(Fault::of(last).error())
    }

    fn blame(&self, error: Error) -> Error {
        error.from_origin(Origin::Upstream(self.dial.name().into()))
    }

    fn down(&self, attempts: u64, error: &Error) {
        let state = State::Down(attempts, Fault::of(error));
        self.state.send_replace(state);
    }

    /// Closes the way in order, and for good.
    pub(super) async fn close(&self) {
        self.closing.begin();
        let mut state = self.state.subscribe();
        if let State::Open(calls) = &*state.borrow() {
            calls.close();
        }
        // An error says that its keeper has gone.
        let _ = state
            .wait_for(|state| matches!(state, State::Closed(_)))
            .await;
    }
}
