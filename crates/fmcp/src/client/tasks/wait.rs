//! Waiting for a task: asking how far it is, and answering what it asks.

use std::time::Duration;

use fmcp_core::{
    Error,
    protocol::{
        Era, Method,
        model::{InputRequests, InputRequiredResult, Task, TaskStatus},
    },
};
use futures_util::{Stream, stream};

use super::{
    handle::{TaskHandle, unanswerable},
    news::Heard,
};
use crate::client::{ClientError, rounds};

/// How long to wait before asking again a server that does not say.
const INTERVAL: Duration = Duration::from_secs(1);

/// The least and the most that a server can wish.
const WISHES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(300));

/// How often in a row it may not be found out how far a task is.
const FAILURES: usize = 5;

/// How many answered questions are remembered; a task that asks more asks for ever.
const ANSWERED: usize = 10_000;

impl TaskHandle {
    /// The task at its end.
    pub(super) async fn settled(&self) -> Result<Task, ClientError> {
        let mut task = match self.last() {
            // What has just been said need not be asked about.
            Some(task) => task,
            None => self.look().await?,
        };
        let mut heard = self.heard();
        while !task.status.is_final() || is_hollow(&task, self.0.client.revision().era()) {
            task = self.next(task, &mut heard).await?;
        }
        Ok(task)
    }

    /// The task as the server tells it, or, when it is time to look again, as it says.
    async fn next(&self, task: Task, heard: &mut Heard) -> Result<Task, ClientError> {
        if task.status.is_final() {
            return self.look().await;
        }
        let answered = task.status == TaskStatus::InputRequired && self.reply(&task).await?;
        if !answered && let Some(told) = heard.next(&task, interval(&task)).await {
            self.known().last = Some(told.clone());
            return Ok(told);
        }
        let mut failures = 0;
        loop {
            match self.look().await {
                Err(error) if error.is_retryable() && failures < FAILURES => {
                    failures += 1;
                    tracing::debug!(%error, "it is not known how far a task is");
                    tokio::time::sleep(interval(&task)).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Answers what has not been answered yet. Whether there was anything.
    async fn reply(&self, task: &Task) -> Result<bool, ClientError> {
        if self.0.client.revision().era() == Era::Legacy {
            return self.reply_in_session().await;
        }
        let asked = task.input_requests.clone().unwrap_or_default();
        let new: InputRequests = {
            let known = self.known();
            let new = asked
                .into_iter()
                .filter(|(name, _)| !known.answered.contains(&**name));
            new.collect()
        };
        if new.is_empty() {
            return Ok(false);
        }
        let what = self.subject(Method::CallTool);
        if self.known().answered.len() + new.len() > ANSWERED {
            return Err(ClientError::unreadable(&what, "the task asks without end"));
        }
        let desk = self.0.client.parts().inbox.desk();
        if new
            .iter()
            .any(|(_, question)| desk.can_answer(question).is_err())
        {
            let questions = InputRequiredResult::new().input_requests(new);
            return Err(unanswerable(&what, Error::ask(questions)));
        }
        let answers = rounds::answer_all(desk, new).await;
        self.answer(answers.map_err(|e| ClientError::call(&what, e))?)
            .await?;
        Ok(true)
    }

    /// Waits for the result, whose questions come over the session (2025-11-25): what comes of it is asked for again.
    /// Whether there is no need to wait before that.
    async fn reply_in_session(&self) -> Result<bool, ClientError> {
        match self.asked_result().await {
            Err(error) if error.is_retryable() => {
                tracing::debug!(%error, "a task could not be waited for");
                Ok(false)
            }
            // The error may be what came of the task. A server that gives a result before the end is not asked on at once.
            outcome => match (self.look().await, outcome) {
                (Ok(task), _) if task.status.is_final() => Ok(true),
                (_, Err(error)) => Err(error),
                _ => Ok(false),
            },
        }
    }

    /// Every change, until the end.
    pub(super) fn watch(self) -> impl Stream<Item = Result<Task, ClientError>> + Send + Unpin {
        let changes = stream::unfold(Some((self, None::<(Task, Heard)>)), async |state| {
            let (handle, last) = state?;
            handle.id()?;
            let (task, heard) = match last {
                None => {
                    // Heard first: what happens between the two must not be missed.
                    let heard = handle.heard_on_a_stream().await;
                    (handle.look().await, heard)
                }
                Some((last, mut heard)) => {
                    let mut task = handle.next(last.clone(), &mut heard).await;
                    while let Ok(now) = &task
                        && is_same(now, &last)
                    {
                        task = handle.next(last.clone(), &mut heard).await;
                    }
                    (task, heard)
                }
            };
            let rest = match &task {
                Ok(task) if !task.status.is_final() => Some((handle, Some((task.clone(), heard)))),
                _ => None,
            };
            Some((task, rest))
        });
        Box::pin(changes)
    }
}

/// Whether nothing has changed. What a message says about itself does not count.
fn is_same(one: &Task, other: &Task) -> bool {
    let plain = |task: &Task| {
        let mut task = task.clone();
        (task.meta, task.result_type) = (None, None);
        task
    };
    plain(one) == plain(other)
}

/// Whether it has come to its end, and what was told of it does not say how: the promise of a task says no more than that.
fn is_hollow(task: &Task, era: Era) -> bool {
    era == Era::Modern
        && task.result.is_none()
        && task.error.is_none()
        && task.status != TaskStatus::Cancelled
        && task.result_type == Some(fmcp_core::protocol::model::ResultType::Task)
}

fn interval(task: &Task) -> Duration {
    let wish = task
        .poll_interval_ms
        .map_or(INTERVAL, Duration::from_millis);
    wish.clamp(WISHES.0, WISHES.1)
}
