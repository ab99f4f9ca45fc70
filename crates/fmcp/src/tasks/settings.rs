//! How a server keeps and runs tasks.

use std::{fmt, sync::Arc, time::Duration};

use fmcp_core::{TaskQueue, TaskRoom};

use super::TasksInMemory;

/// How a server keeps and runs tasks: for [`Server::tasks`](crate::Server::tasks). Without a word about it, as
/// [`Tasks::new`] says.
///
/// ```
/// use std::time::Duration;
/// use fmcp::{Server, Tasks};
///
/// let tasks = Tasks::new()
///     .running(4)
///     .ttl(Duration::from_secs(600))
///     .poll_interval(Duration::from_secs(2));
/// let server = Server::new("reports").tasks(tasks);
/// ```
#[derive(Clone)]
pub struct Tasks {
    pub(super) queue: Arc<dyn TaskQueue>,
    pub(super) ttl: Duration,
    pub(super) max_ttl: Duration,
    pub(super) retention: Option<Duration>,
    pub(super) poll_interval: Duration,
    pub(super) report_every: Duration,
    pub(super) running: usize,
    pub(super) room: TaskRoom,
    pub(super) lease: Duration,
    pub(super) tries: u32,
    pub(super) grace: Duration,
    pub(super) order_bytes: usize,
    pub(super) result_bytes: usize,
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

impl Tasks {
    /// Tasks in memory: 16 at once, 1,000 waiting, 10,000 kept, 1,000 for each principal; for an hour.
    #[must_use]
    pub fn new() -> Self {
        Self {
            queue: Arc::new(TasksInMemory::new()),
            ttl: Duration::from_secs(60 * 60),
            max_ttl: Duration::from_secs(24 * 60 * 60),
            retention: None,
            poll_interval: Duration::from_secs(1),
            report_every: Duration::from_millis(500),
            running: 16,
            room: TaskRoom::new(10_000, 1_000, 1_000),
            lease: Duration::from_secs(30),
            tries: 3,
            grace: Duration::from_secs(5),
            order_bytes: 1 << 20,
            result_bytes: 8 << 20,
        }
    }

    /// Sets where tasks are kept until they are done, and after.
    #[must_use]
    pub fn queue(mut self, queue: impl TaskQueue) -> Self {
        self.queue = Arc::new(queue);
        self
    }

    /// Sets for how long a task is kept, from when it was made: one that is not done by then has failed.
    /// Without it, an hour.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// Sets how long a client may wish a task to be kept (in revision 2025-11-25, where it may wish). Without
    /// it, a day.
    #[must_use]
    pub fn max_ttl(mut self, ttl: Duration) -> Self {
        self.max_ttl = ttl;
        self
    }

    /// Sets for how long a result is kept, from when it is there. Without it, as long as the task would
    /// have been.
    #[must_use]
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = Some(retention);
        self
    }

    /// Sets how long clients should wait before they ask again. Without it, a second.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Sets how often a task's progress is written down at the most. Without it, twice a second.
    #[must_use]
    pub fn report_every(mut self, interval: Duration) -> Self {
        self.report_every = interval;
        self
    }

    /// Sets how many tasks run here at once; those that wait for an answer of their client do not count. `0`: this
    /// process runs none, and leaves them to others that share the queue. Without it, 16.
    #[must_use]
    pub fn running(mut self, tasks: usize) -> Self {
        self.running = tasks;
        self
    }

    /// Sets how many tasks may wait for their turn; further ones are refused. Without it, 1,000.
    #[must_use]
    pub fn waiting(mut self, tasks: usize) -> Self {
        self.room.waiting = tasks;
        self
    }

    /// Sets how many tasks are kept, those that are done included; further ones are refused. Without it, 10,000.
    #[must_use]
    pub fn kept(mut self, tasks: usize) -> Self {
        self.room.kept = tasks;
        self
    }

    /// Sets how many of them may be of one principal. Without it, 1,000.
    #[must_use]
    pub fn kept_per_principal(mut self, tasks: usize) -> Self {
        self.room.kept_by_owner = tasks;
        self
    }

    /// Sets after how long a task is run again whose process has not been heard of. Without it, half a minute.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_millis(30));
        self
    }

    /// Sets how often a task is begun, should the process that runs it die. Without it, three times.
    #[must_use]
    pub fn tries(mut self, tries: u32) -> Self {
        self.tries = tries.max(1);
        self
    }

    /// Sets how long tasks that run may go on when the server stops. Without it, five seconds.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sets how large a call may be that becomes a task, for its arguments are kept as long as the task is: a larger one is
    /// refused. Without it, 1 MiB.
    #[must_use]
    pub fn order_bytes(mut self, bytes: usize) -> Self {
        self.order_bytes = bytes;
        self
    }

    /// Sets how large a result may be, for it is kept until it is fetched, or longer: a task with a larger one has
    /// failed. Without it, 8 MiB.
    #[must_use]
    pub fn result_bytes(mut self, bytes: usize) -> Self {
        self.result_bytes = bytes;
        self
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks")
            .field("ttl", &self.ttl)
            .field("running", &self.running)
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}
