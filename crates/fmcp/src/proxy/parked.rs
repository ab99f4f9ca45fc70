//! Calls that wait for an answer of their caller, who is asked in a reply and comes back with it.
//!
//! An upstream with sessions asks while a call runs; a caller without one is asked by ending its call with the
//! question. So the call to the upstream stays where it is until the caller calls again.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fmcp_core::{
    Call, Error, Kind, Raw, Reply, Result,
    protocol::{
        Era,
        model::{InputRequest, InputRequiredResult, InputResponses},
    },
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::Instant,
};

use super::rounds;
use crate::rounds::about;

/// How long a caller may take to come back.
const PATIENCE: Duration = Duration::from_mins(10);

/// How many calls may wait.
const MOST: usize = 1_000;

/// What a question is called in a reply, which asks one at a time.
const NAME: &str = "question";

/// Calls that wait.
#[derive(Default)]
pub(super) struct Parking(Mutex<HashMap<Arc<str>, Parked>>);

/// One call to the upstream. It ends when this is dropped.
pub(super) struct Parked {
    work: JoinSet<Result<Reply>>,
    questions: mpsc::Receiver<Asked>,
    /// Who waits for the answer to the question that is open.
    open: Option<oneshot::Sender<Raw>>,
    about: Vec<u8>,
    until: Instant,
}

/// Where questions to the caller go.
#[derive(Clone)]
pub(super) struct Asks(mpsc::Sender<Asked>);

struct Asked {
    question: InputRequest,
    answer: oneshot::Sender<Raw>,
}

impl Asks {
    pub(super) async fn ask(&self, question: Call) -> Result<Reply> {
        let gone = || {
            Error::new(
                Kind::Cancelled,
                "the caller did not come back with an answer",
            )
        };
        let revision = question.revision();
        let (answer, answered) = oneshot::channel();
        let asked = Asked {
            question: rounds::request(&question)?,
            answer,
        };
        self.0.send(asked).await.map_err(|_| gone())?;
        Ok(Reply::Raw(revision, answered.await.map_err(|_| gone())?))
    }
}

impl Parking {
    /// Begins a call that may have to wait.
    pub(super) fn begin<F>(&self, call: &Call, work: impl FnOnce(Call, Asks) -> F) -> Parked
    where
        F: Future<Output = Result<Reply>> + Send + 'static,
    {
        // One at a time: who asks waits.
        let (asks, questions) = mpsc::channel(1);
        let mut tasks = JoinSet::new();
        tasks.spawn(work(call.clone(), Asks(asks)));
        Parked {
            work: tasks,
            questions,
            open: None,
            about: about("proxy", call),
            until: Instant::now(),
        }
    }

    /// The call that `call` comes back for, with its answer.
    ///
    /// # Errors
    /// When it is another call, or does not answer.
    pub(super) fn take(&self, call: &Call) -> Result<Option<Parked>> {
        if call.revision().era() == Era::Legacy {
            return Ok(None);
        }
        let Some(state) = call.params().request_state() else {
            return Ok(None);
        };
        let mut waiting = self.lock();
        let Some(parked) = waiting.get(&*state) else {
            return Ok(None);
        };
        if parked.about != about("proxy", call) {
            let words = "`requestState` is none that this server has given for this call";
            return Err(Error::invalid_params(words));
        }
        let answers = call.params().input_responses();
        let answers: Option<InputResponses> =
            answers.and_then(|text| serde_json::from_slice(text).ok());
        let Some(answer) = answers.as_ref().and_then(|answers| answers.get(NAME)) else {
            let words = format!("`inputResponses` does not answer {NAME:?}");
            return Err(Error::invalid_params(words));
        };
        let answer = answer.clone();
        let mut parked = waiting.remove(&*state);
        if let Some(open) = parked.as_mut().and_then(|parked| parked.open.take()) {
            // An error says that the upstream has given up; its answer says so.
            let _ = open.send(answer);
        }
        Ok(parked)
    }

    /// Forgets those whose caller has not come back.
    pub(super) fn prune(&self) {
        let now = Instant::now();
        self.lock().retain(|_, parked| parked.until > now);
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn keep(&self, mut parked: Parked) -> Result<Arc<str>> {
        let mut id = [0; 16];
        fmcp_transport::seal::random(&mut id)
            .ok_or_else(|| Error::internal("this system has no randomness"))?;
        let state = id.iter().fold(String::new(), |mut state, byte| {
            let _ = write!(state, "{byte:02x}");
            state
        });
        self.prune();
        let mut waiting = self.lock();
        if waiting.len() >= MOST {
            let words = "too many callers are being asked something";
            return Err(Error::new(Kind::Overloaded, words));
        }
        parked.until = Instant::now() + PATIENCE;
        let state: Arc<str> = state.into();
        waiting.insert(Arc::clone(&state), parked);
        Ok(state)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Parked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parked {
    /// Waits for the upstream's answer, or for its next question, which becomes the reply.
    pub(super) async fn go_on(mut self, parking: &Parking) -> Result<Reply> {
        tokio::select! {
            biased;
            Some(asked) = self.questions.recv() => {
                self.open = Some(asked.answer);
                let question = asked.question;
                let state = parking.keep(self)?;
                let reply = InputRequiredResult::new().ask(NAME, question);
                Ok(reply.request_state(&*state).into())
            }
            outcome = self.work.join_next() => match outcome {
                Some(Ok(outcome)) => outcome,
                Some(Err(error)) => Err(Error::internal("the call broke off").caused_by(error)),
                None => Err(Error::internal("the call is over")),
            },
        }
    }
}
