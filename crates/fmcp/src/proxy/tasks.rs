//! Tools of an upstream that run as tasks.
//!
//! A caller never gets the upstream's task, but one of this server's, bound to the caller as all of its tasks are,
//! in whatever form the caller's revision has. It begins the upstream's, in that one's form, and follows it: how
//! far it is, what it asks, what comes of it. So no id of an upstream is worth anything here, and whoever
//! ends the one ends the other.

use std::{collections::HashSet, sync::Arc, time::Duration};

use fmcp_core::{
    Call, Error, Extra, Kind, Notice, Raw, Reply, Result, TaskOffer,
    protocol::{
        Era, Method, Params, Revision,
        model::{
            CallToolResult, ClientCapabilities, InputRequests, Meta, ProgressParams, ProgressToken,
            ResultType, Task, TaskStatus, Tool,
        },
        revision::TaskTerms,
    },
};
use futures_util::future::try_join_all;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{back::Back, gate::Gate, lanes::Lane, rounds};
use crate::{TaskMode, client::Upstream, mirrored::Mirrored, tasks::Support};

/// Under which name a task keeps the id of the one that it follows.
const KEPT: &str = "proxy:task";

/// How long to wait before asking again an upstream that does not say, and the least and most that it can wish.
const INTERVAL: Duration = Duration::from_secs(1);
const WISHES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(60));

/// How often in a row it may not be found out how far a task is.
const FAILURES: u32 = 5;

/// How many questions a task may ask in all.
const QUESTIONS: usize = 1_000;

/// Whether the method is about a task.
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

/// Whether the upstream may ask something for a call: not while it is only asked how far a task is.
pub(super) fn may_ask(method: &Method) -> bool {
    !owns(method) || *method == Method::TaskResult
}

/// Whether a tool of an upstream may run as a task, which its definition then says.
///
/// An upstream of the newest revision decides with each call, so that any of its tools may.
pub(super) fn support(upstream: &Upstream, tool: &mut Tool) -> Support {
    let Ok(link) = upstream.link() else {
        return Support::default();
    };
    let (about, mut support) = (link.about(), Support::default());
    let can = &about.capabilities;
    match link.revision().era() {
        Era::Modern => {
            let extensions = can.extensions.as_ref();
            if extensions.is_some_and(|all| all.get(Task::EXTENSION).is_some()) {
                support.mode = TaskMode::Optional;
                support.asks_first = true;
                let said = json!({"taskSupport": support.mode.as_str()});
                tool.extra.insert("execution", said);
            }
        }
        Era::Legacy => {
            let takes = can.tasks.as_ref().map(Raw::to_value);
            if takes.is_some_and(|tasks| tasks["requests"]["tools"]["call"].is_object()) {
                let said = tool.extra.get("execution").map(Raw::to_value);
                let said = said.as_ref().and_then(|said| said["taskSupport"].as_str());
                support.mode = match said {
                    Some("optional") => TaskMode::Optional,
                    Some("required") => TaskMode::Required,
                    _ => TaskMode::Forbidden,
                };
            }
        }
    }
    support
}

/// Lets the upstream answer the call of a tool that may run as a task.
pub(super) async fn call(
    gate: &Arc<Gate>,
    call: Call,
    mirrored: Option<&Mirrored>,
) -> Result<Reply> {
    if call.task_id().is_some() {
        return run(gate, call, mirrored).await;
    }
    match call.task_offer() {
        None => gate.pass(untasked(call)?, mirrored).await,
        Some(TaskOffer::WhenToldSo) => {
            let reply = gate.pass(call.clone(), mirrored).await?;
            let Some(task) = promise(&reply)? else {
                return Ok(reply);
            };
            call.rounds()
                .keep(KEPT.to_owned(), json!(task.task_id).into());
            Err(begins().data(call.rounds().memory()?))
        }
        Some(_) => Err(begins()),
    }
}

fn begins() -> Error {
    Error::new(Kind::TaskBegins, "the call goes on as a task")
}

/// A call that is to be answered with a result.
fn untasked(call: Call) -> Result<Call> {
    if matches!(call.task_terms(), TaskTerms::Never | TaskTerms::Unwanted) {
        return Ok(call);
    }
    let mut fields: Extra = call.params().parse()?;
    if call.revision().era() == Era::Legacy {
        fields.remove("task");
        return Ok(call.with_params(Params::of(&fields)?));
    }
    let mut capabilities = call.client_capabilities();
    if let Some(extensions) = &mut capabilities.extensions {
        extensions.remove(Task::EXTENSION);
    }
    saying(&call, fields, &capabilities)
}

/// A call that is to become a task of an upstream of this era.
fn tasked(call: &Call, era: Era) -> Result<Call> {
    let mut fields: Extra = call.params().parse()?;
    if era == Era::Legacy {
        let left = call.deadline().map(|until| {
            let left = Instant::from_std(until).saturating_duration_since(Instant::now());
            u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
        });
        let wish = left.map_or_else(|| json!({}), |ttl| json!({"ttl": ttl}));
        fields.insert("task", wish);
        return Ok(call.clone().with_params(Params::of(&fields)?));
    }
    saying(call, fields, &able(call))
}

/// What the caller can do, and that tasks are taken here.
fn able(call: &Call) -> ClientCapabilities {
    let mut capabilities = call.client_capabilities();
    let extensions = capabilities.extensions.get_or_insert_default();
    extensions.insert(Task::EXTENSION, Raw::empty_object());
    capabilities
}

/// The call with these parameters, from somebody who can do this.
fn saying(call: &Call, mut fields: Extra, capabilities: &ClientCapabilities) -> Result<Call> {
    let mut meta = call.meta();
    meta.insert(Meta::CLIENT_CAPABILITIES, raw(capabilities)?);
    fields.insert("_meta", raw(&meta)?);
    Ok(call.clone().with_params(Params::of(&fields)?))
}

fn raw<T: serde::Serialize>(value: &T) -> Result<Raw> {
    Raw::from_serialize(value)
        .map_err(|e| Error::internal("a question about a task cannot be written").caused_by(e))
}

/// The upstream's task, where the answer to a call is the promise of one.
fn promise(reply: &Reply) -> Result<Option<Task>> {
    let task = match reply {
        Reply::Task(task) => Some(Task::clone(task)),
        Reply::Raw(revision, text) if text.as_str().contains("\"task\"") => {
            match revision.raise(&Method::CallTool, text)? {
                Reply::Task(task) => Some(*task),
                _ => None,
            }
        }
        _ => None,
    };
    Ok(task.filter(|task| task.result_type == Some(ResultType::Task)))
}

/// Runs the call as a task of this server's.
async fn run(gate: &Arc<Gate>, call: Call, mirrored: Option<&Mirrored>) -> Result<Reply> {
    let lane = gate.lane(&call).await?;
    let kept = call.rounds().kept(KEPT);
    if let Some(id) = kept.and_then(|id| id.parse::<String>().ok()) {
        let mut followed = Followed::new(gate, &call, lane.clone(), id)?;
        // Where the one that had begun it was ended, so was the upstream's; then it is begun anew.
        if followed.look().await?.status != TaskStatus::Cancelled {
            return followed.outcome().await;
        }
    }
    let asked = tasked(&call, lane.link.revision().era())?;
    let reply = gate.pass(asked, mirrored).await?;
    match promise(&reply)? {
        None => Ok(reply),
        Some(task) => {
            call.rounds()
                .keep(KEPT.to_owned(), json!(task.task_id).into());
            let mut followed = Followed::new(gate, &call, lane, task.task_id.clone())?;
            followed.wait(&task).await;
            followed.outcome().await
        }
    }
}

/// A task of the upstream that one of this server follows. Dropped before its end, it is ended.
struct Followed<'a> {
    gate: &'a Arc<Gate>,
    call: &'a Call,
    lane: Lane,
    id: String,
    back: Back,
    answered: HashSet<String>,
    /// What has been told last, and how often.
    told: (Option<String>, u64),
    is_over: bool,
}

impl<'a> Followed<'a> {
    fn new(gate: &'a Arc<Gate>, call: &'a Call, lane: Lane, id: String) -> Result<Self> {
        Ok(Self {
            back: Back::new(call, None, None),
            gate,
            call,
            lane,
            id,
            answered: HashSet::new(),
            told: (None, 0),
            is_over: false,
        })
    }

    fn era(&self) -> Era {
        self.lane.link.revision().era()
    }

    /// A question about the task.
    fn question(&self, method: Method, mut fields: Extra) -> Result<Call> {
        fields.insert("taskId", json!(self.id));
        let said = json!({Meta::CLIENT_CAPABILITIES: raw(&able(self.call))?.to_value()});
        fields.insert("_meta", said);
        let mut asked = Call::new(method, Params::of(&fields)?);
        if let Some(id) = self.call.task_id() {
            asked = asked.with_task(id);
        }
        if let Some(peer) = self.call.peer() {
            asked = asked.with_peer(Arc::clone(peer));
        }
        if let Some(session) = self.call.session() {
            asked = asked.with_session(Arc::clone(session));
        }
        Ok(asked)
    }

    async fn ask(&self, method: Method, fields: Extra) -> Result<Reply> {
        let asked = self.question(method, fields)?;
        self.gate.ask_again(asked, &self.lane).await
    }

    /// How far it is, and says so to whoever looks after the task of this server.
    async fn look(&mut self) -> Result<Task> {
        let task = match self.ask(Method::GetTask, Extra::new()).await?.unshared() {
            Reply::Raw(revision, text) => revision.raise(&Method::GetTask, &text)?,
            reply => reply,
        };
        let Reply::Task(task) = task else {
            let words = "what the upstream says about a task is no task";
            return Err(Error::new(Kind::InvalidRequest, words));
        };
        if task.status_message != self.told.0 {
            self.told = (task.status_message.clone(), self.told.1 + 1);
            if let (Some(words), Some(peer), false) =
                (&self.told.0, self.call.peer(), task.status.is_final())
            {
                let token = self.call.progress_token();
                let token = token.unwrap_or_else(|| ProgressToken::from("task"));
                let mut report = ProgressParams::new(token, self.told.1);
                report.message = Some(words.clone());
                peer.notify(Notice::Progress(report)).await;
            }
        }
        Ok(*task)
    }

    /// What comes of it.
    async fn outcome(&mut self) -> Result<Reply> {
        let mut failures = 0;
        loop {
            let task = match self.look().await {
                Ok(task) => task,
                Err(error) if error.is_retryable() && failures < FAILURES => {
                    failures += 1;
                    tracing::debug!(%error, "it is not known how far a task of an upstream is");
                    sleep(error.pause().unwrap_or(INTERVAL).min(WISHES.1)).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            failures = 0;
            if task.status.is_final() {
                self.is_over = true;
                return self.came_of(task).await;
            }
            if task.status == TaskStatus::InputRequired {
                self.answer(&task).await?;
            }
            self.wait(&task).await;
        }
    }

    async fn wait(&self, task: &Task) {
        let wish = task.poll_interval_ms.map(Duration::from_millis);
        sleep(wish.unwrap_or(INTERVAL).clamp(WISHES.0, WISHES.1)).await;
    }

    async fn came_of(&self, task: Task) -> Result<Reply> {
        match (task.status, task.result, task.error) {
            (TaskStatus::Cancelled, ..) => {
                let words = "the upstream has ended the task";
                Err(Error::new(Kind::Cancelled, words).from_origin(self.gate.origin()))
            }
            (_, Some(result), _) => Ok(Reply::Raw(Revision::NEWEST, result)),
            (_, _, Some(error)) => Err(Error::from(error).from_origin(self.gate.origin())),
            _ if self.era() == Era::Legacy => {
                let reply = self.ask(Method::TaskResult, Extra::new()).await?;
                without_id(reply)
            }
            _ => {
                let words = "the task has ended, and the upstream does not say how";
                Err(Error::new(Kind::InvalidRequest, words).from_origin(self.gate.origin()))
            }
        }
    }

    /// Hands on what it asks, and the answers.
    async fn answer(&mut self, task: &Task) -> Result<()> {
        if self.era() == Era::Legacy {
            // Questions come over the session, to whoever waits for the result; what comes of it is asked again.
            return match self.ask(Method::TaskResult, Extra::new()).await {
                Err(error) if !error.is_retryable() && !self.look().await?.status.is_final() => {
                    Err(error)
                }
                _ => Ok(()),
            };
        }
        let asked = task.input_requests.clone().unwrap_or_default();
        let new: InputRequests = asked
            .into_iter()
            .filter(|(name, _)| !self.answered.contains(&**name))
            .collect();
        if self.answered.len() + new.len() > QUESTIONS {
            let words = format!("the task of the upstream asks more than {QUESTIONS} questions");
            return Err(Error::new(Kind::InvalidRequest, words));
        }
        let back = &self.back;
        let answers = new.into_iter().map(|(name, question)| async move {
            Ok::<_, Error>((name, rounds::answer(back, question).await?))
        });
        let answers: Extra = try_join_all(answers).await?.into_iter().collect();
        if answers.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = answers.iter().map(|(name, _)| name.to_owned()).collect();
        let fields = Extra::from_iter([("inputResponses", raw(&answers)?)]);
        self.ask(Method::UpdateTask, fields).await?;
        self.answered.extend(names);
        Ok(())
    }
}

impl Drop for Followed<'_> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let Ok(question) = self.question(Method::CancelTask, Extra::new()) else {
            return;
        };
        let (gate, lane) = (Arc::clone(self.gate), self.lane.clone());
        self.gate.farewells.say(async move {
            if let Err(error) = gate.ask_again(question, &lane).await {
                tracing::debug!(%error, "a task of an upstream could not be ended");
            }
        });
    }
}

/// A result without the upstream's id of its task, of which this server's takes the place.
fn without_id(reply: Reply) -> Result<Reply> {
    let reply = match reply.unshared() {
        Reply::Raw(revision, text) => revision.raise(&Method::CallTool, &text)?,
        reply => reply,
    };
    let mut result: CallToolResult = reply.into_tool()?;
    if let Some(meta) = &mut result.meta {
        meta.remove(Meta::RELATED_TASK);
    }
    Ok(result.into())
}
