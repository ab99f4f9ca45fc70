//! Values by key.

use std::{collections::BTreeSet, time::Duration};

use ::redis::cmd;
use bytes::Bytes;
use fmcp_core::{BoxFuture, Error, Kind, Result, Store};

use super::{Again, Redis};
use crate::store::entries::check_key;

/// How many keys one step of a search looks at, and how many steps it takes at most: a million keys.
const STEP: usize = 1_000;
const MAX_STEPS: usize = 1_000;

/// Longer than this is for good.
const FOR_GOOD: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl Redis {
    pub(crate) fn place(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    async fn set(&self, key: &str, value: &[u8], ttl: Option<Duration>, new: bool) -> Result<bool> {
        check_key(key)?;
        let place = self.place(key);
        if ttl == Some(Duration::ZERO) {
            // It would be over at once.
            let command = if new { "EXISTS" } else { "DEL" };
            let was_there: bool = self.link.ask(Again::Yes, cmd(command).arg(place)).await?;
            return Ok(!(new && was_there));
        }
        let mut set = cmd("SET");
        set.arg(place).arg(value);
        if let Some(ttl) = ttl.filter(|ttl| *ttl < FOR_GOOD) {
            let millis = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
            set.arg("PX").arg(millis.max(1));
        }
        if !new {
            let () = self.link.ask(Again::Yes, &set).await?;
            return Ok(true);
        }
        let done: Option<String> = self.link.ask(Again::No, set.arg("NX")).await?;
        Ok(done.is_some())
    }

    /// The first `limit` keys that begin with `prefix`, of all that there are: the server knows no order.
    async fn search(&self, prefix: &str, limit: usize) -> Result<Vec<String>> {
        let pattern = pattern(&self.place(prefix));
        let (mut first, mut cursor) = (BTreeSet::new(), 0_u64);
        for _ in 0..MAX_STEPS {
            let mut scan = cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(&pattern);
            scan.arg("COUNT").arg(STEP);
            let (next, found): (u64, Vec<Vec<u8>>) = self.link.ask(Again::Yes, &scan).await?;
            for place in found {
                let place = String::from_utf8(place).ok();
                if let Some(key) =
                    place.and_then(|p| Some(p.strip_prefix(&*self.prefix)?.to_owned()))
                {
                    first.insert(key);
                }
                if first.len() > limit {
                    first.pop_last();
                }
            }
            cursor = next;
            if cursor == 0 {
                return Ok(first.into_iter().collect());
            }
        }
        Err(Error::new(
            Kind::Overloaded,
            "there are too many keys in the store to look for some",
        ))
    }
}

impl Store for Redis {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        Box::pin(async move {
            let place = self.place(key);
            let found: Option<Vec<u8>> = self.link.ask(Again::Yes, cmd("GET").arg(place)).await?;
            Ok(found.map(Bytes::from))
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.set(key, &value, ttl, false).await.map(drop) })
    }

    fn put_new<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { self.set(key, &value, ttl, true).await })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let place = self.place(key);
            self.link.ask(Again::No, cmd("DEL").arg(place)).await
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, limit: usize) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            if limit == 0 {
                return Ok(Vec::new());
            }
            self.search(prefix, limit).await
        })
    }
}

/// What matches everything that begins so.
fn pattern(prefix: &str) -> String {
    let mut pattern = String::with_capacity(prefix.len() + 1);
    for sign in prefix.chars() {
        if matches!(sign, '*' | '?' | '[' | ']' | '^' | '-' | '\\') {
            pattern.push('\\');
        }
        pattern.push(sign);
    }
    pattern + "*"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_no_pattern() {
        for (prefix, expect) in [
            ("", "*"),
            ("a:b", "a:b*"),
            ("a*?[x]\\", "a\\*\\?\\[x\\]\\\\*"),
            ("größe", "größe*"),
        ] {
            assert_eq!(pattern(prefix), expect);
        }
    }
}
