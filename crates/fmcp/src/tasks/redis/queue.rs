//! The queue.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ::redis::{ScriptInvocation, aio::MultiplexedConnection, cmd, streams::StreamReadReply};
use bytes::Bytes;
use fmcp_core::{
    BoxFuture, Error, Kind, Result, TaskClaim, TaskEnd, TaskQueue, TaskRecord, TaskRoom,
};
use tokio::time::timeout;

use super::{
    changes::Changes,
    places::Places,
    safe::{Part, Safe},
    scripts::{self, CONSUMER, GROUP},
};
use crate::store::{
    Redis,
    redis::{Again, Link, failed},
};

/// For how long is waited for work at one time, at most: then is looked whether a lease is over.
const WAIT: Duration = Duration::from_secs(2);

/// How often who waits for a change looks, should the word of it be lost.
const LOOK: Duration = Duration::from_secs(5);

/// How many tasks of one owner are looked through for a list.
const MAX_LISTED: usize = 10_000;

/// Keeps tasks in Redis, and hands them out to whoever runs them, in any process on any machine.
///
/// Once a task has been accepted, it is done whoever dies: it is run again when whoever ran it has not been heard of
/// for the lease, and put [aside](Self::dead) when that has happened too often. How safe it is that Redis itself
/// forgets nothing is what its `appendonly` and `appendfsync` say.
///
/// ```no_run
/// use fmcp::{Server, Tasks, TasksInRedis, store::Redis};
///
/// # fn main() -> fmcp::Result<()> {
/// let redis = Redis::new("redis://redis.example.com")?.prefix("shop");
/// let queue = TasksInRedis::new(redis).encrypted("32 bytes at the least, all random")?;
/// let server = Server::new("shop").tasks(Tasks::new().queue(queue));
/// # Ok(()) }
/// ```
pub struct TasksInRedis {
    link: Link,
    places: Places,
    safe: Safe,
    changes: Changes,
    /// What the claims of this process begin with.
    worker: Box<str>,
    claims: AtomicU64,
    /// A connection that waits for work, when nobody does on it.
    waiting: Mutex<Option<MultiplexedConnection>>,
}

impl TasksInRedis {
    /// The queue under the prefix of `redis`.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self {
            link: redis.link.clone(),
            places: Places::new(redis.clone()),
            safe: Safe::default(),
            changes: Changes::new(redis),
            worker: worker().into(),
            claims: AtomicU64::new(0),
            waiting: Mutex::default(),
        }
    }

    /// Seals what is to be done, for whom, and what came of it, with a secret of 32 bytes or more, which should be
    /// random and the same in all processes. Said again, it also opens what was sealed with another.
    ///
    /// # Errors
    /// When the secret is shorter.
    pub fn encrypted(mut self, secret: impl AsRef<[u8]>) -> Result<Self> {
        self.safe = self.safe.with(secret.as_ref())?;
        Ok(self)
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    /// What has been taken, as a claim.
    fn claimed(&self, lease: &str, taken: Taken) -> Result<TaskClaim> {
        let (id, entry, owner, order, state, version, attempts) = taken;
        let record = self.record(&id, owner, order, state, version)?;
        Ok(TaskClaim::new(record, format!("{lease}|{entry}"), attempts))
    }

    fn record(
        &self,
        id: &str,
        owner: Vec<u8>,
        order: Vec<u8>,
        state: Vec<u8>,
        version: u64,
    ) -> Result<TaskRecord> {
        let open = |part, text| self.safe.open(id, part, text);
        let owner = String::from_utf8(open(Part::Owner, owner)?)
            .map_err(|e| Error::internal("the owner of a task is no text").caused_by(e))?;
        Ok(TaskRecord {
            id: id.into(),
            owner: owner.into(),
            order: open(Part::Order, order)?.into(),
            state: open(Part::State(version), state)?.into(),
            version,
        })
    }

    /// Takes what there is to be run, if there is something: this entry, or any.
    async fn take(
        &self,
        lease: Duration,
        entry: Option<(&str, &str)>,
    ) -> Result<Option<TaskClaim>> {
        let name = format!(
            "{}-{}",
            self.worker,
            self.claims.fetch_add(1, Ordering::Relaxed)
        );
        let mut claim = scripts::CLAIM.prepare_invoke();
        claim.key(self.places.work()).arg(self.places.ones());
        claim.arg(&name).arg(millis(lease));
        if let Some((entry, id)) = entry {
            claim.arg(entry).arg(id);
        }
        // Said twice, it would claim two: the first waits for its lease to be over then.
        let taken: Option<Taken> = self.link.run(Again::No, &claim).await?;
        let Some(taken) = taken else { return Ok(None) };
        let (id, entry) = (taken.0.clone(), taken.1.clone());
        match self.claimed(&name, taken) {
            Ok(claim) => Ok(Some(claim)),
            Err(error) => {
                // It would be claimed again and again, by whoever has the same secret.
                tracing::error!(%error, "a task that cannot be read is put aside");
                self.end(&id, &name, &entry, "dead").await?;
                Ok(None)
            }
        }
    }

    /// Ends a claim, if it is not over.
    async fn end(&self, id: &str, lease: &str, entry: &str, end: &str) -> Result<()> {
        let mut settle = scripts::SETTLE.prepare_invoke();
        settle.key(self.places.one(id)).key(self.places.work());
        settle.key(self.places.dead());
        settle.arg(lease).arg(entry).arg(id).arg(end);
        // A second time, the lease is nobody's any more.
        self.step(Again::Yes, &settle).await.map(drop)
    }

    /// Waits for a new entry, for a while. It is the group's then, and whoever is not heard of again loses it.
    async fn wait(&self, lease: Duration) -> Result<Option<(String, String)>> {
        let wait = WAIT.min(lease / 2).max(Duration::from_millis(10));
        let kept = self.lock_waiting().take();
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.link.waiting(WAIT).await?,
        };
        let mut read = cmd("XREADGROUP");
        read.arg("GROUP").arg(GROUP).arg(CONSUMER);
        read.arg("COUNT").arg(1).arg("BLOCK").arg(millis(wait));
        read.arg("STREAMS").arg(self.places.work()).arg(">");
        let found: Option<StreamReadReply> =
            read.query_async(&mut connection).await.map_err(failed)?;
        *self.lock_waiting() = Some(connection);
        let entry = found.and_then(|found| found.keys.into_iter().next()?.ids.into_iter().next());
        Ok(entry.and_then(|entry| Some((entry.id.clone(), entry.get::<String>("id")?))))
    }

    fn lock_waiting(&self) -> std::sync::MutexGuard<'_, Option<MultiplexedConnection>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a script about one task.
    async fn step(&self, again: Again, script: &ScriptInvocation<'_>) -> Result<u32> {
        self.link.run(again, script).await
    }
}

/// id, entry, owner, order, state, version, attempts.
type Taken = (String, String, Vec<u8>, Vec<u8>, Vec<u8>, u64, u32);

/// owner, order, state, version.
type Kept = (
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<u64>,
);

impl TaskQueue for TasksInRedis {
    fn accept(
        &self,
        task: TaskRecord,
        keep: Duration,
        room: TaskRoom,
    ) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let (id, places) = (&*task.id, &self.places);
            let close = |part, text: &[u8]| self.safe.close(id, part, text);
            let own = if task.owner.is_empty() {
                0
            } else {
                room.kept_by_owner.max(1)
            };
            let mut accept = scripts::ACCEPT.prepare_invoke();
            accept.key(places.one(id)).key(places.work());
            accept.key(places.kept()).key(places.of(&task.owner));
            accept
                .arg(id)
                .arg(close(Part::Owner, task.owner.as_bytes())?);
            accept.arg(close(Part::Order, &task.order)?);
            accept.arg(close(Part::State(0), &task.state)?);
            accept
                .arg(millis(keep))
                .arg(room.kept)
                .arg(room.waiting)
                .arg(own);
            let words = match self.step(Again::Yes, &accept).await? {
                0 => return Ok(()),
                1 => "this server keeps as many tasks as it can; try again later",
                2 => "too many tasks wait for their turn; try again later",
                _ => "you have as many tasks as you may; try again later",
            };
            Err(Error::new(Kind::Overloaded, words))
        })
    }

    fn claim(&self, lease: Duration) -> BoxFuture<'_, Result<TaskClaim>> {
        Box::pin(async move {
            loop {
                if let Some(claim) = self.take(lease, None).await? {
                    return Ok(claim);
                }
                if let Some((entry, id)) = self.wait(lease).await?
                    && let Some(claim) = self.take(lease, Some((&entry, &id))).await?
                {
                    return Ok(claim);
                }
            }
        })
    }

    fn renew<'a>(&'a self, claim: &'a TaskClaim, _lease: Duration) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let (lease, entry) = parts(claim)?;
            let mut renew = scripts::RENEW.prepare_invoke();
            renew
                .key(self.places.one(&claim.task.id))
                .key(self.places.work());
            renew.arg(lease).arg(entry);
            Ok(self.step(Again::Yes, &renew).await? == 1)
        })
    }

    fn settle<'a>(&'a self, claim: &'a TaskClaim, end: TaskEnd) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let (lease, entry) = parts(claim)?;
            let end = match end {
                TaskEnd::Again => "again",
                TaskEnd::Dead => "dead",
                _ => "done",
            };
            self.end(&claim.task.id, lease, entry, end).await
        })
    }

    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<TaskRecord>>> {
        Box::pin(async move {
            let mut get = cmd("HMGET");
            get.arg(self.places.one(id)).arg(&FIELDS);
            self.found(id, self.link.ask(Again::Yes, &get).await?)
        })
    }

    fn write<'a>(
        &'a self,
        id: &'a str,
        version: u64,
        state: Bytes,
        keep: Duration,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let places = &self.places;
            let mut write = scripts::WRITE.prepare_invoke();
            write.key(places.one(id)).key(places.kept());
            write.arg(id).arg(version);
            write.arg(self.safe.close(id, Part::State(version + 1), &state)?);
            write.arg(millis(keep)).arg(places.changed());
            // A second time, the version is another; whoever writes reads again then.
            Ok(self.step(Again::Yes, &write).await? == 1)
        })
    }

    fn changed<'a>(&'a self, id: &'a str, version: u64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let wait = self.changes.wait(id);
            let mut get = cmd("HGET");
            get.arg(self.places.one(id)).arg("version");
            loop {
                let news = wait.news().notified();
                tokio::pin!(news);
                // Heard from here on, so that nothing is missed between looking and waiting.
                news.as_mut().enable();
                let now: Option<u64> = self.link.ask(Again::Yes, &get).await?;
                if now != Some(version) {
                    return Ok(());
                }
                let _ = timeout(LOOK, news).await;
            }
        })
    }

    fn list<'a>(
        &'a self,
        owner: &'a str,
        after: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<TaskRecord>>> {
        Box::pin(async move {
            let mut range = cmd("ZRANGE");
            range.arg(self.places.of(owner)).arg(0).arg(MAX_LISTED);
            let mut ids: Vec<String> = self.link.ask(Again::Yes, &range).await?;
            ids.retain(|id| id.as_str() > after);
            ids.sort_unstable();
            let mut found = Vec::new();
            // Some may be gone.
            for id in ids {
                if found.len() >= limit {
                    break;
                }
                let task = self.read(&id).await?;
                found.extend(task.filter(|task| *task.owner == *owner));
            }
            Ok(found)
        })
    }
}

const FIELDS: [&str; 4] = ["owner", "order", "state", "version"];

impl TasksInRedis {
    fn found(&self, id: &str, kept: Kept) -> Result<Option<TaskRecord>> {
        let (Some(owner), Some(order), Some(state), Some(version)) = kept else {
            return Ok(None);
        };
        self.record(id, owner, order, state, version).map(Some)
    }
}

/// The lease and the entry of a claim.
fn parts(claim: &TaskClaim) -> Result<(&str, &str)> {
    let parts = claim.lease.split_once('|');
    parts.ok_or_else(|| Error::internal("this claim is one of another queue"))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis())
        .unwrap_or(u64::MAX >> 12)
        .max(1)
}

/// Which process claims: for whoever looks into Redis, and so that no two claims have one name.
fn worker() -> String {
    let mut bytes = [0; 6];
    // Without randomness the process's number has to do.
    let _ = fmcp_transport::seal::random(&mut bytes);
    let own: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{own}", std::process::id())
}

impl fmt::Debug for TasksInRedis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TasksInRedis")
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}
