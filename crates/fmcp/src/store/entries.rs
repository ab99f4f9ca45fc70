//! The bookkeeping of [`Memory`](super::Memory): what is kept, for how long, and who must go.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
};

use bytes::Bytes;
use fmcp_core::{Error, Kind, Result};
use tokio::time::Instant;

/// How much a [`Memory`](super::Memory) keeps at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many values. Default: 100,000.
    pub entries: usize,
    /// How many bytes of keys and values together. Default: 64 MiB.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            entries: 100_000,
            bytes: 64 * 1024 * 1024,
        }
    }
}

/// The longest key.
const MAX_KEY: usize = 1024;

/// Values by key, with what is needed to find the expired and the oldest.
#[derive(Default)]
pub(super) struct Entries {
    by_key: BTreeMap<Arc<str>, Entry>,
    by_age: BTreeMap<u64, Arc<str>>,
    by_end: BTreeSet<(Instant, u64)>,
    bytes: usize,
    written: u64,
}

struct Entry {
    value: Bytes,
    ends: Option<Instant>,
    age: u64,
}

impl Entry {
    fn is_over(&self, now: Instant) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }
}

impl Entries {
    pub(super) fn get(&mut self, key: &str, now: Instant) -> Option<Bytes> {
        let entry = self.by_key.get(key)?;
        if entry.is_over(now) {
            self.remove(key);
            return None;
        }
        Some(entry.value.clone())
    }

    /// Puts a value in; for room, what is over goes first, then what was written longest ago.
    pub(super) fn put(
        &mut self,
        key: &str,
        value: &[u8],
        ends: Option<Instant>,
        now: Instant,
        bounds: &Bounds,
    ) -> Result<()> {
        check_key(key)?;
        let size = key.len() + value.len();
        if size > bounds.bytes || bounds.entries == 0 {
            return Err(Error::new(
                Kind::Overloaded,
                format!(
                    "a value of {size} bytes does not fit into a store of {} bytes",
                    bounds.bytes
                ),
            ));
        }
        self.remove(key);
        self.drop_expired(now);
        while self.by_key.len() >= bounds.entries || self.bytes + size > bounds.bytes {
            let Some((_, oldest)) = self.by_age.first_key_value() else {
                break;
            };
            let oldest = Arc::clone(oldest);
            self.remove(&oldest);
        }
        let (age, key) = (self.written, Arc::<str>::from(key));
        self.written += 1;
        self.bytes += size;
        self.by_age.insert(age, Arc::clone(&key));
        if let Some(ends) = ends {
            self.by_end.insert((ends, age));
        }
        // A copy: a slice would keep the whole message alive that it was cut from.
        let value = Bytes::copy_from_slice(value);
        self.by_key.insert(key, Entry { value, ends, age });
        Ok(())
    }

    pub(super) fn delete(&mut self, key: &str, now: Instant) -> bool {
        self.remove(key).is_some_and(|entry| !entry.is_over(now))
    }

    pub(super) fn list(&self, prefix: &str, limit: usize, now: Instant) -> Vec<String> {
        self.by_key
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter(|(_, entry)| !entry.is_over(now))
            .take(limit)
            .map(|(key, _)| key.to_string())
            .collect()
    }

    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    fn drop_expired(&mut self, now: Instant) {
        while let Some((ends, age)) = self.by_end.first().copied()
            && ends <= now
        {
            match self.by_age.get(&age).cloned() {
                Some(key) => drop(self.remove(&key)),
                None => drop(self.by_end.pop_first()),
            }
        }
    }

    fn remove(&mut self, key: &str) -> Option<Entry> {
        let entry = self.by_key.remove(key)?;
        self.bytes -= key.len() + entry.value.len();
        self.by_age.remove(&entry.age);
        if let Some(ends) = entry.ends {
            self.by_end.remove(&(ends, entry.age));
        }
        Some(entry)
    }
}

pub(super) fn check_key(key: &str) -> Result<()> {
    if key.len() > MAX_KEY {
        let len = key.len();
        return Err(Error::internal(format!(
            "a key of a store has {len} bytes, and may have {MAX_KEY}"
        )));
    }
    if key.contains('\0') {
        return Err(Error::internal("a key of a store has a NUL in it"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// What is left after these were put, one second after the other: key, size of the value, seconds
    /// to live.
    fn check(puts: &[(&str, usize, Option<u64>)], expect: &[&str]) {
        let bounds = Bounds {
            entries: 3,
            bytes: 30,
        };
        let (start, mut entries) = (Instant::now(), Entries::default());
        let mut now = start;
        for (key, size, ttl) in puts {
            now += Duration::from_secs(1);
            let ends = ttl.map(|ttl| now + Duration::from_secs(ttl));
            let _ = entries.put(key, &vec![0; *size], ends, now, &bounds);
        }
        assert_eq!(entries.list("", 10, now), expect, "{puts:?}");
        let bytes: usize = entries
            .by_key
            .iter()
            .map(|(key, entry)| key.len() + entry.value.len())
            .sum();
        assert_eq!(entries.bytes, bytes);
        assert_eq!(entries.by_age.len(), entries.by_key.len());
        let ending = entries.by_key.values().filter(|e| e.ends.is_some()).count();
        assert_eq!(entries.by_end.len(), ending);
    }

    #[test]
    fn what_is_over_goes_first_then_the_oldest() {
        check(
            &[("a", 1, None), ("b", 1, None), ("c", 1, None)],
            &["a", "b", "c"],
        );
        check(
            &[
                ("a", 1, None),
                ("b", 1, None),
                ("c", 1, None),
                ("d", 1, None),
            ],
            &["b", "c", "d"],
        );
        // Over before the fourth comes: `b`, not the older `a`.
        check(
            &[
                ("a", 1, None),
                ("b", 1, Some(1)),
                ("c", 1, None),
                ("d", 1, None),
            ],
            &["a", "c", "d"],
        );
        // A value that is written again is young again.
        check(
            &[
                ("a", 1, None),
                ("b", 1, None),
                ("a", 2, None),
                ("c", 1, None),
                ("d", 1, None),
            ],
            &["a", "c", "d"],
        );
        // By size.
        check(
            &[("a", 9, None), ("b", 9, None), ("c", 19, None)],
            &["b", "c"],
        );
        // What never fits drives nobody out.
        check(&[("a", 9, None), ("b", 30, None)], &["a"]);
    }

    #[test]
    fn keys_are_short_text_without_nul() {
        let bounds = Bounds::default();
        let now = Instant::now();
        for (key, good) in [
            ("a", true),
            ("", true),
            ("ä:/", true),
            ("a\0", false),
            (&*"k".repeat(1025), false),
        ] {
            let mut entries = Entries::default();
            assert_eq!(
                entries.put(key, b"", None, now, &bounds).is_ok(),
                good,
                "{key:?}"
            );
        }
    }
}
