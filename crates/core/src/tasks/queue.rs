//! The seam to whatever keeps tasks and hands them out to be run.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{BoxFuture, Result};

/// What is kept of a task.
#[derive(Clone)]
pub struct TaskRecord {
    /// What it goes by. Nobody can guess it, so it must not show in a log.
    pub id: Arc<str>,
    /// Whose it is; empty where nobody knows who is calling.
    pub owner: Arc<str>,
    /// What is to be run. It never changes.
    pub order: Bytes,
    /// How far it is.
    pub state: Bytes,
    /// How often the state has been written: 0 at first.
    pub version: u64,
}

/// Neither ids nor what is in a record may show in a log.
impl fmt::Debug for TaskRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskRecord")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// How many tasks there may be.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TaskRoom {
    /// In all, until they are forgotten.
    pub kept: usize,
    /// Of one owner, where it is known who that is.
    pub kept_by_owner: usize,
    /// That wait for their turn.
    pub waiting: usize,
}

impl TaskRoom {
    /// Room for so many.
    #[must_use]
    pub const fn new(kept: usize, kept_by_owner: usize, waiting: usize) -> Self {
        Self {
            kept,
            kept_by_owner,
            waiting,
        }
    }
}

/// A task that has been handed out to be run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskClaim {
    /// The task, as it was then.
    pub task: TaskRecord,
    /// What the claim goes by.
    pub lease: Box<str>,
    /// How often the task has been handed out and not been given back, this time included.
    pub attempt: u32,
}

impl TaskClaim {
    /// A claim.
    pub fn new(task: TaskRecord, lease: impl Into<Box<str>>, attempt: u32) -> Self {
        Self {
            task,
            lease: lease.into(),
            attempt,
        }
    }
}

/// How a claim ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaskEnd {
    /// The task has come to its end, which stands in its state.
    Done,
    /// It is given back, and somebody else shall run it: that it was handed out does not count.
    Again,
    /// It has been handed out too often, and its state says so; it may be put aside for somebody to look at.
    Dead,
}

/// Keeps tasks, and hands them out to those who run them: in memory, in Redis, wherever.
///
/// It knows nothing of what a task is: orders and states are bytes to it. What it promises is this. Once
/// [`accept`](Self::accept) has succeeded, the task is read by its id, from anywhere, and it is handed out at least
/// once. A task that is handed out is nobody else's until its lease is over; then it is handed out again. A state is
/// written only by who knows the one before. What has been kept as long as it should be is never seen
/// again, whenever it is removed.
///
/// Dropping a future is always allowed: nothing has been claimed by it then, or it is claimed again when
/// the lease is over.
pub trait TaskQueue: Send + Sync + 'static {
    /// Keeps a new task for `keep`, and hands it out to whoever claims next.
    ///
    /// # Errors
    /// [`Kind::Overloaded`](crate::Kind::Overloaded) where there is no room for it.
    fn accept(&self, task: TaskRecord, keep: Duration, room: TaskRoom)
    -> BoxFuture<'_, Result<()>>;

    /// Waits for the next task to be run. It is the caller's for `lease`, and longer if it is renewed.
    fn claim(&self, lease: Duration) -> BoxFuture<'_, Result<TaskClaim>>;

    /// Begins the lease anew. `false`: it was over already, and somebody else may run the task.
    fn renew<'a>(&'a self, claim: &'a TaskClaim, lease: Duration) -> BoxFuture<'a, Result<bool>>;

    /// Ends a claim. One that is over is left alone.
    fn settle<'a>(&'a self, claim: &'a TaskClaim, end: TaskEnd) -> BoxFuture<'a, Result<()>>;

    /// The task of this id.
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<TaskRecord>>>;

    /// Writes a state in the place of the one with `version`, and keeps the task for `keep` from now on. `false`: the
    /// state is another by now, or there is no such task.
    fn write<'a>(
        &'a self,
        id: &'a str,
        version: u64,
        state: Bytes,
        keep: Duration,
    ) -> BoxFuture<'a, Result<bool>>;

    /// Waits until the state is another than the one with `version`, or the task is gone.
    fn changed<'a>(&'a self, id: &'a str, version: u64) -> BoxFuture<'a, Result<()>>;

    /// At most `limit` tasks of an owner whose ids come after `after`, in the order of their ids.
    fn list<'a>(
        &'a self,
        owner: &'a str,
        after: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<TaskRecord>>>;
}

impl<Q: TaskQueue + ?Sized> TaskQueue for Arc<Q> {
    fn accept(
        &self,
        task: TaskRecord,
        keep: Duration,
        room: TaskRoom,
    ) -> BoxFuture<'_, Result<()>> {
        (**self).accept(task, keep, room)
    }

    fn claim(&self, lease: Duration) -> BoxFuture<'_, Result<TaskClaim>> {
        (**self).claim(lease)
    }

    fn renew<'a>(&'a self, claim: &'a TaskClaim, lease: Duration) -> BoxFuture<'a, Result<bool>> {
        (**self).renew(claim, lease)
    }

    fn settle<'a>(&'a self, claim: &'a TaskClaim, end: TaskEnd) -> BoxFuture<'a, Result<()>> {
        (**self).settle(claim, end)
    }

    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<TaskRecord>>> {
        (**self).read(id)
    }

    fn write<'a>(
        &'a self,
        id: &'a str,
        version: u64,
        state: Bytes,
        keep: Duration,
    ) -> BoxFuture<'a, Result<bool>> {
        (**self).write(id, version, state, keep)
    }

    fn changed<'a>(&'a self, id: &'a str, version: u64) -> BoxFuture<'a, Result<()>> {
        (**self).changed(id, version)
    }

    fn list<'a>(
        &'a self,
        owner: &'a str,
        after: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<TaskRecord>>> {
        (**self).list(owner, after, limit)
    }
}
