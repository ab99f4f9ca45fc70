//! Values of one level, as handlers see them.

use std::{
    any::Any,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Map, Value};

use super::{Shelf, UserLevel};
use crate::{Error, Result, Store};

/// How often what is written is written again, because others have changed it meanwhile.
const MAX_WRITES: usize = 16;

/// The values of one [level](super::Level): under names, and one of each type. They are bounded: 256 names,
/// and 256 KiB of JSON.
///
/// ```
/// use fmcp_core::{Context, Level};
///
/// struct Theme(&'static str);
///
/// # async fn handler(ctx: Context) -> fmcp_core::Result<()> {
/// if let Some(user) = ctx.level(Level::User) {
///     user.set("language", "fr").await?;
///     user.insert(Theme("dark"));
/// }
/// let language = ctx.value("language"); // the call's, else the user's, else the server's
/// let theme = ctx.lookup::<Theme>();
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Values {
    shelf: Arc<Shelf>,
    stored: Option<Stored>,
}

/// Where they are kept besides.
#[derive(Clone)]
struct Stored {
    store: Arc<dyn Store>,
    key: String,
    fresh: Duration,
    kept: Duration,
    now: Option<Instant>,
}

impl Values {
    pub(crate) fn new(shelf: Arc<Shelf>) -> Self {
        Self {
            shelf,
            stored: None,
        }
    }

    pub(super) fn stored(mut self, how: &UserLevel, key: &str, now: Option<Instant>) -> Self {
        self.stored = how.store.as_ref().map(|store| Stored {
            store: Arc::clone(store),
            key: format!("levels:{key}"),
            fresh: how.fresh,
            kept: how.kept,
            now,
        });
        self
    }

    /// The value under this name, at this level alone.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value> {
        self.shelf.get(name)
    }

    /// The value of this type, at this level alone.
    #[must_use]
    pub fn typed<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.shelf.typed()
    }

    /// Keeps a value of this type, in the place of an older one. It stays in this process.
    pub fn insert<T: Any + Send + Sync>(&self, value: T) {
        self.shelf.insert(Arc::new(value));
    }

    /// Keeps a value under a name.
    ///
    /// # Errors
    /// When there is no room for it, or a store fails.
    pub async fn set(&self, name: &str, value: impl Into<Value>) -> Result<()> {
        let value = value.into();
        self.change(|shelf| shelf.put_bounded(name, value)).await
    }

    /// Removes the value under a name; whether there was one.
    ///
    /// # Errors
    /// When a store fails.
    pub async fn remove(&self, name: &str) -> Result<bool> {
        self.change(|shelf| Ok(shelf.remove(name))).await
    }

    /// Reads what a store has, unless that was done a moment ago.
    pub(crate) async fn refresh(&self) -> Result<()> {
        let Some(stored) = &self.stored else {
            return Ok(());
        };
        let fresh = (self.shelf.loaded().zip(stored.now))
            .is_some_and(|(at, now)| now.saturating_duration_since(at) < stored.fresh);
        if fresh {
            Ok(())
        } else {
            self.load(stored).await
        }
    }

    async fn load(&self, stored: &Stored) -> Result<()> {
        // What is written meanwhile is newer than what is read.
        let seen = self.shelf.version();
        let text = stored.store.get(&stored.key).await?;
        let all = match text {
            None => Map::new(),
            Some(text) => serde_json::from_slice(&text)
                .map_err(|e| Error::internal("the values of a user cannot be read").caused_by(e))?,
        };
        self.shelf.load(all, stored.now, seen);
        Ok(())
    }

    async fn change<R>(&self, change: impl FnOnce(&Shelf) -> Result<R>) -> Result<R> {
        let Some(stored) = &self.stored else {
            return change(&self.shelf);
        };
        self.load(stored).await?;
        let writing = Writing::begin(&self.shelf);
        let outcome = change(&self.shelf)?;
        for _ in 0..MAX_WRITES {
            let (all, version) = self.shelf.written();
            let text = serde_json::to_vec(&Value::Object(all))
                .map_err(|e| Error::internal("the values cannot be written").caused_by(e))?;
            stored
                .store
                .put(&stored.key, text.into(), Some(stored.kept))
                .await?;
            // Of two who write at once, the one with the older state must not be the last.
            if self.shelf.version() == version {
                break;
            }
        }
        drop(writing);
        Ok(outcome)
    }
}

/// Somebody writes.
struct Writing<'a>(&'a Shelf);

impl<'a> Writing<'a> {
    fn begin(shelf: &'a Shelf) -> Self {
        shelf.writing(true);
        Self(shelf)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.writing(false);
    }
}

/// Without the values, which are not for logs.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").finish_non_exhaustive()
    }
}
