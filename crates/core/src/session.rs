//! What a legacy session has agreed on.

use std::{
    any::Any,
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
};

use crate::protocol::{
    Revision,
    model::{ClientCapabilities, Implementation, LogLevel},
};

/// What client and server agreed on in the handshake of a legacy session. Revisions without a handshake
/// have none: there, every request says it again.
#[derive(Debug)]
pub struct Session {
    id: Arc<str>,
    revision: Revision,
    client: Option<Implementation>,
    capabilities: ClientCapabilities,
    log_level: AtomicU8,
    followed: Mutex<HashSet<Box<str>>>,
    /// How often what is followed has become another.
    turns: AtomicU64,
    held: OnceLock<Weak<dyn Any + Send + Sync>>,
    sees_otherwise: AtomicBool,
}

/// How many resources one session may follow.
const MAX_FOLLOWED: usize = 1_000;

/// How long the URI of a resource that is followed may be.
const MAX_URI_BYTES: usize = 4_096;

/// Above every level: nothing is sent.
const SILENT: u8 = u8::MAX;

impl Session {
    /// A session that has just been agreed on. Until the client sets a level, it is sent every log
    /// message from `info` on.
    pub fn new(
        id: impl Into<Arc<str>>,
        revision: Revision,
        client: Option<Implementation>,
        capabilities: ClientCapabilities,
    ) -> Self {
        Self {
            id: id.into(),
            revision,
            client,
            capabilities,
            log_level: AtomicU8::new(LogLevel::Info as u8),
            followed: Mutex::default(),
            turns: AtomicU64::new(0),
            held: OnceLock::new(),
            sees_otherwise: AtomicBool::new(false),
        }
    }

    /// The session's name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it lasts beyond one request. What stands in for a session on a server without any has no name; what is
    /// kept by sessions is not kept for it, for everybody would share it.
    #[must_use]
    pub fn lasts(&self) -> bool {
        !self.id.is_empty()
    }

    /// The revision that was agreed on.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Who the client says it is.
    #[must_use]
    pub fn client(&self) -> Option<&Implementation> {
        self.client.as_ref()
    }

    /// What the client can do.
    #[must_use]
    pub fn capabilities(&self) -> &ClientCapabilities {
        &self.capabilities
    }

    /// From which level on the client wants log messages; `None`: not at all.
    #[must_use]
    pub fn log_level(&self) -> Option<LogLevel> {
        let level = self.log_level.load(Ordering::Relaxed);
        if level == SILENT {
            None
        } else {
            LogLevel::ALL.get(level as usize).copied()
        }
    }

    /// Sets the level from which on the client wants log messages.
    pub fn set_log_level(&self, level: Option<LogLevel>) {
        self.log_level
            .store(level.map_or(SILENT, |level| level as u8), Ordering::Relaxed);
    }

    /// Lets whoever has the session find what its server knows of it: once, for the first who does.
    pub fn hold(&self, by: Weak<dyn Any + Send + Sync>) {
        // The second server is one in front of the first, or behind it.
        let _ = self.held.set(by);
    }

    /// What its server knows of it, while there is such.
    #[must_use]
    pub fn held<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.held.get()?.upgrade()?.downcast().ok()
    }

    /// Whether it sees something of its server otherwise than other sessions do: most do not, and nobody has to look.
    #[must_use]
    pub fn sees_otherwise(&self) -> bool {
        self.sees_otherwise.load(Ordering::Acquire)
    }

    /// Says so, for the server that holds it.
    pub fn see_otherwise(&self, does: bool) {
        self.sees_otherwise.store(does, Ordering::Release);
    }

    /// Follows a resource: the client hears when it changes. Whether there was room for it.
    #[must_use]
    pub fn follow(&self, uri: &str) -> bool {
        let mut followed = self.lock();
        let room =
            uri.len() <= MAX_URI_BYTES && (followed.len() < MAX_FOLLOWED || followed.contains(uri));
        if room && followed.insert(uri.into()) {
            self.turns.fetch_add(1, Ordering::Release);
        }
        room
    }

    /// Does not follow a resource any more.
    pub fn unfollow(&self, uri: &str) {
        if self.lock().remove(uri) {
            self.turns.fetch_add(1, Ordering::Release);
        }
    }

    /// Whether the client hears when this resource changes.
    #[must_use]
    pub fn follows(&self, uri: &str) -> bool {
        self.lock().contains(uri)
    }

    /// Every resource that the session follows.
    #[must_use]
    pub fn followed(&self) -> Vec<Box<str>> {
        self.lock().iter().cloned().collect()
    }

    /// How often what the session follows has become another: whoever has seen the same number has seen the same.
    #[must_use]
    pub fn turns(&self) -> u64 {
        self.turns.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Box<str>>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_a_session_follows_is_bounded_in_number_and_length() {
        let session = Session::new(
            "s",
            Revision::NEWEST_LEGACY,
            None,
            ClientCapabilities::new(),
        );
        assert!(session.follow(&"a".repeat(MAX_URI_BYTES)));
        assert!(!session.follow(&"a".repeat(MAX_URI_BYTES + 1)));
        for n in 1..MAX_FOLLOWED {
            assert!(session.follow(&n.to_string()));
        }
        assert!(!session.follow("one more"));
        assert!(session.follow("1"), "it is followed already");
        session.unfollow("1");
        assert!(session.follow("one more"));
    }
}
