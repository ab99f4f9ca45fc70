//! The work on one message, and what is answered when it fails.

use std::{any::Any, future::Future, panic::AssertUnwindSafe};

use bytes::Bytes;
use fmcp_core::{Error, Kind, protocol::jsonrpc::Answer};
use futures_util::FutureExt as _;
use tokio::time::{Instant, timeout_at};

/// What is worked on.
#[derive(Debug)]
pub(crate) enum Task {
    /// The call of this id.
    Call(Bytes),
    /// The calls of these ids, whose answers go out together.
    Batch(Vec<Bytes>),
    /// A notification, which nobody answers.
    Notice,
}

/// What a task leaves behind.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) task: Task,
    pub(crate) answer: Option<Vec<u8>>,
}

impl Task {
    /// The answer where there is none but this error.
    pub(crate) fn refusal(&self, error: &Error) -> Option<Vec<u8>> {
        let error = error.to_object();
        match self {
            Self::Call(id) => Some(Answer::to(Some(id)).error(&error)),
            Self::Batch(ids) => {
                let answers = ids.iter().map(|id| Answer::to(Some(id)).error(&error));
                let answers: Vec<_> = answers.collect();
                Some([b"[", &*answers.join(&b','), b"]"].concat())
            }
            Self::Notice => None,
        }
    }

    fn panicked(&self, panic: &(dyn Any + Send)) -> Option<Vec<u8>> {
        let words = panic.downcast_ref::<&str>().copied();
        let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        tracing::error!(panic = words, task = ?self, "an endpoint panicked");
        self.refusal(&Error::internal("the call could not be answered"))
    }
}

/// Does the work, until `deadline` where there is one. Work that panics shall not take everybody else's
/// with it, nor leave its caller waiting.
pub(crate) async fn done<F>(task: Task, deadline: Option<Instant>, work: F) -> Done
where
    F: Future<Output = Option<Vec<u8>>>,
{
    let work = AssertUnwindSafe(work).catch_unwind();
    let outcome = match deadline {
        Some(deadline) => timeout_at(deadline, work).await,
        None => Ok(work.await),
    };
    let answer = match outcome {
        Ok(Ok(answer)) => answer,
        Ok(Err(panic)) => task.panicked(&*panic),
        Err(_) => task.refusal(&Error::new(Kind::Timeout, "the call took too long")),
    };
    Done { task, answer }
}
