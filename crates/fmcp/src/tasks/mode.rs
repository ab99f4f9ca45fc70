//! Whether a tool runs as a task.

use fmcp_core::{
    Call, Component, Error, Kind, Result, TaskOffer,
    protocol::{Method, revision::TaskTerms},
};

use super::lacks_extension;

/// Whether a tool runs as a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskMode {
    /// Never: whoever calls it waits for the result.
    #[default]
    Forbidden,
    /// For clients that take tasks. Others wait for the result.
    Optional,
    /// Always: clients that take no tasks cannot call it.
    Required,
}

impl TaskMode {
    /// The word of revision 2025-11-25 in `execution.taskSupport`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::Optional => "optional",
            Self::Required => "required",
        }
    }
}

/// What a tool says about tasks; among its component's extensions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Support {
    pub(crate) mode: TaskMode,
    /// Whether its handler says when the task begins.
    pub(crate) asks_first: bool,
}

/// When a call of `component` may become a task, if it may.
///
/// # Errors
/// When it must and the client takes none, or it must not and the client wants one.
pub(crate) fn offer(component: &Component, call: &Call) -> Result<Option<TaskOffer>> {
    let is_settled = call.task_id().is_some() || call.task_offer().is_some();
    if is_settled || call.is_derived() || *call.method() != Method::CallTool {
        return Ok(None);
    }
    let support = component.extensions.get::<Support>().copied();
    let support = support.unwrap_or_default();
    if support.mode == TaskMode::Forbidden && call.params().task().is_none() {
        // Nobody has spoken of tasks, so that nothing needs to be read.
        return Ok(None);
    }
    decide(support, call.task_terms()).map_err(|refusal| {
        let name = component.name();
        match refusal {
            Refusal::NoExtension => lacks_extension(&format!("the tool {name:?} runs as a task")),
            Refusal::NotAsked => unfit(format!("the tool {name:?} can only be called as a task")),
            Refusal::Asked => unfit(format!("the tool {name:?} cannot be called as a task")),
        }
    })
}

/// The code that 2025-11-25 gives it.
fn unfit(words: String) -> Error {
    Error::new(Kind::MethodNotFound, words)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    NoExtension,
    NotAsked,
    Asked,
}

fn decide(support: Support, terms: TaskTerms) -> Result<Option<TaskOffer>, Refusal> {
    match (support.mode, terms) {
        (TaskMode::Forbidden, TaskTerms::Wanted(_)) => Err(Refusal::Asked),
        (_, TaskTerms::Wanted(_)) => Ok(Some(TaskOffer::AtOnce)),
        (TaskMode::Forbidden, _) => Ok(None),
        (_, TaskTerms::Taken) if support.asks_first => Ok(Some(TaskOffer::WhenToldSo)),
        (_, TaskTerms::Taken) => Ok(Some(TaskOffer::AtOnce)),
        (TaskMode::Required, TaskTerms::Unwanted) => Err(Refusal::NotAsked),
        (TaskMode::Required, _) => Err(Refusal::NoExtension),
        (TaskMode::Optional, _) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tool_and_client_decide_together() {
        use TaskMode::{Forbidden, Optional, Required};
        use TaskTerms::{Never, Taken, Unwanted, Wanted};
        let (no, yes) = (Ok(None), Ok(Some(TaskOffer::AtOnce)));
        for (mode, terms, expect) in [
            (Forbidden, Never, no),
            (Forbidden, Taken, no),
            (Forbidden, Unwanted, no),
            (Forbidden, Wanted(None), Err(Refusal::Asked)),
            (Optional, Never, no),
            (Optional, Taken, yes),
            (Optional, Unwanted, no),
            (Optional, Wanted(Some(5)), yes),
            (Required, Never, Err(Refusal::NoExtension)),
            (Required, Taken, yes),
            (Required, Unwanted, Err(Refusal::NotAsked)),
            (Required, Wanted(None), yes),
        ] {
            let support = Support {
                mode,
                asks_first: false,
            };
            assert_eq!(decide(support, terms), expect, "{mode:?} {terms:?}");
        }
        let asks = Support {
            mode: Required,
            asks_first: true,
        };
        assert_eq!(decide(asks, Taken), Ok(Some(TaskOffer::WhenToldSo)));
        assert_eq!(decide(asks, Wanted(None)), yes);
    }
}
