//! Where everything lies.

use ring::digest::{SHA256, digest};

use crate::store::Redis;

/// The keys of one queue.
#[derive(Clone)]
pub(super) struct Places {
    redis: Redis,
}

impl Places {
    pub(super) fn new(redis: Redis) -> Self {
        Self { redis }
    }

    pub(super) fn work(&self) -> String {
        self.redis.place("tasks:work")
    }

    pub(super) fn dead(&self) -> String {
        self.redis.place("tasks:dead")
    }

    pub(super) fn kept(&self) -> String {
        self.redis.place("tasks:kept")
    }

    pub(super) fn changed(&self) -> String {
        self.redis.place(CHANGED)
    }

    /// What all hashes of tasks begin with.
    pub(super) fn ones(&self) -> String {
        self.redis.place("tasks:one:")
    }

    pub(super) fn one(&self, id: &str) -> String {
        format!("{}{id}", self.ones())
    }

    /// The tasks of an owner, whose name does not show.
    pub(super) fn of(&self, owner: &str) -> String {
        let digest = digest(&SHA256, owner.as_bytes());
        let name: String = (digest.as_ref()[..16].iter())
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.redis.place(&format!("tasks:of:{name}"))
    }
}

/// The channel on which the id of a task is told that has changed.
pub(super) const CHANGED: &str = "tasks:changed";
