//! How far a task is, and which changes of that are allowed. Nothing here looks at a clock.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::timestamp::rfc3339;
use crate::{
    Error, Number, Raw, Result,
    protocol::model::{
        ErrorObject, InputRequest, InputRequests, InputResponses, ProgressParams, Task, TaskStatus,
        TaskTtl,
    },
};

/// How many bytes one answer may have.
const MAX_ANSWER: usize = 256 * 1024;

/// How long the words about a task's status may be.
const MAX_MESSAGE: usize = 2_000;

/// How far a task is. Times are milliseconds since the beginning of 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskState {
    /// In one word.
    pub status: TaskStatus,
    /// In many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// As the handler has reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<TaskProgress>,
    /// When it was made.
    pub created: u64,
    /// When it was last changed.
    pub updated: u64,
    /// For how long it is kept, from when it was made.
    pub ttl_ms: u64,
    /// How many milliseconds a client should wait before it asks again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll_ms: Option<u64>,
    /// What has been asked and not answered.
    #[serde(default, skip_serializing_if = "InputRequests::is_empty")]
    pub questions: InputRequests,
    /// What has been answered.
    #[serde(default, skip_serializing_if = "InputResponses::is_empty")]
    pub answers: InputResponses,
    /// What a further try wants to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Raw>,
    /// What came of it, as the newest revision says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Raw>,
    /// The error that it came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
}

/// How far a handler says that it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskProgress {
    /// So much is done.
    pub done: Number,
    /// Of so much, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Number>,
}

impl TaskState {
    /// A task that has just been made.
    #[must_use]
    pub fn new(now: u64, ttl_ms: u64, poll_ms: Option<u64>) -> Self {
        Self {
            status: TaskStatus::Working,
            message: None,
            progress: None,
            created: now,
            updated: now,
            ttl_ms,
            poll_ms,
            questions: InputRequests::new(),
            answers: InputResponses::new(),
            memory: None,
            result: None,
            error: None,
        }
    }

    /// The state that `text` is.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(text: &[u8]) -> Result<Self> {
        serde_json::from_slice(text)
            .map_err(|e| Error::internal("the state of a task cannot be read").caused_by(e))
    }

    /// The state as a text.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self) -> Result<Bytes> {
        serde_json::to_vec(self)
            .map(Bytes::from)
            .map_err(|e| Error::internal("the state of a task cannot be written").caused_by(e))
    }

    /// Whether nothing more will come.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.status.is_final()
    }

    /// Asks more, and keeps what a further try wants to know. Whether that changes anything.
    pub fn ask(
        &mut self,
        questions: impl IntoIterator<Item = (String, InputRequest)>,
        memory: Option<Raw>,
        now: u64,
    ) -> bool {
        if self.is_final() {
            return false;
        }
        let before = self.questions.len();
        for (name, question) in questions {
            if self.answers.get(&name).is_none() {
                self.questions.insert(name, question);
            }
        }
        if self.questions.len() == before {
            return false;
        }
        self.memory = memory.or(self.memory.take());
        self.status = TaskStatus::InputRequired;
        self.updated = now;
        true
    }

    /// Takes answers to what is asked; others do not count. Whether that changes anything.
    ///
    /// # Errors
    /// When an answer is too large.
    pub fn answer(&mut self, given: InputResponses, now: u64) -> Result<bool> {
        if self.is_final() {
            return Ok(false);
        }
        let mut changed = false;
        for (name, answer) in given {
            if self.questions.get(&name).is_none() {
                continue;
            }
            if answer.as_str().len() > MAX_ANSWER {
                return Err(Error::invalid_params(format!(
                    "an answer may have {MAX_ANSWER} bytes"
                )));
            }
            self.questions.remove(&name);
            self.answers.insert(name, answer);
            changed = true;
        }
        if changed {
            self.updated = now;
            if self.questions.is_empty() {
                self.status = TaskStatus::Working;
            }
        }
        Ok(changed)
    }

    /// Takes a report. Whether that changes anything.
    pub fn report(&mut self, report: ProgressParams, now: u64) -> bool {
        if self.is_final() {
            return false;
        }
        self.message = Some(match &report.message {
            Some(words) => shorten(words),
            None => in_words(&report.progress, report.total.as_ref()),
        });
        self.progress = Some(TaskProgress {
            done: report.progress,
            total: report.total,
        });
        self.updated = now;
        true
    }

    /// Ends with a result, or an error. Whether it had not ended before.
    pub fn finish(&mut self, outcome: Result<Raw, ErrorObject>, now: u64) -> bool {
        match outcome {
            Ok(result) => self.end(TaskStatus::Completed, None, now, |state| {
                state.result = Some(result);
            }),
            Err(error) => {
                let words = shorten(&error.message);
                self.end(TaskStatus::Failed, Some(words), now, |state| {
                    state.error = Some(error);
                })
            }
        }
    }

    /// Ends because nobody wants it any more. Whether it had not ended before.
    pub fn cancel(&mut self, words: &str, now: u64) -> bool {
        self.end(TaskStatus::Cancelled, Some(words.to_owned()), now, |_| {})
    }

    fn end(
        &mut self,
        status: TaskStatus,
        words: Option<String>,
        now: u64,
        then: impl FnOnce(&mut Self),
    ) -> bool {
        if self.is_final() {
            return false;
        }
        self.status = status;
        self.message = words.or(self.message.take());
        self.updated = now;
        // What only a further try would want to know.
        self.questions = InputRequests::new();
        self.answers = InputResponses::new();
        self.memory = None;
        then(self);
        true
    }

    /// The task as clients see it.
    #[must_use]
    pub fn task(&self, id: &str) -> Task {
        let mut task = Task::new(
            id,
            self.status.clone(),
            rfc3339(self.created),
            rfc3339(self.updated),
            TaskTtl(Some(self.ttl_ms)),
        );
        task.status_message.clone_from(&self.message);
        task.poll_interval_ms = self.poll_ms;
        task.input_requests =
            (self.status == TaskStatus::InputRequired).then(|| self.questions.clone());
        task.result.clone_from(&self.result);
        task.error.clone_from(&self.error);
        task
    }
}

fn shorten(words: &str) -> String {
    words.chars().take(MAX_MESSAGE).collect()
}

fn in_words(done: &Number, total: Option<&Number>) -> String {
    total.map_or_else(|| done.to_string(), |total| format!("{done} of {total}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::protocol::model::{ElicitFormParams, RequestedSchema};

    fn question(words: &str) -> InputRequest {
        ElicitFormParams::new(words, RequestedSchema::new()).into()
    }

    fn asking() -> TaskState {
        let mut state = TaskState::new(1, 100, None);
        let two = [
            ("a".to_owned(), question("a")),
            ("b".to_owned(), question("b")),
        ];
        assert!(state.ask(two, None, 2));
        state
    }

    fn answers(names: &[&str]) -> InputResponses {
        names
            .iter()
            .map(|name| ((*name).to_owned(), json!(1)))
            .collect()
    }

    #[test]
    fn it_waits_until_every_question_is_answered_and_once() {
        let mut state = asking();
        assert!(!state.answer(answers(&["who?"]), 3).unwrap());
        assert!(state.answer(answers(&["a"]), 3).unwrap());
        assert_eq!(state.status, TaskStatus::InputRequired);
        let shown = state.task("t").input_requests.unwrap();
        assert!(shown.get("a").is_none() && shown.get("b").is_some());
        assert!(
            !state.answer(answers(&["a"]), 3).unwrap(),
            "it was answered"
        );
        assert!(state.answer(answers(&["b"]), 4).unwrap());
        assert_eq!(
            (state.status.clone(), state.updated),
            (TaskStatus::Working, 4)
        );
        assert!(
            !state.ask([("a".to_owned(), question("a"))], None, 5),
            "under one name nothing is asked twice"
        );
    }

    #[test]
    fn an_end_is_an_end() {
        for end in [0, 1, 2] {
            let mut state = asking();
            let ended = match end {
                0 => state.finish(Ok(Raw::empty_object()), 9),
                1 => state.finish(Err(ErrorObject::new(-32603_i64, "no")), 9),
                _ => state.cancel("not wanted", 9),
            };
            assert!(ended && state.is_final() && state.questions.is_empty());
            let status = state.status.clone();
            assert!(!state.cancel("again", 10) && !state.finish(Ok(Raw::empty_object()), 10));
            assert!(!state.ask([("c".to_owned(), question("c"))], None, 10));
            assert!(!state.answer(answers(&["a"]), 10).unwrap());
            assert!(!state.report(ProgressParams::new(0, 1), 10));
            assert_eq!((state.status, state.updated), (status, 9));
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let mut state = asking();
        state.report(ProgressParams::new(0, 1).total(3), 3);
        let read = TaskState::read(&state.write().unwrap()).unwrap();
        assert_eq!(read.message.as_deref(), Some("1 of 3"));
        assert_eq!(read.questions.len(), 2);
        assert_eq!(read.progress, state.progress);
    }

    #[test]
    fn an_answer_of_any_size_is_not_kept() {
        let large = json!("x".repeat(MAX_ANSWER));
        let given = InputResponses::from_iter([("a", large)]);
        assert!(asking().answer(given, 3).is_err());
    }
}
