//! The seam to whatever keeps values by key.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{BoxFuture, Result};

/// Keeps values by key: in memory, on disk, in Redis, wherever.
///
/// Keys are short text without NUL; values are bytes. A value whose time is over is never seen again,
/// whenever it is removed.
pub trait Store: Send + Sync + 'static {
    /// The value under `key`.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>>;

    /// Puts `value` under `key`, for `ttl` or for good.
    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<()>>;

    /// Puts `value` under `key`, for `ttl` or for good, where there is none; whether it did. Of several that
    /// try at once, one does.
    fn put_new<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>>;

    /// Removes the value under `key`; whether there was one. Of several that try at once, one does.
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>>;

    /// At most `limit` keys that begin with `prefix`, in order.
    fn list<'a>(&'a self, prefix: &'a str, limit: usize) -> BoxFuture<'a, Result<Vec<String>>>;
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        (**self).get(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<()>> {
        (**self).put(key, value, ttl)
    }

    fn put_new<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        (**self).put_new(key, value, ttl)
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        (**self).delete(key)
    }

    fn list<'a>(&'a self, prefix: &'a str, limit: usize) -> BoxFuture<'a, Result<Vec<String>>> {
        (**self).list(prefix, limit)
    }
}
