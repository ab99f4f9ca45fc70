//! The flags of a server.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard},
    time::{Duration, Instant},
};

use super::{Flag, Who};
use crate::{Error, Kind, Result, Store};

/// How many flags there may be.
const MAX_FLAGS: usize = 1_000;

/// Under which key of a store they are.
const KEY: &str = "flags";

/// How often flags are written that change meanwhile.
const MAX_WRITES: usize = 16;

/// For how long what was read from a store counts as what is there.
const FRESH: Duration = Duration::from_secs(5);

/// The feature flags of a server, which change while it runs. A clone is the same.
///
/// ```
/// use fmcp_core::{Flag, Flags};
///
/// let flags = Flags::new()
///     .flag("new-search", Flag::on().rollout(10.0).allow(["ada"]))
///     .flag("premium", Flag::on().permission("premium"));
/// assert_eq!(flags.all().len(), 2);
/// ```
#[derive(Clone, Default)]
pub struct Flags(Arc<Set>);

#[derive(Default)]
struct Set {
    flags: RwLock<Kept>,
    faults: Mutex<Vec<String>>,
    store: RwLock<Option<Arc<dyn Store>>>,
    read: Mutex<Option<Instant>>,
}

type All = BTreeMap<Box<str>, Flag>;

#[derive(Default)]
struct Kept {
    all: All,
    /// How often they have been changed here: what was read from a store before is older.
    turn: u64,
}

impl Flags {
    /// No flag yet. What there is no flag for is off.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a flag. One that cannot be is a fault of the server that is given them.
    #[must_use]
    pub fn flag(self, name: &str, flag: Flag) -> Self {
        if let Err(fault) = self.put(name, flag) {
            let mut faults = self.0.faults.lock().unwrap_or_else(PoisonError::into_inner);
            faults.push(fault.message().to_owned());
        }
        self
    }

    /// Keeps them in a store that replicas share: what is changed in one counts in all within seconds, and
    /// outlives them. What the store has comes before what is added here. Where two change flags at once, the
    /// last one wins.
    #[must_use]
    pub fn store(self, store: impl Store) -> Self {
        let mut place = self.0.store.write().unwrap_or_else(PoisonError::into_inner);
        *place = Some(Arc::new(store));
        drop(place);
        self
    }

    /// Whether they are in a store.
    #[must_use]
    pub fn has_store(&self) -> bool {
        self.in_store().is_some()
    }

    /// What is wrong with those that were added.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        self.0
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> BTreeMap<Box<str>, Flag> {
        self.kept().all.clone()
    }

    /// Sets a flag.
    ///
    /// # Errors
    /// When it cannot be one, there are too many, or the store fails.
    pub async fn set(&self, name: &str, flag: Flag) -> Result<()> {
        self.load().await?;
        self.put(name, flag)?;
        self.save().await
    }

    /// Removes a flag, so that it is off; whether there was one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remove(&self, name: &str) -> Result<bool> {
        self.load().await?;
        let removed = {
            let mut kept = self.0.flags.write().unwrap_or_else(PoisonError::into_inner);
            kept.turn += 1;
            kept.all.remove(name).is_some()
        };
        self.save().await?;
        Ok(removed)
    }

    /// Reads what the store has, unless that was done a moment before `now`.
    ///
    /// # Errors
    /// When the store fails, or has something else; then they stay as they were.
    pub async fn refresh(&self, now: Instant) -> Result<()> {
        {
            // Said first: of many calls, one reads.
            let mut read = self.0.read.lock().unwrap_or_else(PoisonError::into_inner);
            if read.is_some_and(|at| now.saturating_duration_since(at) < FRESH) {
                return Ok(());
            }
            *read = Some(now);
        }
        self.load().await
    }

    pub(crate) fn is_on(&self, name: &str, who: &Who<'_>) -> bool {
        let kept = self.kept();
        kept.all.get(name).is_some_and(|flag| flag.is_on(name, who))
    }

    fn put(&self, name: &str, flag: Flag) -> Result<()> {
        flag.check(name)?;
        let mut kept = self.0.flags.write().unwrap_or_else(PoisonError::into_inner);
        if kept.all.len() >= MAX_FLAGS && !kept.all.contains_key(name) {
            let words = format!("there are {MAX_FLAGS} flags, which is the most");
            return Err(Error::new(Kind::Overloaded, words));
        }
        kept.turn += 1;
        kept.all.insert(name.into(), flag);
        Ok(())
    }

    fn kept(&self) -> RwLockReadGuard<'_, Kept> {
        self.0.flags.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn in_store(&self) -> Option<Arc<dyn Store>> {
        self.0
            .store
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn load(&self) -> Result<()> {
        let Some(store) = self.in_store() else {
            return Ok(());
        };
        let turn = self.kept().turn;
        let Some(text) = store.get(KEY).await? else {
            return Ok(());
        };
        let all: All = serde_json::from_slice(&text)
            .map_err(|e| Error::internal("the flags in the store cannot be read").caused_by(e))?;
        for (name, flag) in &all {
            flag.check(name)?;
        }
        let mut kept = self.0.flags.write().unwrap_or_else(PoisonError::into_inner);
        // What was changed meanwhile is newer.
        if kept.turn == turn {
            kept.all = all;
        }
        Ok(())
    }

    async fn save(&self) -> Result<()> {
        let Some(store) = self.in_store() else {
            return Ok(());
        };
        for _ in 0..MAX_WRITES {
            let (text, turn) = {
                let kept = self.kept();
                (serde_json::to_vec(&kept.all), kept.turn)
            };
            let text =
                text.map_err(|e| Error::internal("the flags cannot be written").caused_by(e))?;
            store.put(KEY, text.into(), None).await?;
            // Of two who write at once, the one with the older state must not be the last.
            if self.kept().turn == turn {
                return Ok(());
            }
        }
        Err(Error::new(
            Kind::Overloaded,
            "the flags change too fast to be written; try again",
        ))
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Flags").field(&self.all()).finish()
    }
}
