//! Tasks of a server: made when a tool is called that runs as one, and asked about.

use std::sync::Arc;

use fmcp_core::{
    Call, Component, Context, Error, Kind, Notice, Raw, Reply, Result, TaskOffer, TaskOrder,
    protocol::{
        Era, Method, Params, Revision, Topic,
        model::{
            CallToolResult, EmptyResult, InputRequest, InputResponses, Meta, PaginatedParams,
            ProgressParams, Task, TaskStatus, UpdateTaskParams,
        },
        revision::{TaskTerms, list_tasks},
    },
};
use futures_util::{
    Stream, StreamExt as _,
    stream::{self, FuturesUnordered},
};
use serde_json::json;

use super::{Server, dispatch::unknown_method, news, snapshot::Snapshot};
use crate::tasks::{Found, Ledger, Support, TaskMode, Tasks, lacks_extension, offer};

/// How many tasks stand on a page.
const PAGE: usize = 100;

/// How many tasks one stream of changes may name, and how long an id may be.
const MAX_WATCHED: (usize, usize) = (100, 128);

impl Server {
    /// Sets how tasks are kept and run: those of tools that say so ([`Tool::task`](crate::Tool::task)). Without it, in
    /// memory, as [`Tasks::new`] says.
    #[must_use]
    pub fn tasks(self, tasks: Tasks) -> Self {
        self.edit(|draft| {
            draft.ledger = Arc::new(Ledger::new(tasks));
            draft.has_tasks = true;
        });
        self
    }
}

/// Whether a component runs as a task.
pub(super) fn runs_as_task(component: &Component) -> bool {
    let support = component.extensions.get::<Support>();
    support.is_some_and(|support| support.mode != TaskMode::Forbidden)
}

impl Snapshot {
    /// Where this server's tasks are, if it has any.
    pub(super) fn ledger(&self) -> Option<&Arc<Ledger>> {
        self.has_tasks.then_some(&self.ledger)
    }

    /// When the call of `component` may become a task.
    pub(super) fn task_offer(
        &self,
        component: &Component,
        call: &Call,
    ) -> Result<Option<TaskOffer>> {
        if !self.has_tasks {
            return Ok(None);
        }
        offer(component, call)
    }

    /// Makes a task of a call whose handler has said that it begins, with what it has been answered so far.
    pub(super) async fn begin_task(&self, call: &Call, begins: &Error) -> Result<Reply> {
        let memory = begins.to_object().data.filter(Raw::is_object);
        let task = self.ledger.create(call, memory).await?;
        if let Some(server) = self.server.upgrade() {
            server
                .crew
                .start(&self.ledger, &(std::sync::Weak::clone(&server.me) as _));
            news::tell_session(&server, &self.ledger, call, &task.task_id);
        }
        Ok(task.into())
    }

    /// Answers a method of tasks.
    pub(super) async fn tasks(&self, call: Call) -> Result<Reply> {
        let era = call.revision().era();
        let Some(ledger) = self.ledger() else {
            // Those of somebody who stands behind this server may be there.
            return self.extended(call).await;
        };
        if era == Era::Modern && call.task_terms() == TaskTerms::Never {
            return Err(lacks_extension(&format!(
                "{} is part of an extension",
                call.method()
            )));
        }
        match (call.method(), era) {
            (Method::GetTask, _) => Ok(ledger.find(&call, &id(&call)?).await?.task().into()),
            (Method::UpdateTask, Era::Modern) => update(ledger, &call).await,
            (Method::CancelTask, _) => cancel(ledger, &call).await,
            (Method::TaskResult, Era::Legacy) => result(ledger, &call).await,
            (Method::ListTasks, Era::Legacy) if call.principal().is_some() => {
                list(ledger, &call).await
            }
            _ => Err(unknown_method(call.method())),
        }
    }

    /// The tasks that a listener names and may see, and how they change from now on.
    ///
    /// # Errors
    /// When it names too many, or takes no tasks.
    pub(super) async fn watch_tasks(
        &self,
        call: &Call,
        ids: Vec<String>,
    ) -> Result<(Vec<String>, impl Stream<Item = Task> + Send + use<>)> {
        if call.task_terms() == TaskTerms::Never {
            return Err(lacks_extension("changes of tasks are part of an extension"));
        }
        if ids.len() > MAX_WATCHED.0 || ids.iter().any(|id| id.len() > MAX_WATCHED.1) {
            return Err(Error::invalid_params(format!(
                "one stream can follow at most {} tasks",
                MAX_WATCHED.0
            )));
        }
        let (mut known, mut changes) = (Vec::new(), Vec::new());
        let ledger = self.ledger().cloned();
        for id in ids {
            let Some(ledger) = &ledger else { break };
            if let Ok(found) = ledger.find(call, &id).await
                && !known.contains(&id)
            {
                known.push(id);
                changes.push(Box::pin(watch(Arc::clone(ledger), call.clone(), found)));
            }
        }
        Ok((known, stream::select_all(changes)))
    }
}

/// What a listener is told of a task: where it is, and every change until its end.
fn watch(ledger: Arc<Ledger>, call: Call, found: Found) -> impl Stream<Item = Task> + Send {
    let first = Some((ledger, call, found, true));
    stream::unfold(first, async |state| {
        let (ledger, call, mut found, is_first) = state?;
        if !is_first {
            ledger.changed(&found).await.ok()?;
            found = ledger.find(&call, &found.record.id).await.ok()?;
        }
        let task = found.task();
        let rest = (!found.state.is_final()).then_some((ledger, call, found, false));
        Some((task, rest))
    })
}

/// A change of a task, as a stream that goes by `meta` tells it.
pub(super) fn told(mut task: Task, meta: Option<Meta>) -> Result<Notice> {
    task.meta = meta;
    Ok(Notice::Other(Topic::TaskChanged, Params::of(&task)?))
}

fn id(call: &Call) -> Result<String> {
    let id = call.params().task_id();
    id.map(std::borrow::Cow::into_owned)
        .ok_or_else(|| Error::invalid_params("`taskId` is missing, or not a string"))
}

async fn update(ledger: &Ledger, call: &Call) -> Result<Reply> {
    let params: UpdateTaskParams = call.params().parse()?;
    // Only who may see it may answer.
    let found = ledger.find(call, &params.task_id).await?;
    let given: InputResponses = params.input_responses;
    ledger
        .change(&found.record.id, |state| {
            state.answer(given.clone(), crate::tasks::now())
        })
        .await?;
    Ok(EmptyResult::new().into())
}

async fn cancel(ledger: &Ledger, call: &Call) -> Result<Reply> {
    let found = ledger.find(call, &id(call)?).await?;
    let mut is_new = false;
    let change = |state: &mut fmcp_core::TaskState| {
        is_new = state.cancel("The client has cancelled the task.", crate::tasks::now());
        Ok(is_new)
    };
    let changed = ledger.change(&found.record.id, change).await?;
    match (call.revision().era(), changed) {
        (Era::Modern, _) => Ok(EmptyResult::new().into()),
        (Era::Legacy, Some(found)) if is_new => Ok(found.task().into()),
        (Era::Legacy, _) => Err(Error::invalid_params(
            "the task has come to its end already",
        )),
    }
}

async fn list(ledger: &Ledger, call: &Call) -> Result<Reply> {
    let params: PaginatedParams = call.params().parse()?;
    let after = params.cursor.unwrap_or_default();
    let mut tasks = ledger.list(call, &after, PAGE + 1).await?;
    let is_last = tasks.len() <= PAGE;
    tasks.truncate(PAGE);
    let next = tasks
        .last()
        .filter(|_| !is_last)
        .map(|last| last.task_id.clone());
    Ok(list_tasks(&tasks, next))
}

/// Waits for the end of a task, and asks the client meanwhile what the task asks (2025-11-25).
async fn result(ledger: &Arc<Ledger>, call: &Call) -> Result<Reply> {
    let context = Context::new(call.clone());
    let mut found = ledger.find(call, &id(call)?).await?;
    let mut asking = FuturesUnordered::new();
    let mut told = Told::new(&found)?;
    while !found.state.is_final() {
        told.tell(call, &found).await;
        let gone = ledger.asks_no_more();
        let mut is_asked_elsewhere = false;
        for (name, question) in found.state.questions.iter() {
            if let Some(guard) = ledger.begin_asking(&found.record.id, name) {
                let (name, question) = (name.to_owned(), question.clone());
                let (context, meta) = (context.clone(), related(&found.record.id));
                asking.push(async move {
                    let answer = ask(context, question, meta).await;
                    (name, answer, guard)
                });
            } else {
                is_asked_elsewhere = true;
            }
        }
        tokio::select! {
            Some((name, answer, _asking)) = asking.next() => {
                let given = InputResponses::from_iter([(name, answer?)]);
                let change = |state: &mut fmcp_core::TaskState| {
                    state.answer(given.clone(), crate::tasks::now())
                };
                ledger.change(&found.record.id, change).await?;
            }
            () = gone, if is_asked_elsewhere => {}
            changed = ledger.changed(&found) => changed?,
        }
        found = ledger.find(call, &found.record.id).await?;
    }
    came_of(&found)
}

async fn ask(context: Context, question: InputRequest, meta: Meta) -> Result<Raw> {
    context.ask_for_task(question, meta).await
}

/// What came of a task that has come to its end.
fn came_of(found: &Found) -> Result<Reply> {
    match (&found.state.status, &found.state.result, &found.state.error) {
        (_, Some(result), _) => {
            let mut result: CallToolResult = result
                .parse()
                .map_err(|e| Error::internal("the result of a task cannot be read").caused_by(e))?;
            let related = related(&found.record.id);
            let meta = result.meta.get_or_insert_default();
            for (key, value) in related.iter() {
                meta.insert(key.to_owned(), value.clone());
            }
            Ok(result.into())
        }
        (_, _, Some(error)) => Err(error.clone().into()),
        (TaskStatus::Cancelled, ..) => Err(Error::new(Kind::Cancelled, "the task was cancelled")),
        _ => Err(Error::internal("the task has ended, and nobody knows how")),
    }
}

fn related(id: &str) -> Meta {
    Meta::new().with(Meta::RELATED_TASK, json!({"taskId": id}))
}

/// What somebody who waits for a result has been told meanwhile.
struct Told {
    order: TaskOrder,
    version: Option<u64>,
}

impl Told {
    fn new(found: &Found) -> Result<Self> {
        Ok(Self {
            order: TaskOrder::read(&found.record.order)?,
            version: None,
        })
    }

    /// Tells how far the task is, unless that has been told.
    async fn tell(&mut self, call: &Call, found: &Found) {
        let Some(peer) = call.peer() else { return };
        if self.version.replace(found.record.version) == Some(found.record.version) {
            return;
        }
        if let Some(status) = older(call.revision(), found) {
            peer.notify(status).await;
        }
        let token = self.order.call(&found.record.id, None).ok();
        let token = token.and_then(|call| call.progress_token());
        if let (Some(token), Some(progress)) = (token, &found.state.progress) {
            let mut report = ProgressParams::new(token, progress.done.clone());
            report.total.clone_from(&progress.total);
            report.message.clone_from(&found.state.message);
            peer.notify(Notice::Progress(report)).await;
        }
    }
}

/// How far a task is, as revision 2025-11-25 tells it.
pub(super) fn older(revision: Revision, found: &Found) -> Option<Notice> {
    let mut text = Vec::new();
    revision
        .write(&Method::GetTask, found.task().into(), None, &mut text)
        .ok()?;
    Some(Notice::Other(Topic::TaskStatus, Params::new(text).ok()?))
}
