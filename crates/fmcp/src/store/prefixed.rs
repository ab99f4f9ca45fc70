//! A part of another store.

use std::time::Duration;

use bytes::Bytes;
use fmcp_core::{BoxFuture, Result, Store};

/// The keys of another store that begin with a prefix and a colon, as a store of their own.
///
/// It bounds nothing and hides nothing: whoever has the whole store sees the keys, and a prefix `a` holds
/// what a prefix `a:b` holds. To share one store, give each part an `Arc` of it.
///
/// ```
/// use std::sync::Arc;
/// use fmcp::{Store, store::{Memory, Prefixed}};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
/// let whole = Arc::new(Memory::new());
/// let part = Prefixed::new(Arc::clone(&whole), "cache");
/// part.put("k", "v".into(), None).await?;
/// assert_eq!(whole.list("", 10).await?, ["cache:k"]);
/// assert_eq!(part.list("", 10).await?, ["k"]);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Prefixed<S> {
    store: S,
    prefix: String,
}

impl<S: Store> Prefixed<S> {
    /// The keys of `store` that begin with `prefix` and a colon.
    pub fn new(store: S, prefix: impl AsRef<str>) -> Self {
        Self {
            store,
            prefix: format!("{}:", prefix.as_ref()),
        }
    }

    fn outer(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

impl<S: Store> Store for Prefixed<S> {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        Box::pin(async move { self.store.get(&self.outer(key)).await })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.store.put(&self.outer(key), value, ttl).await })
    }

    fn put_new<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { self.store.put_new(&self.outer(key), value, ttl).await })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { self.store.delete(&self.outer(key)).await })
    }

    fn list<'a>(&'a self, prefix: &'a str, limit: usize) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let keys = self.store.list(&self.outer(prefix), limit).await?;
            Ok(keys
                .into_iter()
                .map(|mut key| key.split_off(self.prefix.len()))
                .collect())
        })
    }
}
