//! One task, for who uses a client.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fmcp_core::{
    Error, Raw, Reply,
    protocol::{
        Era, Method, Revision,
        model::{
            CallToolResult, EmptyResult, InputResponses, Task, TaskParams, TaskStatus,
            UpdateTaskParams,
        },
    },
};
use futures_util::Stream;
use serde::Serialize;

use crate::client::{
    CallOptions, CallResult, Client, ClientError, handle::Subject, methods::not_read,
};

/// A tool that runs as a task: how far it is, what it asks, what comes of it. A clone is the same task.
///
/// Nothing is sent unless something is awaited, and dropping it ends nothing: the task goes on, and
/// [`Client::task`] finds it again by its id.
///
/// ```
/// use fmcp::{Client, Server, TaskMode, Tool};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
/// let report = Tool::new("report", || async { "all is well" }).task(TaskMode::Optional);
/// let client = Client::connect(Server::new("s").tool(report)).await?;
///
/// let task = client.start("report", ()).await?;
/// let id = task.id().expect("it runs as a task").to_owned();
/// assert_eq!(task.result().await?.text(), "all is well");
///
/// // Somebody else, or the same program another day:
/// assert_eq!(client.task(id).result().await?.text(), "all is well");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct TaskHandle(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) client: Client,
    pub(super) what: What,
    pub(super) options: CallOptions,
    pub(super) known: Mutex<Known>,
}

/// What a handle is about.
pub(super) enum What {
    /// A task of this id.
    Task(Box<str>),
    /// A result that was there at once.
    Result(Box<CallToolResult>),
}

#[derive(Default)]
pub(super) struct Known {
    pub(super) tool: Option<Box<str>>,
    pub(super) last: Option<Task>,
    /// The names of the questions that have been answered.
    pub(super) answered: HashSet<String>,
}

impl TaskHandle {
    pub(super) fn new(
        client: &Client,
        tool: Option<&str>,
        what: What,
        last: Option<Task>,
        options: CallOptions,
    ) -> Self {
        Self(Arc::new(Inner {
            client: client.clone(),
            what,
            options,
            known: Mutex::new(Known {
                tool: tool.map(Into::into),
                last,
                answered: HashSet::new(),
            }),
        }))
    }

    /// What the task goes by: to be kept somewhere safe, for it is all that it takes to look after the task. `None`: the
    /// server has not made a task of the call, but answered it.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match &self.0.what {
            What::Task(id) => Some(id),
            What::Result(_) => None,
        }
    }

    /// The task as it was when it was last heard of; nothing is asked.
    #[must_use]
    pub fn last(&self) -> Option<Task> {
        self.known().last.clone()
    }

    /// How far the task is now.
    ///
    /// # Errors
    /// When the server does not say.
    pub async fn status(&self) -> Result<TaskStatus, ClientError> {
        match &self.0.what {
            What::Task(_) => Ok(self.look().await?.status),
            What::Result(_) => Ok(TaskStatus::Completed),
        }
    }

    /// Waits for the end of the task, asking as often as the server wishes. What it asks meanwhile, the client's
    /// handlers answer, each question once.
    ///
    /// # Errors
    /// When the server does not say how far it is, or it asks what nobody here can answer: see
    /// [`ClientError::into_questions`], and [`TaskHandle::answer`].
    pub async fn wait(&self) -> Result<TaskStatus, ClientError> {
        match &self.0.what {
            What::Task(_) => Ok(self.settled().await?.status),
            What::Result(_) => Ok(TaskStatus::Completed),
        }
    }

    /// Waits for the result, as [`TaskHandle::wait`] does.
    ///
    /// # Errors
    /// As the call itself; [`ClientError::Cancelled`] for a task that was cancelled; and as [`TaskHandle::wait`].
    pub async fn result(&self) -> Result<CallResult, ClientError> {
        let result = match &self.0.what {
            What::Task(_) => self.came_of().await?,
            What::Result(result) => CallToolResult::clone(result),
        };
        let tool = self.known().tool.clone();
        let (client, options) = (&self.0.client, &self.0.options);
        client.settle_result(tool.as_deref().unwrap_or("(of a task)"), result, options)
    }

    /// Tells the server that nobody wants the task any more. It may have a result all the same, should it be done
    /// before it hears of it.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn cancel(&self) -> Result<(), ClientError> {
        let Some(id) = self.id() else { return Ok(()) };
        let reply = self.ask(Method::CancelTask, &TaskParams::new(id)).await?;
        if let Reply::Task(task) = reply {
            self.known().last = Some(*task);
        }
        Ok(())
    }

    /// Answers what the task has asked, by hand. Answers to something else do not count.
    ///
    /// # Errors
    /// When the server does not take them. In revision 2025-11-25 tasks are answered by the client's handlers
    /// alone.
    pub async fn answer(&self, answers: InputResponses) -> Result<(), ClientError> {
        let Some(id) = self.id() else { return Ok(()) };
        let names: Vec<String> = answers.iter().map(|(name, _)| name.to_owned()).collect();
        let params = UpdateTaskParams::new(id, answers);
        self.ask(Method::UpdateTask, &params).await?;
        self.known().answered.extend(names);
        Ok(())
    }

    /// The task, whenever it is not where it was, until its end. Whoever reads them looks after the task: what it asks
    /// is answered as by [`TaskHandle::wait`].
    pub fn updates(&self) -> impl Stream<Item = Result<Task, ClientError>> + Send + Unpin + use<> {
        self.clone().watch()
    }

    /// What came of the task, once that is known.
    pub(super) async fn came_of(&self) -> Result<CallToolResult, ClientError> {
        let task = self.settled().await?;
        let subject = self.subject(Method::CallTool);
        match (task.status, task.result, task.error) {
            (TaskStatus::Cancelled, ..) => Err(ClientError::Cancelled {
                what: subject.into(),
            }),
            (_, Some(result), _) => self.read(&result),
            (_, _, Some(error)) => Err(ClientError::call(&subject, error.into())),
            _ if self.0.client.revision().era() == Era::Legacy => self.asked_result().await,
            _ => Err(ClientError::unreadable(
                &subject,
                "the task has ended, and nothing came of it",
            )),
        }
    }

    fn read(&self, result: &Raw) -> Result<CallToolResult, ClientError> {
        let reply = Revision::NEWEST.raise(&Method::CallTool, result);
        reply
            .and_then(Reply::into_tool)
            .map_err(|e| ClientError::unreadable(&self.subject(Method::CallTool), e.to_string()))
    }

    /// The result, asked for apart (2025-11-25). It takes as long as the task does, and brings questions along.
    pub(super) async fn asked_result(&self) -> Result<CallToolResult, ClientError> {
        let id = self.id().unwrap_or_default();
        let options = CallOptions {
            timeout: Some(None.into()),
            ..self.0.options.clone()
        };
        let subject = Subject {
            method: Method::TaskResult,
            name: Some(id),
        };
        let answer = self
            .0
            .client
            .ask(&subject, &TaskParams::new(id), &options)
            .await?;
        answer.reply.into_tool().map_err(|e| not_read(&subject, e))
    }

    /// Asks how far the task is.
    pub(super) async fn look(&self) -> Result<Task, ClientError> {
        let id = self.id().unwrap_or_default();
        match self.ask(Method::GetTask, &TaskParams::new(id)).await? {
            Reply::Task(mut task) => {
                // Only the answer to a call is a promise, whatever this one says of itself.
                task.result_type = None;
                self.known().last = Some((*task).clone());
                Ok(*task)
            }
            _ => Err(ClientError::unreadable(
                &self.subject(Method::GetTask),
                "it is no task",
            )),
        }
    }

    async fn ask<P: Serialize>(&self, method: Method, params: &P) -> Result<Reply, ClientError> {
        let subject = Subject::from(method);
        let options = self.0.options.anew();
        let reply = self.0.client.ask(&subject, params, &options).await?.reply;
        Ok(match reply.unshared() {
            Reply::Raw(..) => EmptyResult::new().into(),
            reply => reply,
        })
    }

    /// What it is about, for the words of errors.
    pub(super) fn subject(&self, method: Method) -> String {
        let known = self.known();
        let name = known.tool.as_deref();
        Subject { method, name }.to_string()
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// The task of this id, which somebody has started before. Nothing is asked yet, so it need not be there.
    #[must_use]
    pub fn task(&self, id: impl Into<Box<str>>) -> TaskHandle {
        TaskHandle::new(self, None, What::Task(id.into()), None, CallOptions::new())
    }
}

/// The id may be all that protects the task.
impl fmt::Debug for TaskHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known();
        f.debug_struct("TaskHandle")
            .field("tool", &known.tool)
            .field("status", &known.last.as_ref().map(|task| &task.status))
            .finish_non_exhaustive()
    }
}

/// The error of questions that nobody here can answer.
pub(super) fn unanswerable(what: &str, error: Error) -> ClientError {
    ClientError::call(what, error)
}
