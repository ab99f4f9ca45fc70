//! Between calls and the queue: makes tasks, shows them to whom they belong, and changes them.

use std::{
    collections::HashSet,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use fmcp_core::{
    Call, Error, Kind, Raw, Result, TaskOrder, TaskRecord, TaskState,
    protocol::{
        model::{ResultType, Task},
        revision::TaskTerms,
    },
};
use serde_json::json;
use tokio::sync::{Notify, futures::Notified};

use super::Tasks;

/// How often a change is tried again that somebody else was ahead of.
const TRIES: usize = 64;

/// How many tasks are held whole at a time, while some are listed: each may have a large result.
const AT_ONCE: usize = 8;

/// How long a task is kept when its time is over.
const AFTERLIFE: Duration = Duration::from_secs(60);

/// The tasks of a server.
pub(crate) struct Ledger {
    pub(super) settings: Tasks,
    /// Which questions clients are being asked in this process: task and name.
    asking: Mutex<HashSet<(Box<str>, Box<str>)>>,
    /// One of them is not asked any more.
    asked: Notify,
}

/// A task as it was found.
pub(crate) struct Found {
    pub(crate) record: TaskRecord,
    pub(crate) state: TaskState,
}

impl Found {
    fn read(record: TaskRecord) -> Result<Self> {
        let state = TaskState::read(&record.state)?;
        Ok(Self { record, state })
    }

    /// The task as its client sees it.
    pub(crate) fn task(&self) -> Task {
        self.state.task(&self.record.id)
    }
}

impl Ledger {
    pub(crate) fn new(settings: Tasks) -> Self {
        Self {
            settings,
            asking: Mutex::default(),
            asked: Notify::new(),
        }
    }

    /// Makes a task of `call`. When this is done, it is kept.
    ///
    /// # Errors
    /// When there is no room for it, or it is larger than a task may be.
    pub(crate) async fn create(&self, call: &Call, memory: Option<Raw>) -> Result<Task> {
        let settings = &self.settings;
        let ttl = match call.task_terms() {
            TaskTerms::Wanted(Some(wish)) => Duration::from_millis(wish).min(settings.max_ttl),
            _ => settings.ttl,
        };
        let poll = millis(settings.poll_interval).max(1);
        let state = TaskState::new(now(), millis(ttl).max(1), Some(poll));
        let order = TaskOrder::new(call, memory)?.write()?;
        if order.len() > settings.order_bytes {
            let (size, most) = (order.len(), settings.order_bytes);
            return Err(Error::invalid_params(format!(
                "the call has {size} bytes, of which a task may keep {most}"
            )));
        }
        let record = TaskRecord {
            id: new_id()?,
            owner: owner(call),
            order,
            state: state.write()?,
            version: 0,
        };
        let mut task = state.task(&record.id);
        task.result_type = Some(ResultType::Task);
        settings
            .queue
            .accept(record, keep(&state), settings.room)
            .await?;
        tracing::info!(tool = ?call.name(), "a task was accepted");
        Ok(task)
    }

    /// The task of this id, if it is the caller's.
    ///
    /// # Errors
    /// When it is not, or there is none: nobody can tell which.
    pub(crate) async fn find(&self, call: &Call, id: &str) -> Result<Found> {
        let record = self.settings.queue.read(id).await?;
        let record = record.filter(|record| record.owner == owner(call));
        Found::read(record.ok_or_else(unknown)?)
    }

    /// The caller's tasks behind the one that goes by `after`, without what came of them.
    pub(crate) async fn list(&self, call: &Call, after: &str, limit: usize) -> Result<Vec<Task>> {
        let (owner, mut after) = (owner(call), Box::<str>::from(after));
        let mut tasks = Vec::new();
        while tasks.len() < limit {
            let wanted = AT_ONCE.min(limit - tasks.len());
            let records = self.settings.queue.list(&owner, &after, wanted).await?;
            let is_last = records.len() < wanted;
            for record in records {
                after = (&*record.id).into();
                let mut task = Found::read(record)?.task();
                (task.result, task.error, task.input_requests) = (None, None, None);
                tasks.push(task);
            }
            if is_last {
                break;
            }
        }
        Ok(tasks)
    }

    /// Waits until the task is not as it was found.
    pub(crate) async fn changed(&self, found: &Found) -> Result<()> {
        let record = &found.record;
        self.settings
            .queue
            .changed(&record.id, record.version)
            .await
    }

    /// Changes a task with `change`, which says whether it has, as often as somebody else is ahead. `None`: there is no
    /// such task any more.
    ///
    /// # Errors
    /// When `change` fails, or the task cannot be read or written.
    pub(crate) async fn change(
        &self,
        id: &str,
        mut change: impl FnMut(&mut TaskState) -> Result<bool> + Send,
    ) -> Result<Option<Found>> {
        for _ in 0..TRIES {
            let Some(record) = self.settings.queue.read(id).await? else {
                return Ok(None);
            };
            let mut found = Found::read(record)?;
            if !change(&mut found.state)? {
                return Ok(Some(found));
            }
            let retention = self.settings.retention;
            if let Some(retention) = retention.filter(|_| found.state.is_final()) {
                let age = now().saturating_sub(found.state.created);
                found.state.ttl_ms = age.saturating_add(millis(retention));
            }
            let state = found.state.write()?;
            let (version, keep) = (found.record.version, keep(&found.state));
            if self
                .settings
                .queue
                .write(id, version, state.clone(), keep)
                .await?
            {
                found.record.state = state;
                found.record.version += 1;
                return Ok(Some(found));
            }
        }
        Err(Error::new(
            Kind::Overloaded,
            "the task changes too fast to be changed; try again",
        ))
    }

    /// Comes when somebody does not ask any more, from now on.
    pub(crate) fn asks_no_more(&self) -> Notified<'_> {
        self.asked.notified()
    }

    /// Whether nobody in this process asks this yet; then the caller does, until the guard is dropped.
    pub(crate) fn begin_asking(self: &Arc<Self>, id: &str, name: &str) -> Option<Asking> {
        let key = (Box::from(id), Box::from(name));
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        asking.insert(key.clone()).then(|| Asking {
            ledger: Arc::clone(self),
            key,
        })
    }
}

/// A question is being asked, as long as this is there.
pub(crate) struct Asking {
    ledger: Arc<Ledger>,
    key: (Box<str>, Box<str>),
}

impl Drop for Asking {
    fn drop(&mut self) {
        let asking = &self.ledger.asking;
        asking
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
        // The one who asked may have gone away without an answer; then somebody else has to ask.
        self.ledger.asked.notify_waiters();
    }
}

/// How long a task is to be kept from now on: longer than its time, so that whoever asks finds out that it is over.
fn keep(state: &TaskState) -> Duration {
    left(state) + AFTERLIFE
}

/// When the time of a task is over, from now on.
pub(super) fn left(state: &TaskState) -> Duration {
    let until = state.created.saturating_add(state.ttl_ms);
    Duration::from_millis(until.saturating_sub(now()).max(1))
}

/// Whose a task is. Who is not known owns what nobody owns: then only the id protects it.
fn owner(call: &Call) -> Arc<str> {
    match call.principal() {
        None => "".into(),
        Some(principal) => {
            let who = (&principal.subject, &principal.issuer, &principal.client_id);
            json!(who).to_string().into()
        }
    }
}

fn unknown() -> Error {
    Error::invalid_params("there is no such task, or not any more")
}

/// The error for a client that has not declared the extension.
pub(crate) fn lacks_extension(words: &str) -> Error {
    let required = json!({"extensions": {Task::EXTENSION: {}}});
    Error::new(
        Kind::MissingCapability,
        format!("{words}; the client has not said that it takes tasks"),
    )
    .data(json!({"requiredCapabilities": required}))
}

/// An id that nobody can guess.
fn new_id() -> Result<Arc<str>> {
    let mut bytes = [0; 16];
    fmcp_transport::seal::random(&mut bytes)
        .ok_or_else(|| Error::internal("the system has no randomness for the id of a task"))?;
    let mut id = String::with_capacity(32);
    for byte in bytes {
        let _ = write!(id, "{byte:02x}");
    }
    Ok(id.into())
}

pub(crate) fn now() -> u64 {
    millis(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default(),
    )
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
