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
        self.0.demand.uris.subscribe()
    }
}

impl Demand {
    fn count(&self, uri: &str, change: impl FnOnce(usize) -> usize) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let before = counts.get(uri).copied().unwrap_or_default();
        match change(before) {
            0 => counts.remove(uri),
            now => counts.insert(uri.into(), now),
        };
        if (before == 0) == counts.contains_key(uri) {
            let uris = counts.keys().map(ToString::to_string).collect();
            self.uris.send_replace(uris);
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
pub(super) struct Follows(HashMap<Box<str>, Following>);

impl Follows {
    /// Follows what is wanted now, and nothing else.
    pub(super) fn keep_up(&mut self, snapshot: &Snapshot, wants: &Wants) {
        let Some(server) = snapshot.server.upgrade() else {
            return;
        };
        let followed = wants.followed();
        self.0.retain(|uri, _| followed.contains(uri));
        for uri in followed {
            self.0
                .entry(uri)
                .or_insert_with_key(|uri| server.follow(uri));
        }
    }
}
