//! Where the values of all levels are.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{Shelf, Values, users::Users};
use serde_json::Value;

use crate::{Call, Result, Store};

/// Whose a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// This call's, with the calls that are made on its behalf and the work that it leaves running.
    Request,
    /// The user's, over all calls: of whoever has signed in, or else of the session.
    User,
    /// The whole server's.
    Global,
}

/// How the values of users are kept.
#[derive(Clone)]
pub struct UserLevel {
    pub(super) max: usize,
    pub(super) ttl: Duration,
    pub(super) store: Option<Arc<dyn Store>>,
    pub(super) fresh: Duration,
    pub(super) kept: Duration,
}

impl Default for UserLevel {
    fn default() -> Self {
        Self::new()
    }
}

impl UserLevel {
    /// The 10,000 users who were here last, within an hour, in memory alone.
    #[must_use]
    pub fn new() -> Self {
        Self {
            max: 10_000,
            ttl: Duration::from_secs(60 * 60),
            store: None,
            fresh: Duration::from_secs(5),
            kept: Duration::from_secs(30 * 24 * 60 * 60),
        }
    }

    /// Sets how many users are remembered at once; those who were not here for the longest time go.
    #[must_use]
    pub fn max_users(mut self, max: usize) -> Self {
        self.max = max;
        self
    }

    /// Sets for how long the values of a user are remembered who does not come.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// Keeps the values under names in a store, too, which replicas share and which outlives the process;
    /// they are read at the beginning of a call. Where two replicas write the values of one user at once,
    /// the last one wins. Values by type stay in memory.
    #[must_use]
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Sets for how long a store keeps the values of a user who does not write any. Without it, 30 days.
    #[must_use]
    pub fn kept(mut self, kept: Duration) -> Self {
        self.kept = kept;
        self
    }

    /// Sets for how long what was read from the store counts as what is there. Without it, 5 seconds.
    #[must_use]
    pub fn fresh(mut self, fresh: Duration) -> Self {
        self.fresh = fresh;
        self
    }

    /// Whether there is a store.
    #[must_use]
    pub fn has_store(&self) -> bool {
        self.store.is_some()
    }
}

impl fmt::Debug for UserLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserLevel")
            .field("max", &self.max)
            .field("ttl", &self.ttl)
            .field("has_store", &self.has_store())
            .finish_non_exhaustive()
    }
}

/// The values that outlive a call: the users' and the server's. Part of the state that calls carry.
#[derive(Clone, Default)]
pub struct Levels {
    global: Arc<Shelf>,
    users: Arc<Mutex<Users>>,
    how: UserLevel,
}

impl Levels {
    /// The same values, with those of users kept in another way.
    #[must_use]
    pub fn with(&self, how: UserLevel) -> Self {
        Self {
            how,
            ..self.clone()
        }
    }

    /// The server's.
    #[must_use]
    pub fn global(&self) -> Values {
        Values::new(Arc::clone(&self.global))
    }

    /// Sets a value of the server.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn set_global(&self, name: &str, value: Value) -> Result<()> {
        self.global.put_bounded(name, value)
    }

    /// The values of the user who makes this call; `None` where nobody knows who that is.
    pub(crate) fn user(&self, call: &Call, now: Option<Instant>) -> Option<Values> {
        let user = user(call)?;
        let shelf = {
            let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
            users.shelf(&user, now, (self.how.max, self.how.ttl))
        };
        Some(Values::new(shelf).stored(&self.how, &user, now))
    }

    /// The same, if there are any.
    pub(crate) fn known_user(&self, call: &Call, now: Option<Instant>) -> Option<Arc<Shelf>> {
        let user = user(call)?;
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.known(&user, now, self.how.ttl)
    }

    /// Whether values of users must be read from a store.
    pub(crate) fn has_store(&self) -> bool {
        self.how.has_store()
    }
}

/// What may not stand in a name between the colons of a key.
const NOT_IN_NAMES: &AsciiSet = &CONTROLS.add(b':').add(b'%');

/// How long the name of a user may be.
const MAX_USER: usize = 1_024;

/// A user's name, which nobody else has.
fn user(call: &Call) -> Option<String> {
    let session = call.session().filter(|session| session.lasts());
    let name = match (call.principal(), session) {
        (Some(who), _) => {
            let issuer = who.issuer.as_deref().unwrap_or_default();
            let part = |text| utf8_percent_encode(text, NOT_IN_NAMES);
            format!("user:{}:{}", part(issuer), part(&who.subject))
        }
        (None, Some(session)) => {
            format!(
                "user-of-session:{}",
                utf8_percent_encode(session.id(), NOT_IN_NAMES)
            )
        }
        (None, None) => return None,
    };
    (name.len() <= MAX_USER).then_some(name)
}
