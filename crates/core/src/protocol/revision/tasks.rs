//! Tasks, whose form is not that of 2025-11-25: there the client asked for one, its result was asked for apart,
//! and durations went by other names.

use serde_json::json;

use super::{Era, raise::read as parse};
use crate::{
    Call, Extra, Raw, Reply, Result,
    json::peek,
    protocol::{
        Method,
        model::{EmptyResult, ResultType, Task},
    },
};

/// What a call's client has said about being answered with a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaskTerms {
    /// It cannot be answered so.
    Never,
    /// It takes either: the server decides.
    Taken,
    /// It wants a task, and keeps it for so many milliseconds, if it says so (2025-11-25).
    Wanted(Option<u64>),
    /// It could have asked for a task, and has not (2025-11-25).
    Unwanted,
}

/// Whether the method is one of tasks.
pub(super) fn owns(method: &Method) -> bool {
    matches!(
        method,
        Method::GetTask
            | Method::UpdateTask
            | Method::CancelTask
            | Method::TaskResult
            | Method::ListTasks
    )
}

/// The wish of a client of 2025-11-25.
pub(super) fn wish(call: &Call) -> TaskTerms {
    match call.params().task() {
        None => TaskTerms::Unwanted,
        Some(text) => {
            let fields: Extra = serde_json::from_slice(text).unwrap_or_default();
            TaskTerms::Wanted(fields.get("ttl").and_then(|ttl| ttl.parse().ok()))
        }
    }
}

/// Names of 2025-11-25, and of the model.
const RENAMED: [(&str, &str); 2] = [("ttl", "ttlMs"), ("pollInterval", "pollIntervalMs")];

/// A task as 2025-11-25 has it: the promise of one in a field, and of one that is asked about how far it is.
pub(super) fn lower(reply: &mut Reply) {
    let Reply::Task(task) = reply else { return };
    let is_promise = task.result_type == Some(ResultType::Task);
    let meta = task.meta.take();
    let fields = older(task);
    let mut result = EmptyResult::new();
    result.meta = meta;
    result.extra = if is_promise {
        Extra::from_iter([(
            "task",
            Raw::from_serialize(&fields).unwrap_or_else(|_| Raw::empty_object()),
        )])
    } else {
        fields
    };
    *reply = Reply::from(result);
}

/// Tasks as `tasks/list` gives them, which only 2025-11-25 has.
#[must_use]
pub fn list(tasks: &[Task], next: Option<String>) -> Reply {
    let tasks: Vec<Extra> = tasks.iter().map(older).collect();
    let mut result = EmptyResult::new();
    let tasks = Raw::from_serialize(&tasks).unwrap_or_else(|_| Raw::from(json!([])));
    result.extra.insert("tasks", tasks);
    if let Some(next) = next {
        result.extra.insert("nextCursor", json!(next));
    }
    result.into()
}

fn older(task: &Task) -> Extra {
    let mut plain = task.clone();
    (plain.meta, plain.result_type) = (None, None);
    (plain.input_requests, plain.result, plain.error) = (None, None, None);
    let text = Raw::from_serialize(&plain).unwrap_or_else(|_| Raw::empty_object());
    renamed(text.parse().unwrap_or_default(), |(older, newer)| {
        (newer, older)
    })
}

fn renamed(
    fields: Extra,
    direction: impl Fn((&'static str, &'static str)) -> (&'static str, &'static str),
) -> Extra {
    let pairs = RENAMED.map(direction);
    let rename = |name: std::borrow::Cow<'static, str>| {
        let pair = pairs.iter().find(|(from, _)| *from == name);
        pair.map_or(name, |(_, to)| (*to).into())
    };
    fields
        .into_iter()
        .map(|(name, value)| (rename(name), value))
        .collect()
}

/// The task, where the result is one.
///
/// # Errors
/// When it says that it is, and it cannot be read.
pub(super) fn read(era: Era, method: &Method, text: &Raw) -> Result<Option<Task>> {
    match (method, era) {
        (Method::GetTask, Era::Modern) => parse::<Task>(text).map(Some),
        (Method::GetTask | Method::CancelTask, Era::Legacy) => {
            newer(parse::<Extra>(text)?).map(Some)
        }
        (Method::CallTool, Era::Modern) => {
            if !says(text, "resultType", |kind| kind == "\"task\"") {
                return Ok(None);
            }
            let mut task = parse::<Task>(text)?;
            task.result_type = Some(ResultType::Task);
            Ok(Some(task))
        }
        (Method::CallTool, Era::Legacy) => {
            if !says(text, "task", |task| task.starts_with('{')) {
                return Ok(None);
            }
            let mut fields = parse::<Extra>(text)?;
            if fields.get("content").is_some() {
                return Ok(None);
            }
            let task = fields.remove("task").unwrap_or_else(Raw::empty_object);
            let mut task = newer(parse::<Extra>(&task)?)?;
            task.result_type = Some(ResultType::Task);
            Ok(Some(task))
        }
        _ => Ok(None),
    }
}

/// Whether the field of this name is there and `fits`.
fn says(text: &Raw, name: &'static str, fits: impl FnOnce(&str) -> bool) -> bool {
    if !text.as_str().contains("\"task\"") {
        return false;
    }
    let [found] = peek::<1, serde_json::Error>(text.as_str(), [name]).unwrap_or_default();
    found.is_some_and(|found| fits(found.get()))
}

fn newer(fields: Extra) -> Result<Task> {
    let fields = renamed(fields, |pair| pair);
    let text = Raw::from_serialize(&fields)
        .map_err(|e| crate::Error::internal("a task cannot be read").caused_by(e))?;
    parse::<Task>(&text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::protocol::{Revision, model::TaskTtl};

    fn written(revision: Revision, method: &Method, task: Task) -> String {
        let mut out = Vec::new();
        revision
            .write(method, Reply::from(task), None, &mut out)
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    fn task() -> Task {
        Task::new("t", "working", "a", "b", TaskTtl(Some(5))).poll_interval_ms(7_u64)
    }

    #[test]
    fn each_revision_has_its_own_form_and_reads_it_again() {
        let promise = task().result_type(ResultType::Task);
        let newest = r#"{"resultType":"task","taskId":"t","status":"working","createdAt":"a","lastUpdatedAt":"b","ttlMs":5,"pollIntervalMs":7}"#;
        let older = r#"{"task":{"taskId":"t","status":"working","createdAt":"a","lastUpdatedAt":"b","ttl":5,"pollInterval":7}}"#;
        for (revision, expect) in [
            (Revision::V2026_07_28, newest),
            (Revision::V2025_11_25, older),
        ] {
            let text = written(revision, &Method::CallTool, promise.clone());
            assert_eq!(text, expect);
            let raised = revision.raise(&Method::CallTool, &Raw::from_text(text).unwrap());
            assert!(matches!(raised.unwrap(), Reply::Task(read) if *read == promise));
        }
    }

    #[test]
    fn how_far_it_is_stands_flat_and_says_no_more_than_the_revision_can() {
        let done = || task().result(json!({"content": []}));
        let older = written(Revision::V2025_11_25, &Method::GetTask, done());
        assert!(
            older.starts_with(r#"{"taskId":"t""#) && !older.contains("content"),
            "{older}"
        );
        let newest = written(Revision::V2026_07_28, &Method::GetTask, done());
        assert!(newest.contains(r#""resultType":"complete""#) && newest.contains("content"));
        let raised = Revision::V2025_11_25.raise(&Method::GetTask, &Raw::from_text(older).unwrap());
        assert!(matches!(raised.unwrap(), Reply::Task(read) if read.ttl_ms == TaskTtl(Some(5))));
    }

    #[test]
    fn a_result_that_only_speaks_of_tasks_is_none() {
        let text = Raw::from_text(r#"{"content":[{"type":"text","text":"\"task\""}],"x":"task"}"#)
            .unwrap();
        for revision in Revision::ALL {
            let raised = revision.raise(&Method::CallTool, &text).unwrap();
            assert!(matches!(raised, Reply::CallTool(_)), "{revision}");
        }
    }
}
