//! One task that runs: its handler, and what is to be seen to meanwhile.

use std::{
    pin::pin,
    sync::{Arc, Weak},
};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Extra, Kind, Raw, Reply, Result, TaskClaim, TaskEnd,
    TaskOrder, TaskState,
    protocol::{
        Method, Params, Revision,
        model::{ErrorObject, InputRequest, InputRequiredResult},
    },
};
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot},
    time::{Duration, Instant, sleep, sleep_until, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{
    Found, Ledger,
    lease::Lease,
    ledger::{left, now},
    peer::Peer,
};

/// How often a handler that asks by hand may ask.
const MAX_ROUNDS: usize = 200;

/// How often there is no room for a result until the task has failed.
const REFUSALS: usize = 3;

/// How many tasks may run.
pub(super) struct Turns {
    free: Arc<Semaphore>,
    /// Somebody who has run before wants to go on.
    wanted: Notify,
}

impl Turns {
    pub(super) fn new(turns: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(turns)),
            wanted: Notify::new(),
        }
    }

    /// Waits for a turn.
    pub(super) async fn next(self: &Arc<Self>) -> Turn {
        Turn {
            held: Arc::clone(&self.free).acquire_owned().await.ok(),
            turns: Arc::clone(self),
        }
    }

    /// Waits until somebody who has run before wants to go on.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }
}

/// The right to run.
pub(super) struct Turn {
    turns: Arc<Turns>,
    held: Option<OwnedSemaphorePermit>,
}

impl Turn {
    /// Lets somebody else run.
    fn give_up(&mut self) {
        self.held = None;
    }

    /// Waits for it again, unless it is held.
    async fn regain(&mut self) {
        if self.held.is_none() {
            // Whoever only waits for something to do steps back.
            self.turns.wanted.notify_one();
            self.held = Arc::clone(&self.turns.free).acquire_owned().await.ok();
        }
    }
}

/// A task that has been claimed.
pub(super) struct Job {
    ledger: Arc<Ledger>,
    server: Weak<dyn Endpoint>,
    claim: TaskClaim,
    /// Somebody else shall run it.
    given_up: CancellationToken,
}

/// How running a task has ended.
enum End {
    /// With this.
    Came(Result<Reply>),
    /// It was ended from outside, or is gone.
    Over,
    /// It takes too long.
    TimeIsOver,
    /// The claim is over.
    Lost,
    /// The process ends.
    GivenUp,
}

impl Job {
    pub(super) fn new(
        ledger: Arc<Ledger>,
        server: Weak<dyn Endpoint>,
        claim: TaskClaim,
        given_up: CancellationToken,
    ) -> Self {
        Self {
            ledger,
            server,
            claim,
            given_up,
        }
    }

    /// Runs the task, and ends the claim.
    pub(super) async fn run(self, turn: Turn) {
        let end = match self.work(turn).await {
            Ok(Some(end)) => end,
            // Somebody else may have claimed it by now.
            Ok(None) => return,
            Err(error) => {
                // It is claimed again when the lease is over, and counts as begun.
                tracing::error!(error = ?error, "a task could not be run to its end");
                return;
            }
        };
        if let Err(error) = self.ledger.settings.queue.settle(&self.claim, end).await {
            tracing::error!(%error, "the end of a task could not be told to its queue");
        }
    }

    async fn work(&self, turn: Turn) -> Result<Option<TaskEnd>> {
        let mut lease = Lease::new(self.ledger.settings.lease, Instant::now());
        let state = match TaskState::read(&self.claim.task.state) {
            Ok(state) => state,
            Err(error) => {
                tracing::error!(error = ?error, "a task that cannot be read is put aside");
                return Ok(Some(TaskEnd::Dead));
            }
        };
        if state.is_final() {
            return Ok(Some(TaskEnd::Done));
        }
        if self.claim.attempt > self.ledger.settings.tries {
            let words = "the task was begun several times and never came to its end";
            let error = ErrorObject::new(ErrorObject::INTERNAL_ERROR, words);
            let is_told = self.complete(&mut lease, Err(error)).await?;
            return Ok(is_told.then_some(TaskEnd::Dead));
        }
        if self.claim.attempt > 1 {
            tracing::warn!(attempt = self.claim.attempt, "a task is run again");
        }
        let Some(server) = self.server.upgrade() else {
            return Ok(Some(TaskEnd::Again));
        };
        let peer = Arc::new(Peer::new(state.answers.clone()));
        let deadline = Instant::now() + left(&state);
        let call = TaskOrder::read(&self.claim.task.order)
            .and_then(|order| order.call(&self.claim.task.id, state.memory.as_ref()));
        let call = match call {
            Ok(call) => call
                .with_deadline(deadline.into_std())
                .with_peer(Arc::clone(&peer) as _),
            Err(error) => {
                tracing::error!(error = ?error, "a task is none that can be run here");
                let error = Revision::NEWEST.lower_error(&error, &Method::CallTool);
                let is_told = self.complete(&mut lease, Err(error)).await?;
                return Ok(is_told.then_some(TaskEnd::Dead));
            }
        };
        let method = call.method().clone();
        let ended = self
            .watch((server, call), &peer, turn, deadline, &mut lease)
            .await?;
        let outcome = match ended {
            End::Came(outcome) => written(&method, outcome, self.ledger.settings.result_bytes),
            End::TimeIsOver => {
                let error = Error::new(Kind::Timeout, "the time of the task is over");
                Err(Revision::NEWEST.lower_error(&error, &method))
            }
            End::Over => return Ok(Some(TaskEnd::Done)),
            End::Lost => return Ok(None),
            End::GivenUp => return Ok(Some(TaskEnd::Again)),
        };
        let is_told = self.complete(&mut lease, outcome).await?;
        Ok(is_told.then_some(TaskEnd::Done))
    }

    /// Writes down what came of the task, as often as it takes while the claim lasts. `false`: it is over.
    async fn complete(
        &self,
        lease: &mut Lease,
        mut outcome: Result<Raw, ErrorObject>,
    ) -> Result<bool> {
        let mut refused = 0;
        loop {
            // Only whose claim it still is may complete it; and for as long as this takes, it is.
            match self.renew(lease).await? {
                Some(false) => return Ok(false),
                Some(true) => match self.bear(lease, self.finish(&outcome)).await? {
                    Some(true) => return Ok(true),
                    Some(false) => refused += 1,
                    None => {}
                },
                None => {}
            }
            if refused >= REFUSALS && outcome.is_ok() {
                let words = "the task was done, and there was no room to keep its result";
                tracing::error!("{words}");
                outcome = Err(ErrorObject::new(ErrorObject::INTERNAL_ERROR, words));
                continue;
            }
            sleep(lease.pause()).await;
        }
    }

    /// `false`: there is no room for it.
    async fn finish(&self, outcome: &Result<Raw, ErrorObject>) -> Result<bool> {
        let change = |state: &mut TaskState| Ok(state.finish(outcome.clone(), now()));
        match self.ledger.change(&self.claim.task.id, change).await {
            Err(error) if error.kind() == Kind::Overloaded => Ok(false),
            changed => changed.map(|_| true),
        }
    }

    /// Begins the lease anew. `Some(false)`: the claim is over; `None`: the queue does not say, and the lease lasts.
    async fn renew(&self, lease: &mut Lease) -> Result<Option<bool>> {
        let asked = Instant::now();
        let renewal = self
            .ledger
            .settings
            .queue
            .renew(&self.claim, lease.length());
        let Ok(renewed) = timeout_at(lease.until(), renewal).await else {
            return Ok(Some(false));
        };
        match self.borne(lease, renewed)? {
            Some(true) => {
                lease.renewed(asked);
                Ok(Some(true))
            }
            None => {
                lease.failed(Instant::now());
                Ok(None)
            }
            over => Ok(over),
        }
    }

    /// What comes of `step`. `None`: it has failed in a way that may pass while the claim lasts.
    async fn bear<T>(
        &self,
        lease: &Lease,
        step: impl Future<Output = Result<T>>,
    ) -> Result<Option<T>> {
        let late = || Error::new(Kind::Timeout, "the queue of tasks does not answer in time");
        // Not for longer, because the claim is not renewed meanwhile.
        let outcome = timeout(lease.beat(), step).await;
        self.borne(lease, outcome.unwrap_or_else(|_| Err(late())))
    }

    fn borne<T>(&self, lease: &Lease, outcome: Result<T>) -> Result<Option<T>> {
        match outcome {
            Err(error) if error.is_retryable() && !lease.is_over(Instant::now()) => {
                tracing::warn!(%error, "the queue of tasks fails while a task runs");
                Ok(None)
            }
            outcome => outcome.map(Some),
        }
    }

    /// Lets the handler run, and sees to everything else: questions and answers, reports, the claim, and who wants the
    /// task to end.
    async fn watch(
        &self,
        (server, call): (Arc<dyn Endpoint>, Call),
        peer: &Arc<Peer>,
        mut turn: Turn,
        deadline: Instant,
        lease: &mut Lease,
    ) -> Result<End> {
        let rounds = Arc::clone(call.rounds());
        let mut running = pin!(answer(server, call, peer));
        let mut version = self.claim.task.version;
        let mut changed = self.changed(version, Duration::ZERO, lease.pause());
        let (mut silent_until, mut ask_at) = (Instant::now(), Instant::now());
        let mut asked = Vec::new();
        let mut answered: Vec<(oneshot::Sender<Raw>, Raw)> = Vec::new();
        loop {
            let report = async {
                peer.reported().await;
                sleep_until(silent_until).await;
            };
            let found = tokio::select! {
                biased;
                outcome = &mut running => {
                    return Ok(End::Came(outcome));
                }
                () = self.given_up.cancelled() => return Ok(End::GivenUp),
                () = sleep_until(lease.next()) => {
                    if self.renew(lease).await? == Some(false) {
                        return Ok(End::Lost);
                    }
                    None
                }
                questions = peer.questions() => {
                    // Whoever waits for a person lets others run meanwhile.
                    turn.give_up();
                    asked.extend(questions);
                    None
                }
                () = sleep_until(ask_at), if !asked.is_empty() => {
                    let memory = rounds.memory()?;
                    let found = self.bear(lease, self.ask(&asked, &memory)).await?;
                    match &found {
                        Some(_) => asked.clear(),
                        None => ask_at = Instant::now() + lease.pause(),
                    }
                    found.flatten()
                }
                outcome = &mut changed => {
                    outcome?;
                    let found = match self.bear(lease, self.read()).await? {
                        None => None,
                        Some(Some(found)) if !found.state.is_final() => Some(found),
                        Some(_) => return Ok(End::Over),
                    };
                    // It is done, and must not be asked again.
                    changed = self.changed(version, lease.pause(), lease.pause());
                    found
                }
                () = turn.regain(), if !answered.is_empty() => {
                    for (waits, answer) in answered.drain(..) {
                        // Who does not wait any more need not know.
                        let _ = waits.send(answer);
                    }
                    None
                }
                () = report => {
                    silent_until = Instant::now() + self.ledger.settings.report_every;
                    self.report(lease, peer).await?
                }
                () = sleep_until(deadline) => return Ok(End::TimeIsOver),
            };
            if let Some(found) = found {
                answered.extend(peer.awaited(&found.state.answers));
                if found.record.version != version {
                    version = found.record.version;
                    changed = self.changed(version, Duration::ZERO, lease.pause());
                }
            }
        }
    }

    /// Waits until the task is another than the one with `version`, from `after` on, and again whenever the queue fails.
    fn changed(&self, version: u64, after: Duration, pause: Duration) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            sleep(after).await;
            let (queue, id) = (&self.ledger.settings.queue, &self.claim.task.id);
            loop {
                match queue.changed(id, version).await {
                    Err(error) if error.is_retryable() => {
                        tracing::warn!(%error, "it is not known whether a task that runs was changed");
                        sleep(pause).await;
                    }
                    outcome => return outcome,
                }
            }
        })
    }

    async fn ask(
        &self,
        questions: &[(String, InputRequest)],
        memory: &Raw,
    ) -> Result<Option<Found>> {
        let change = |state: &mut TaskState| {
            Ok(state.ask(questions.iter().cloned(), Some(memory.clone()), now()))
        };
        self.ledger.change(&self.claim.task.id, change).await
    }

    async fn report(&self, lease: &Lease, peer: &Peer) -> Result<Option<Found>> {
        let Some(report) = peer.take_report() else {
            return Ok(None);
        };
        let change = |state: &mut TaskState| Ok(state.report(report.clone(), now()));
        let step = self.ledger.change(&self.claim.task.id, change);
        let found = self.bear(lease, step).await?;
        if found.is_none() {
            peer.put_back(report);
        }
        Ok(found.flatten())
    }

    async fn read(&self) -> Result<Option<Found>> {
        // A change that changes nothing.
        self.ledger.change(&self.claim.task.id, |_| Ok(false)).await
    }
}

/// What came of a task, as the newest revision says it.
fn written(method: &Method, outcome: Result<Reply>, most: usize) -> Result<Raw, ErrorObject> {
    let written = outcome.and_then(|reply| {
        let mut text = Vec::new();
        Revision::NEWEST.write(method, reply, None, &mut text)?;
        if text.len() > most {
            let size = text.len();
            let words = format!("the result has {size} bytes, of which a task may keep {most}");
            return Err(Error::internal(words));
        }
        serde_json::from_slice(&text)
            .map_err(|e| Error::internal("the result cannot be read").caused_by(e))
    });
    written.map_err(|error| Revision::NEWEST.lower_error(&error, method))
}

/// What comes of the call, also when its handler asks by hand: then it runs again, with the answers.
fn answer(server: Arc<dyn Endpoint>, call: Call, peer: &Peer) -> BoxFuture<'_, Result<Reply>> {
    Box::pin(async move {
        let params: Extra = call.params().parse()?;
        let mut round = call.clone();
        for rounds in 0..MAX_ROUNDS {
            let asked = match server.call(round).await {
                Ok(Reply::InputRequired(asked)) => *asked,
                Err(error) if error.kind() == Kind::InputRequired => error.into_questions()?,
                outcome => return outcome,
            };
            let params = answered(params.clone(), asked, rounds, peer).await?;
            round = call.clone().with_params(params);
        }
        Err(Error::internal(format!(
            "the task has asked in more than {MAX_ROUNDS} rounds"
        )))
    })
}

/// The parameters once more, with the answers. Names that come again are others to the client.
async fn answered(
    mut params: Extra,
    asked: InputRequiredResult,
    round: usize,
    peer: &Peer,
) -> Result<Params> {
    let questions = asked.input_requests.unwrap_or_default();
    if questions.is_empty() {
        // It wants nothing but to run again.
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let answers = questions.into_iter().map(|(name, question)| async move {
        let shown = match round {
            0 => name.to_string(),
            _ => format!("{name}~{}", round + 1),
        };
        let answer = peer.ask(&shown, question).await?;
        Ok::<_, Error>((name, answer))
    });
    let answers: Extra = try_join_all(answers).await?.into_iter().collect();
    let answers = Raw::from_serialize(&answers)
        .map_err(|e| Error::internal("the answers cannot be written").caused_by(e))?;
    params.insert("inputResponses", answers);
    if let Some(state) = asked.request_state {
        params.insert("requestState", Value::from(state));
    }
    Params::of(&params)
}
