//! The way of every call to the upstream.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Origin, Raw, Reply, Result,
    protocol::{Era, Method},
};
use http::{HeaderMap, HeaderName};
use tokio::{
    sync::{Semaphore, SemaphorePermit, watch},
    time::Instant,
};

use super::{
    back::Back,
    blame::blame,
    builder::Sessions,
    desk::Desk,
    dress::{self, Token},
    farewell::Farewells,
    lanes::{Lane, Lanes},
    parked::Parking,
    rounds, tasks,
};
use crate::{Approvals, client::Upstream, mirrored::Mirrored, switches};

/// What a proxy was told.
pub(super) struct Options {
    /// Headers of callers that go to the upstream.
    pub(super) passed: HashSet<HeaderName>,
    pub(super) timeout: Duration,
    pub(super) grace: Duration,
    pub(super) refresh: Duration,
    pub(super) calls: usize,
    pub(super) sessions: Sessions,
    pub(super) approvals: Option<Approvals>,
}

/// Whether lists have been read, or why not.
type Listed = Result<(), Arc<Error>>;

/// The way of every call to one upstream.
pub(super) struct Gate {
    upstream: Arc<Upstream>,
    pub(super) options: Options,
    lanes: Lanes,
    parking: Parking,
    pub(super) farewells: Farewells,
    turns: Semaphore,
    last_token: AtomicU64,
    /// Whether lists have been read, or why not.
    pub(super) listed: watch::Sender<Option<Listed>>,
}

impl Gate {
    pub(super) fn new(
        upstream: Arc<Upstream>,
        desk: Arc<Desk>,
        is_remote: bool,
        options: Options,
    ) -> Self {
        Self {
            lanes: Lanes::new(Arc::clone(&upstream), desk, is_remote, options.sessions),
            turns: Semaphore::new(options.calls),
            upstream,
            options,
            parking: Parking::default(),
            farewells: Farewells::default(),
            last_token: AtomicU64::new(0),
            listed: watch::Sender::new(None),
        }
    }

    pub(super) fn upstream(&self) -> &Arc<Upstream> {
        &self.upstream
    }

    pub(super) fn origin(&self) -> Origin {
        self.upstream.origin()
    }

    /// Whether arguments stand in headers once more.
    pub(super) fn mirrors(&self) -> bool {
        let link = self.upstream.link();
        link.is_ok_and(|link| link.carries_headers())
    }

    pub(super) fn patience(&self) -> Duration {
        self.upstream.patience()
    }

    /// Comes back when lists have been read for the first time, or could not be.
    pub(super) async fn first_listed(&self) -> Result<()> {
        let mut listed = self.listed.subscribe();
        // An error says that nobody reads them any more.
        match listed.wait_for(Option::is_some).await {
            Ok(outcome) => match &*outcome {
                Some(Err(why)) => Err(Error::new(why.kind(), why.message().to_owned())
                    .caused_by(Arc::clone(why))
                    .from_origin(self.origin())),
                _ => Ok(()),
            },
            Err(_) => Err(Error::new(Kind::Unavailable, "the proxy is gone")),
        }
    }

    /// Forgets calls whose callers have not come back with an answer.
    pub(super) fn tidy(&self) {
        self.parking.prune();
    }

    pub(super) async fn close(&self) {
        self.parking.clear();
        self.farewells.over().await;
        self.lanes.close().await;
    }

    /// Lets the upstream answer a call that speaks of things as it does.
    pub(super) async fn pass(
        self: &Arc<Self>,
        call: Call,
        mirrored: Option<&Mirrored>,
    ) -> Result<Reply> {
        let _turn = self.turn()?;
        if let Some(parked) = self.parking.take(&call)? {
            return Box::pin(parked.go_on(&self.parking)).await;
        }
        let lane = self.lanes.of(&call).await?;
        let eras = (call.revision().era(), lane.link.revision().era());
        match eras {
            // A task waits in place for its answers.
            (Era::Modern, Era::Legacy) if call.task_id().is_some() => {
                self.once(call, &lane, mirrored, None).await
            }
            (Era::Modern, Era::Legacy) if call.params().has_request_state() => {
                let words =
                    "`requestState` is none that this server has given, or its time is over";
                Err(Error::invalid_params(words))
            }
            (Era::Modern, Era::Legacy) if rounds::may_be_asked(&call) => {
                let (gate, mirrored) = (Arc::clone(self), mirrored.cloned());
                let parked = self
                    .parking
                    .begin(&call, move |call, questions| async move {
                        gate.once(call, &lane, mirrored.as_ref(), Some(questions))
                            .await
                    });
                Box::pin(parked.go_on(&self.parking)).await
            }
            (Era::Legacy, Era::Modern) => {
                let reply = self.once(call.clone(), &lane, mirrored, None).await?;
                let Some(asked) = rounds::questions(&reply)? else {
                    return Ok(reply);
                };
                // Boxed, so that the common way does not carry the room that this one needs.
                Box::pin(rounds::go(&call, asked, |call| async {
                    self.once(call, &lane, mirrored, None).await
                }))
                .await
            }
            _ => self.once(call, &lane, mirrored, None).await,
        }
    }

    /// A call goes on as long as the result is there.
    fn turn(&self) -> Result<SemaphorePermit<'_>> {
        self.turns.try_acquire().map_err(|_| {
            let words = format!("{:?} has as many calls as it may", self.upstream.name());
            Error::new(Kind::Overloaded, words)
        })
    }

    /// One request about something that has been begun on a lane, and its answer.
    pub(super) async fn ask_again(&self, call: Call, lane: &Lane) -> Result<Reply> {
        let _turn = self.turn()?;
        self.once(call, lane, None, None).await
    }

    /// The link that a call goes on.
    pub(super) async fn lane(&self, call: &Call) -> Result<Lane> {
        self.lanes.of(call).await
    }

    /// One request to the upstream, and its answer.
    async fn once(
        &self,
        call: Call,
        lane: &Lane,
        mirrored: Option<&Mirrored>,
        questions: Option<super::parked::Asks>,
    ) -> Result<Reply> {
        let token = (call.wants_progress() && !lane.link.carries_headers()).then(|| Token {
            own: self.last_token.fetch_add(1, Ordering::Relaxed) + 1,
            callers: call.progress_token(),
        });
        let params = dress::params(&call, lane.link.revision(), token.as_ref(), &lane.info)?;
        let is_parked = questions.is_some();
        let back = Arc::new(Back::new(&call, token, questions));
        // Made anew: who is calling, and with what credentials, stays here.
        let mut asked = Call::new(call.method().clone(), params).with_peer(Arc::clone(&back) as _);
        if let Some(id) = call.id() {
            asked = asked.with_id(id.clone());
        }
        // Who comes back with an answer has a time of its own.
        if let Some(deadline) = call.deadline().filter(|_| !is_parked) {
            asked = asked.with_deadline(deadline);
        }
        if let Some(headers) = self.headers(&call, mirrored)? {
            asked = asked.with_headers(Arc::new(headers));
        }
        let _heard = tasks::may_ask(call.method()).then(|| lane.desk.enter(Arc::clone(&back)));
        let answer = lane.link.call(asked);
        let outcome = tokio::select! {
            biased;
            outcome = answer => outcome,
            error = self.silence(&back) => Err(error),
        };
        self.upstream.heard(&outcome);
        outcome.map_err(|error| blame(error, self.upstream.name()))
    }

    /// Headers that go with a call: those that are to be passed on, and arguments that stand in headers once more.
    fn headers(&self, call: &Call, mirrored: Option<&Mirrored>) -> Result<Option<HeaderMap>> {
        let mut headers = HeaderMap::new();
        if let (Some(given), false) = (call.headers(), self.options.passed.is_empty()) {
            for name in &self.options.passed {
                for value in given.get_all(name) {
                    headers.append(name, value.clone());
                }
            }
        }
        if let Some(mirrored) = mirrored {
            let arguments = call.arguments().map(serde_json::from_slice::<Raw>);
            let arguments = arguments
                .transpose()
                .map_err(|e| Error::invalid_params("the arguments cannot be read").caused_by(e))?;
            let own = mirrored.headers(arguments.as_ref());
            headers.extend(own.map_err(|why| Error::new(Kind::BadArguments, why))?);
        }
        Ok((!headers.is_empty()).then_some(headers))
    }

    /// Comes back when the upstream has given no sign for too long.
    async fn silence(&self, back: &Back) -> Error {
        let after = self.options.timeout;
        loop {
            let until = back.last_sign() + after;
            if back.is_asking() {
                // A user who is asked may take the time that the question has.
                tokio::time::sleep(after).await;
                continue;
            }
            if until <= Instant::now() {
                return Error::new(Kind::Timeout, format!("it did not answer within {after:?}"));
            }
            tokio::time::sleep_until(until).await;
        }
    }
}

/// What nobody knows of, the upstream may: resources that it does not list, and methods of extensions.
impl Endpoint for Gate {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            if tasks::owns(call.method()) || switches::owns(call.method()) {
                // There all callers are one, with the rights of this server: each could look after the tasks of all, and
                // switch what all see.
                let words = format!("Method not found: {}", call.method());
                return Err(Error::new(Kind::MethodNotFound, words));
            }
            let _turn = self.turn()?;
            let lane = self.lanes.of(&call).await?;
            self.once(call, &lane, None, None).await
        })
    }
}

/// A component of the upstream.
pub(super) struct Passed {
    pub(super) gate: Arc<Gate>,
    /// What the upstream calls it.
    pub(super) name: Box<str>,
    pub(super) mirrored: Option<Mirrored>,
    /// Whether it may run as a task.
    pub(super) runs_as_task: bool,
}

impl Endpoint for Passed {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            let mirrored = match call.method() {
                Method::CallTool => self.mirrored.as_ref(),
                _ => None,
            };
            let is_named = matches!(call.method(), Method::CallTool | Method::GetPrompt);
            let is_so_called = !is_named || call.name().as_deref() == Some(&*self.name);
            let call = call.forwarded((!is_so_called).then_some(&*self.name));
            if self.runs_as_task {
                // Boxed, so that the common way does not carry the room that this one needs.
                return Box::pin(tasks::call(&self.gate, call, mirrored)).await;
            }
            self.gate.pass(call, mirrored).await
        })
    }
}
