//! Tasks: calls that are answered at once, and done later. The form is that of the extension
//! `io.modelcontextprotocol/tasks`; 2025-11-25 had them otherwise.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ErrorObject, InputRequests, InputResponses, Meta, ResultType};
use crate::{
    Raw,
    json::{Member, Number, model, setters, word},
};

word! {
    /// How far a task is.
    pub enum TaskStatus {
        /// It is being worked on, or waits for its turn.
        Working = "working",
        /// It needs answers from the client.
        InputRequired = "input_required",
        /// It has a result, perhaps one that says that the tool failed.
        Completed = "completed",
        /// It was ended before it had a result.
        Cancelled = "cancelled",
        /// It has come to an error of the protocol.
        Failed = "failed",
    }
}

/// For how many milliseconds from its creation a task is kept; `None` for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskTtl(pub Option<u64>);

impl Serialize for TaskTtl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TaskTtl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Option::<Number>::deserialize(deserializer)?;
        Ok(Self(number.map(|number| number.saturating_u64())))
    }
}

/// `null` is written, and nothing reads as `null`.
impl Member for TaskTtl {
    const REQUIRED: bool = false;

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

model! {
    /// A task: what a call is answered with instead of its result, what `tasks/get` gives, and what
    /// `notifications/tasks` tells. Only the first has no questions, result or error.
    pub struct Task new(
        task_id: String,
        status: TaskStatus,
        created_at: String,
        last_updated_at: String,
        ttl_ms: TaskTtl,
    ) {
        /// What the message says about itself.
        meta: Option<Meta> = "_meta",
        /// What the result is.
        result_type: Option<ResultType> = "resultType",
        /// What the task goes by. Who knows it may be let in by it.
        task_id: String = "taskId",
        /// How far it is.
        status: TaskStatus = "status",
        /// The same in words.
        status_message: Option<String> = "statusMessage",
        /// When it was made, as RFC 3339 writes it.
        created_at: String = "createdAt",
        /// When it was last changed, as RFC 3339 writes it.
        last_updated_at: String = "lastUpdatedAt",
        /// How long it is kept.
        ttl_ms: TaskTtl = "ttlMs",
        /// How many milliseconds to wait before asking again.
        poll_interval_ms: Option<u64> = "pollIntervalMs" saturating,
        /// What the client is asked, where it must answer.
        input_requests: Option<InputRequests> = "inputRequests",
        /// What came of the call, where it is done.
        result: Option<Raw> = "result",
        /// The error that it has come to, where it has.
        error: Option<ErrorObject> = "error",
    }

    /// The parameters of `tasks/get` and `tasks/cancel`.
    pub struct TaskParams new(task_id: String) {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
        /// The task.
        task_id: String = "taskId",
    }

    /// The parameters of `tasks/update`.
    pub struct UpdateTaskParams new(task_id: String, input_responses: InputResponses) {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
        /// The task.
        task_id: String = "taskId",
        /// Answers by the name of the question, to some or all of what is asked.
        input_responses: InputResponses = "inputResponses",
    }
}

setters!(Task {
    meta: Meta,
    result_type: ResultType,
    status_message: String,
    poll_interval_ms: u64,
    input_requests: InputRequests,
    result: Raw,
    error: ErrorObject,
});

impl Task {
    /// What the extension goes by, in the capabilities of both sides.
    pub const EXTENSION: &str = "io.modelcontextprotocol/tasks";
}

impl TaskStatus {
    /// Whether it stays like this: completed, failed or cancelled.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_without_end_says_so() {
        let text =
            r#"{"taskId":"t","status":"working","createdAt":"a","lastUpdatedAt":"b","ttlMs":null}"#;
        let task: Task = serde_json::from_str(text).unwrap();
        assert_eq!(task, Task::new("t", "working", "a", "b", TaskTtl(None)));
        assert_eq!(serde_json::to_string(&task).unwrap(), text);
    }
}
