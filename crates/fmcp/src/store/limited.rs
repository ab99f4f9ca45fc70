//! A store that takes no more of a value than it should.

use std::time::Duration;

use bytes::Bytes;
use fmcp_core::{BoxFuture, Error, Kind, Result, Store};

/// Refuses values that are too large, and lets none live too long, before another store keeps them.
///
/// It does not bound how many there are: what lives for a time only goes by itself, and the store behind has
/// bounds of its own.
///
/// ```
/// use std::time::Duration;
/// use fmcp::{Store, store::{Limited, Memory}};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
/// let store = Limited::new(Memory::new()).value_bytes(10).ttl(Duration::from_secs(60));
/// store.put("short", "word".into(), None).await?;
/// assert!(store.put("long", "more than ten".into(), None).await.is_err());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Limited<S> {
    store: S,
    value_bytes: usize,
    ttl: Option<Duration>,
}

impl<S: Store> Limited<S> {
    /// Values of up to 1 MiB, for as long as they want.
    pub fn new(store: S) -> Self {
        Self {
            store,
            value_bytes: 1024 * 1024,
            ttl: None,
        }
    }

    /// Sets how large a value may be.
    #[must_use]
    pub fn value_bytes(self, most: usize) -> Self {
        Self {
            value_bytes: most,
            ..self
        }
    }

    /// Sets how long a value lives at most, and one that is put there for good.
    #[must_use]
    pub fn ttl(self, longest: Duration) -> Self {
        Self {
            ttl: Some(longest),
            ..self
        }
    }

    /// For how long a value is kept, if it is.
    fn admit(&self, size: usize, ttl: Option<Duration>) -> Result<Option<Duration>> {
        if size > self.value_bytes {
            return Err(Error::new(
                Kind::Overloaded,
                format!(
                    "a value of the store has {size} bytes, and may have {}",
                    self.value_bytes
                ),
            ));
        }
        Ok(match (ttl, self.ttl) {
            (Some(ttl), Some(longest)) => Some(ttl.min(longest)),
            (ttl, longest) => ttl.or(longest),
        })
    }
}

impl<S: Store> Store for Limited<S> {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        self.store.get(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let ttl = self.admit(value.len(), ttl)?;
            self.store.put(key, value, ttl).await
        })
    }

    fn put_new<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let ttl = self.admit(value.len(), ttl)?;
            self.store.put_new(key, value, ttl).await
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        self.store.delete(key)
    }

    fn list<'a>(&'a self, prefix: &'a str, limit: usize) -> BoxFuture<'a, Result<Vec<String>>> {
        self.store.list(prefix, limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    #[test]
    fn values_are_short_and_do_not_live_long() {
        let second = Duration::from_secs;
        let free = Limited::new(Memory::new()).value_bytes(3);
        let brief = free_and(second(10));
        for (store, size, ttl, kept) in [
            (&free, 3, None, Some(None)),
            (&free, 4, None, None),
            (&free, 0, Some(second(99)), Some(Some(second(99)))),
            (&brief, 3, None, Some(Some(second(10)))),
            (&brief, 3, Some(second(99)), Some(Some(second(10)))),
            (&brief, 3, Some(second(5)), Some(Some(second(5)))),
        ] {
            assert_eq!(store.admit(size, ttl).ok(), kept, "{size} {ttl:?}");
        }
    }

    fn free_and(longest: Duration) -> Limited<Memory> {
        Limited::new(Memory::new()).value_bytes(3).ttl(longest)
    }
}
