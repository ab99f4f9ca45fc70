//! What stands in for the client while a task runs: hears reports, and takes questions that wait for answers.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Notice, Raw, Reply, Result,
    protocol::{
        Revision,
        model::{InputRequest, InputResponses, ProgressParams},
    },
};
use serde_json::json;
use tokio::sync::{Notify, oneshot};

/// How many questions of one task may wait for their answers.
const MAX_OPEN: usize = 200;

/// What stands in for the client of a task.
#[derive(Default)]
pub(super) struct Peer {
    state: Mutex<State>,
    news: Notify,
}

#[derive(Default)]
struct State {
    /// Answers that came in an earlier try.
    known: InputResponses,
    /// What has been asked since the last look.
    asked: Vec<(String, InputRequest)>,
    open: HashMap<String, oneshot::Sender<Raw>>,
    /// The last report since the last look.
    report: Option<ProgressParams>,
}

impl Peer {
    pub(super) fn new(known: InputResponses) -> Self {
        let state = State {
            known,
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
            news: Notify::new(),
        }
    }

    /// Waits for questions.
    pub(super) async fn questions(&self) -> Vec<(String, InputRequest)> {
        self.wait(|state| (!state.asked.is_empty()).then(|| std::mem::take(&mut state.asked)))
            .await
    }

    /// Waits for a report.
    pub(super) async fn reported(&self) {
        self.wait(|state| state.report.is_some().then_some(()))
            .await;
    }

    pub(super) fn take_report(&self) -> Option<ProgressParams> {
        self.lock().report.take()
    }

    /// A report that could not be written down, unless there is a newer one by now.
    pub(super) fn put_back(&self, report: ProgressParams) {
        self.lock().report.get_or_insert(report);
    }

    /// The answers among these that somebody waits for.
    pub(super) fn awaited(&self, answers: &InputResponses) -> Vec<(oneshot::Sender<Raw>, Raw)> {
        let mut state = self.lock();
        let found = answers.iter().filter_map(|(name, answer)| {
            let waits = state.open.remove(name)?;
            Some((waits, answer.clone()))
        });
        found.collect()
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When too much is asked at once.
    pub(super) async fn ask(&self, name: &str, question: InputRequest) -> Result<Raw> {
        let answer = {
            let mut state = self.lock();
            if let Some(known) = state.known.get(name) {
                return Ok(known.clone());
            }
            if state.open.len() >= MAX_OPEN {
                return Err(Error::new(
                    Kind::Overloaded,
                    "too many questions of this task wait for their answers",
                ));
            }
            let (sender, answer) = oneshot::channel();
            state.open.insert(name.to_owned(), sender);
            state.asked.push((name.to_owned(), question));
            answer
        };
        self.news.notify_waiters();
        let over = |_| Error::new(Kind::Cancelled, "the task is over");
        answer.await.map_err(over)
    }

    async fn wait<T>(&self, look: impl Fn(&mut State) -> Option<T>) -> T {
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            // Heard from here on, so that nothing is missed between looking and waiting.
            news.as_mut().enable();
            if let Some(found) = look(&mut self.lock()) {
                return found;
            }
            news.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Endpoint for Peer {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            let name = call
                .id()
                .and_then(|id| serde_json::from_slice::<String>(id).ok());
            let name = name.ok_or_else(|| Error::internal("a question of a task has no name"))?;
            let params: Raw = call.params().parse()?;
            let question = json!({"method": call.method().as_str(), "params": params});
            let question = serde_json::from_value(question).map_err(|e| {
                Error::invalid_params("the client of a task cannot be asked this").caused_by(e)
            })?;
            let answer = self.ask(&name, question).await?;
            Ok(Reply::Raw(Revision::NEWEST, answer))
        })
    }

    /// How far it is shows in the task's status; everything else has no place in a task.
    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            tokio::task::consume_budget().await;
            if let Notice::Progress(report) = notice {
                self.lock().report = Some(report);
                self.news.notify_waiters();
            }
        })
    }
}
