//! Resources that somebody follows, for whoever has to ask for their changes.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError, Weak},
};

use fmcp_core::ComponentKind;
use tokio::sync::watch;

use super::{build::Inner, listen::Wants, snapshot::Snapshot};

/// The URIs that somebody follows, whenever they are others.
pub(crate) type FollowedUris = watch::Receiver<Vec<String>>;

/// The URIs that somebody follows, with how many do.
pub(super) struct Demand {
    counts: Mutex<BTreeMap<Box<str>, usize>>,
    uris: watch::Sender<Vec<String>>,
}

impl Default for Demand {
    fn default() -> Self {
        Self {
            counts: Mutex::default(),
            uris: watch::Sender::new(Vec::new()),
        }
    }
}

/// A resource is followed, here and where it is from, as long as this is there.
pub(super) struct Following {
    server: Weak<Inner>,
    uri: Box<str>,
    /// The same in mounted servers.
    _below: Vec<Following>,
}

impl Inner {
    /// Follows a resource until the result is dropped.
    pub(super) fn follow(&self, uri: &str) -> Following {
        self.demand.count(uri, |count| count + 1);
        let now = self.now();
        let below = now.mounts.iter().filter_map(|mount| {
            let inner = mount.door().inner(ComponentKind::Resource, uri)?;
            Some(mount.child().follow(&inner))
        });
        Following {
            server: Weak::clone(&self.me),
            uri: uri.into(),
            _below: below.collect(),
        }
    }
}

impl super::Server {
    /// The URIs that somebody follows.
    pub(crate) fn followed(&self) -> FollowedUris {
        let followed = self.0.demand.subscribe();
        // As long as nobody asked, nobody kept up.
        self.0.changes.moved();
        followed
    }
}

impl Demand {
    /// Whether somebody asks what is followed.
    pub(super) fn is_asked(&self) -> bool {
        self.uris.receiver_count() > 0
    }

    fn subscribe(&self) -> FollowedUris {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let followed = self.uris.subscribe();
        self.tell(&counts);
        followed
    }

    fn tell(&self, counts: &BTreeMap<Box<str>, usize>) {
        let uris = counts.keys().map(ToString::to_string).collect();
        self.uris.send_replace(uris);
    }

    fn count(&self, uri: &str, change: impl FnOnce(usize) -> usize) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let before = counts.get(uri).copied().unwrap_or_default();
        match change(before) {
            0 => counts.remove(uri),
            now => counts.insert(uri.into(), now),
        };
        if self.is_asked() && (before == 0) == counts.contains_key(uri) {
            self.tell(&counts);
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        if let Some(server) = self.server.upgrade() {
            server
                .demand
                .count(&self.uri, |count| count.saturating_sub(1));
        }
    }
}

/// What one listener follows.
#[derive(Default)]
pub(super) struct Follows {
    held: HashMap<Box<str>, Following>,
    /// The turn of the session that this is of.
    turn: Option<u64>,
}

impl Follows {
    /// Follows what is wanted now, and nothing else.
    pub(super) fn keep_up(&mut self, snapshot: &Snapshot, wants: &Wants) {
        let Some(server) = snapshot.server.upgrade() else {
            return;
        };
        let turn = wants.turn();
        if self.turn.replace(turn) == Some(turn) {
            return;
        }
        let followed = wants.followed();
        self.held.retain(|uri, _| followed.contains(uri));
        for uri in followed {
            self.held
                .entry(uri)
                .or_insert_with_key(|uri| server.follow(uri));
        }
    }
}
