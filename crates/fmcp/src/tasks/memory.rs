//! Tasks in the memory of one process.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use fmcp_core::{
    BoxFuture, Error, Kind, Result, TaskClaim, TaskEnd, TaskQueue, TaskRecord, TaskRoom,
};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

/// How much memory a task counts for at the least, beside its order: so that a few words fit in at any time.
const LEAST: usize = 4 << 10;

/// Tasks in the memory of one process: gone when it ends. It is what a server has without a word about it. All of them
/// take [as much](Self::bytes) as they may, and no more.
///
/// ```
/// use fmcp::{Server, Tasks, TasksInMemory};
///
/// let server = Server::new("reports").tasks(Tasks::new().queue(TasksInMemory::new()));
/// ```
pub struct TasksInMemory {
    shelf: Mutex<Shelf>,
    /// How many bytes there may be.
    most: usize,
    /// There is something to claim, or to claim again.
    work: Notify,
}

#[derive(Default)]
struct Shelf {
    tasks: BTreeMap<Arc<str>, Kept>,
    waiting: VecDeque<Arc<str>>,
    /// When claims are over.
    leases: BTreeSet<(Instant, Arc<str>)>,
    /// When tasks are forgotten.
    ends: BTreeSet<(Instant, Arc<str>)>,
    by_owner: HashMap<Arc<str>, usize>,
    bytes: usize,
    claims: u64,
}

struct Kept {
    record: TaskRecord,
    until: Instant,
    claimed: Option<(Box<str>, Instant)>,
    attempts: u32,
    version: watch::Sender<u64>,
}

/// As much as counts of a task.
fn weight(order: &Bytes, state: &Bytes) -> usize {
    order.len() + state.len().max(LEAST)
}

fn full<T>(words: &'static str) -> Result<T> {
    Err(Error::new(Kind::Overloaded, words))
}

impl Default for TasksInMemory {
    fn default() -> Self {
        Self::new()
    }
}

impl TasksInMemory {
    /// No task yet, and room for 256 MiB of them.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shelf: Mutex::default(),
            most: 256 << 20,
            work: Notify::new(),
        }
    }

    /// Sets how many bytes all tasks may have together: what is to be run, and what has come of it. Beyond that, new
    /// tasks are refused, and one whose result finds no room fails. Without it, 256 MiB.
    #[must_use]
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.most = bytes;
        self
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.forget(Instant::now());
        shelf
    }
}

impl Shelf {
    /// Forgets what has been kept long enough.
    fn forget(&mut self, now: Instant) {
        while let Some((until, id)) = self.ends.first().cloned() {
            if until > now {
                return;
            }
            self.ends.pop_first();
            let Some(kept) = self.tasks.remove(&id) else {
                continue;
            };
            self.bytes -= weight(&kept.record.order, &kept.record.state);
            if let Some((_, until)) = kept.claimed {
                self.leases.remove(&(until, Arc::clone(&id)));
            } else {
                self.waiting.retain(|waits| *waits != id);
            }
            if let Some(count) = self.by_owner.get_mut(&kept.record.owner) {
                *count -= 1;
                if *count == 0 {
                    self.by_owner.remove(&kept.record.owner);
                }
            }
        }
    }

    fn accept(
        &mut self,
        record: TaskRecord,
        until: Instant,
        room: TaskRoom,
        most: usize,
    ) -> Result<()> {
        let owned = self.by_owner.get(&record.owner).copied().unwrap_or(0);
        if self.tasks.len() >= room.kept {
            return full("this server keeps as many tasks as it can; try again later");
        }
        if self.waiting.len() >= room.waiting {
            return full("too many tasks wait for their turn; try again later");
        }
        if !record.owner.is_empty() && owned >= room.kept_by_owner {
            return full("you have as many tasks as you may; try again later");
        }
        let id = Arc::clone(&record.id);
        if self.tasks.contains_key(&id) {
            return Err(Error::internal("there is a task of this id already"));
        }
        let bytes = self.bytes + weight(&record.order, &record.state);
        if bytes > most {
            return full("the tasks of this server are as large as they may be; try again later");
        }
        self.bytes = bytes;
        *self.by_owner.entry(Arc::clone(&record.owner)).or_default() += 1;
        self.ends.insert((until, Arc::clone(&id)));
        self.waiting.push_back(Arc::clone(&id));
        let kept = Kept {
            version: watch::Sender::new(record.version),
            record,
            until,
            claimed: None,
            attempts: 0,
        };
        self.tasks.insert(id, kept);
        Ok(())
    }

    /// Puts back what was claimed by somebody who has not been heard of.
    fn take_back(&mut self, now: Instant) {
        while let Some((until, id)) = self.leases.first().cloned() {
            if until > now {
                return;
            }
            self.leases.pop_first();
            if let Some(kept) = self.tasks.get_mut(&id) {
                kept.claimed = None;
                self.waiting.push_back(id);
            }
        }
    }

    fn claim(&mut self, now: Instant, lease: Duration) -> Option<TaskClaim> {
        self.take_back(now);
        let id = self.waiting.pop_front()?;
        let kept = self.tasks.get_mut(&id)?;
        self.claims += 1;
        let (name, until) = (self.claims.to_string(), now + lease);
        kept.attempts += 1;
        kept.claimed = Some((name.as_str().into(), until));
        self.leases.insert((until, id));
        Some(TaskClaim::new(kept.record.clone(), name, kept.attempts))
    }

    /// The task of a claim that is not over.
    fn claimed(&mut self, claim: &TaskClaim, now: Instant) -> Option<&mut Kept> {
        self.take_back(now);
        let kept = self.tasks.get_mut(&claim.task.id)?;
        let is_it = kept
            .claimed
            .as_ref()
            .is_some_and(|(name, _)| *name == claim.lease);
        is_it.then_some(kept)
    }

    /// Takes back what was claimed by somebody who does not run it: that does not count.
    fn give_back(&mut self, claim: &TaskClaim, now: Instant) -> bool {
        if !self.release(claim, now) {
            return false;
        }
        let id = &claim.task.id;
        if let Some(kept) = self.tasks.get_mut(id) {
            kept.attempts = kept.attempts.saturating_sub(1);
            self.waiting.push_back(Arc::clone(id));
        }
        true
    }

    fn release(&mut self, claim: &TaskClaim, now: Instant) -> bool {
        let Some(kept) = self.claimed(claim, now) else {
            return false;
        };
        if let Some((_, until)) = kept.claimed.take() {
            self.leases.remove(&(until, Arc::clone(&claim.task.id)));
        }
        true
    }

    fn renew(&mut self, claim: &TaskClaim, now: Instant, lease: Duration) -> bool {
        if !self.release(claim, now) {
            return false;
        }
        let until = now + lease;
        if let Some(kept) = self.tasks.get_mut(&claim.task.id) {
            kept.claimed = Some((claim.lease.clone(), until));
            self.leases.insert((until, Arc::clone(&claim.task.id)));
        }
        true
    }

    fn write(
        &mut self,
        id: &str,
        version: u64,
        state: Bytes,
        until: Instant,
        most: usize,
    ) -> Result<bool> {
        let kept = self.tasks.get_mut(id);
        let Some(kept) = kept.filter(|kept| kept.record.version == version) else {
            return Ok(false);
        };
        let (before, after) = (
            weight(&kept.record.order, &kept.record.state),
            weight(&kept.record.order, &state),
        );
        let bytes = self.bytes - before + after;
        // What needs no more room than it has is never refused.
        if after > before && bytes > most {
            return full("there is no room for how far the task is; try again later");
        }
        self.bytes = bytes;
        kept.record.version += 1;
        kept.record.state = state;
        let id = Arc::clone(&kept.record.id);
        self.ends.remove(&(kept.until, Arc::clone(&id)));
        kept.until = until;
        self.ends.insert((until, id));
        kept.version.send_replace(kept.record.version);
        Ok(true)
    }
}

impl TaskQueue for TasksInMemory {
    fn accept(
        &self,
        task: TaskRecord,
        keep: Duration,
        room: TaskRoom,
    ) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let until = Instant::now() + keep;
            self.shelf().accept(task, until, room, self.most)?;
            self.work.notify_one();
            Ok(())
        })
    }

    fn claim(&self, lease: Duration) -> BoxFuture<'_, Result<TaskClaim>> {
        Box::pin(async move {
            loop {
                let work = self.work.notified();
                let first_lease = {
                    let mut shelf = self.shelf();
                    if let Some(claim) = shelf.claim(Instant::now(), lease) {
                        if !shelf.waiting.is_empty() {
                            self.work.notify_one();
                        }
                        return Ok(claim);
                    }
                    shelf.leases.first().map(|(until, _)| *until)
                };
                match first_lease {
                    None => work.await,
                    Some(until) => {
                        let _ = tokio::time::timeout_at(until, work).await;
                    }
                }
            }
        })
    }

    fn renew<'a>(&'a self, claim: &'a TaskClaim, lease: Duration) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { Ok(self.shelf().renew(claim, Instant::now(), lease)) })
    }

    fn settle<'a>(&'a self, claim: &'a TaskClaim, end: TaskEnd) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let (mut shelf, now) = (self.shelf(), Instant::now());
            if end != TaskEnd::Again {
                shelf.release(claim, now);
            } else if shelf.give_back(claim, now) {
                self.work.notify_one();
            }
            Ok(())
        })
    }

    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<TaskRecord>>> {
        Box::pin(async move { Ok(self.shelf().tasks.get(id).map(|kept| kept.record.clone())) })
    }

    fn write<'a>(
        &'a self,
        id: &'a str,
        version: u64,
        state: Bytes,
        keep: Duration,
    ) -> BoxFuture<'a, Result<bool>> {
        let until = Instant::now() + keep;
        Box::pin(async move { self.shelf().write(id, version, state, until, self.most) })
    }

    fn changed<'a>(&'a self, id: &'a str, version: u64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let found = {
                let shelf = self.shelf();
                let kept = shelf.tasks.get(id);
                kept.map(|kept| (kept.version.subscribe(), kept.until))
            };
            if let Some((mut seen, until)) = found {
                // That it is gone is a change, too. Writing may have moved its end.
                let change = seen.wait_for(|now| *now != version);
                let _ = tokio::time::timeout_at(until, change).await;
            }
            Ok(())
        })
    }

    fn list<'a>(
        &'a self,
        owner: &'a str,
        after: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<TaskRecord>>> {
        Box::pin(async move {
            let shelf = self.shelf();
            let rest = (Bound::Excluded(after), Bound::Unbounded);
            let owned = shelf
                .tasks
                .range::<str, _>(rest)
                .map(|(_, kept)| &kept.record);
            let owned = owned.filter(|record| *record.owner == *owner);
            Ok(owned.take(limit).cloned().collect())
        })
    }
}
