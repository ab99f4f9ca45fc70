//! Values in this process's memory.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use fmcp_core::{BoxFuture, Result, Store};
use tokio::time::Instant;

use super::entries::{Bounds, Entries};

/// Keeps values in memory, up to a bound.
///
/// When it is full, what is over goes first, then what was written longest ago; a value that would not
/// fit into the empty store is refused. It forgets everything when the process ends and shares nothing
/// with other processes. Keys have up to 1024 bytes.
///
/// ```
/// use fmcp::{Server, store::{Bounds, Memory}};
///
/// let store = Memory::with_bounds(Bounds { entries: 1_000, ..Bounds::default() });
/// let server = Server::new("small").session_store(store);
/// ```
#[derive(Default)]
pub struct Memory {
    bounds: Bounds,
    // Held for a look-up, never across an await.
    entries: Mutex<Entries>,
}

impl Memory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store that keeps at most this much.
    #[must_use]
    pub fn with_bounds(bounds: Bounds) -> Self {
        Self {
            bounds,
            ..Self::default()
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        Box::pin(async move { Ok(self.lock().get(key, Instant::now())) })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let now = Instant::now();
            // An end beyond the clock's reach is none.
            let ends = ttl.and_then(|ttl| now.checked_add(ttl));
            self.lock().put(key, &value, ends, now, &self.bounds)
        })
    }

    fn put_new<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let now = Instant::now();
            let ends = ttl.and_then(|ttl| now.checked_add(ttl));
            let mut entries = self.lock();
            if entries.get(key, now).is_some() {
                return Ok(false);
            }
            entries.put(key, &value, ends, now, &self.bounds)?;
            Ok(true)
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { Ok(self.lock().delete(key, Instant::now())) })
    }

    fn list<'a>(&'a self, prefix: &'a str, limit: usize) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move { Ok(self.lock().list(prefix, limit, Instant::now())) })
    }
}

/// Without the values, which are not for logs.
impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("bounds", &self.bounds)
            .field("entries", &self.lock().len())
            .finish()
    }
}
