//! Calls that wait for an answer of their caller, who is asked in a reply and comes back with it.
//!
//! An upstream with sessions asks while a call runs; a caller without one is asked by ending its call with the
//! question. So the call to the upstream stays where it is until the caller calls again.

use std::{
    collections::HashMap,
    fmt::Write as _,
    hash::{BuildHasher as _, RandomState},
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

/// How many calls may wait, how many of one principal, and how many bytes their parameters may have together.
const MOST: usize = 1_000;
const MOST_OF_ONE: usize = 32;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// What a question is called in a reply, which asks one at a time.
const NAME: &str = "question";

/// Calls that wait.
#[derive(Default)]
pub(super) struct Parking {
    waiting: Mutex<HashMap<Arc<str>, Parked>>,
    /// Calls are told apart by two numbers that nobody else can work out.
    seeds: [RandomState; 2],
}

/// One call to the upstream. It ends when this is dropped.
pub(super) struct Parked {
    work: JoinSet<Result<Reply>>,
    questions: mpsc::Receiver<Asked>,
    /// Who waits for the answer to the question that is open.
    open: Option<oneshot::Sender<Raw>>,
    about: [u64; 2],
    /// The subject and who vouches for it, where it is known who calls. The application does not count: one caller may
    /// have any number.
    caller: Option<(Arc<str>, Option<Arc<str>>)>,
    bytes: usize,
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
            about: self.digest(call),
            caller: (call.principal()).map(|who| (Arc::clone(&who.subject), who.issuer.clone())),
            bytes: call.params().raw().map_or(0, <[u8]>::len),
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
        if parked.about != self.digest(call) {
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
        full(&waiting, &parked)?;
        parked.until = Instant::now() + PATIENCE;
        let state: Arc<str> = state.into();
        waiting.insert(Arc::clone(&state), parked);
        Ok(state)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Parked>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a call is about, whatever its arguments weigh.
    fn digest(&self, call: &Call) -> [u64; 2] {
        let about = about("proxy", call);
        self.seeds.each_ref().map(|seed| seed.hash_one(&about))
    }
}

/// Whether one more may wait.
///
/// # Errors
/// When there are too many.
fn full(waiting: &HashMap<Arc<str>, Parked>, more: &Parked) -> Result<()> {
    let of_one = |other: &&Parked| more.caller.is_some() && other.caller == more.caller;
    let bytes: usize = waiting.values().map(|parked| parked.bytes).sum();
    let words = if waiting.values().filter(of_one).count() >= MOST_OF_ONE {
        "too many of your calls wait for an answer of yours"
    } else if waiting.len() >= MOST || bytes.saturating_add(more.bytes) > MOST_BYTES {
        "too many callers are being asked something"
    } else {
        return Ok(());
    };
    Err(Error::new(Kind::Overloaded, words))
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

#[cfg(test)]
mod tests {
    use fmcp_core::{Principal, protocol::Method};
    use serde_json::json;

    use super::*;

    /// A call that asks one thing of its caller, and waits.
    async fn ask(parking: &Parking, who: Option<&str>, weight: usize) -> Result<Reply> {
        let params = json!({"name": "ask", "arguments": {"text": "x".repeat(weight)}});
        let mut call = Call::of(Method::CallTool, &params)?;
        if let Some(who) = who {
            call = call.with_principal(Arc::new(Principal::new(who)));
        }
        let question = Call::of(Method::ListRoots, &json!({}))?;
        let parked = parking.begin(&call, |_, asks| async move { asks.ask(question).await });
        parked.go_on(parking).await
    }

    fn refusal(outcome: Result<Reply>) -> String {
        let error = outcome.map(|_| "it waits").unwrap_err();
        assert_eq!(error.kind(), Kind::Overloaded);
        error.message().to_owned()
    }

    #[tokio::test]
    async fn nobody_takes_the_room_of_all() {
        let parking = Parking::default();
        for _ in 0..MOST_OF_ONE {
            ask(&parking, Some("ada"), 0).await.unwrap();
        }
        let refused = refusal(ask(&parking, Some("ada"), 0).await);
        assert!(refused.contains("of your calls"), "{refused}");
        ask(&parking, Some("bob"), 0).await.unwrap();
        for _ in MOST_OF_ONE + 1..MOST {
            ask(&parking, None, 0).await.unwrap();
        }
        let refused = refusal(ask(&parking, Some("bob"), 0).await);
        assert!(refused.contains("too many callers"), "{refused}");
    }

    #[tokio::test]
    async fn what_waits_has_a_bound_in_bytes() {
        let parking = Parking::default();
        let weight = MOST_BYTES / 4 - 1_000;
        for _ in 0..4 {
            ask(&parking, None, weight).await.unwrap();
        }
        let refused = refusal(ask(&parking, None, weight).await);
        assert!(refused.contains("too many callers"), "{refused}");
        ask(&parking, None, 0).await.unwrap();
    }
}
