//! From which level on messages are sent, by what they are about.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{Error, Result, protocol::model::LogLevel};

/// How many categories may have a level of their own: a tool may set them.
const MAX_CATEGORIES: usize = 1_000;

/// How long the name of one may be.
const MAX_NAME: usize = 256;

/// From which level on log messages are sent to clients, by category (the name of a
/// [`Logger`](super::Logger)), for all calls of a server. It changes while the server runs. Clients say
/// for themselves what they want to read, and get what passes both.
///
/// What is said of `db` holds for `db.pool` and `db::pool`, too, unless that has a level of its own; what
/// is said of the empty name holds for everything. A clone is the same.
///
/// ```
/// use fmcp_core::{LogLevels, protocol::model::LogLevel};
///
/// let levels = LogLevels::default();
/// levels.set("db", LogLevel::Warning)?;
/// levels.set("db.pool", LogLevel::Debug)?;
/// assert!(!levels.lets(LogLevel::Info, Some("db.queries")));
/// assert!(levels.lets(LogLevel::Info, Some("db.pool")));
/// assert!(levels.lets(LogLevel::Info, Some("validation")));
/// # Ok::<(), fmcp_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LogLevels(Arc<Levels>);

#[derive(Debug, Default)]
struct Levels {
    /// Whether anything is set: most servers set nothing.
    any: AtomicBool,
    /// `None` is silence.
    set: RwLock<BTreeMap<Box<str>, Option<LogLevel>>>,
}

impl LogLevels {
    /// Sends messages of this category from `level` on.
    ///
    /// # Errors
    /// When the name is too long, or too many categories have a level.
    pub fn set(&self, category: &str, level: LogLevel) -> Result<()> {
        self.put(category, Some(level))
    }

    /// Sends no messages of this category.
    ///
    /// # Errors
    /// As [`LogLevels::set`].
    pub fn silence(&self, category: &str) -> Result<()> {
        self.put(category, None)
    }

    /// Forgets what was said of this category; whether something was.
    pub fn reset(&self, category: &str) -> bool {
        let mut set = self.0.set.write().unwrap_or_else(PoisonError::into_inner);
        let was = set.remove(category).is_some();
        self.0.any.store(!set.is_empty(), Ordering::Release);
        was
    }

    /// What is set: a level for each category, `None` where it is silent.
    #[must_use]
    pub fn all(&self) -> BTreeMap<Box<str>, Option<LogLevel>> {
        let set = self.0.set.read().unwrap_or_else(PoisonError::into_inner);
        set.clone()
    }

    /// Whether a message of this level and category goes on.
    #[must_use]
    pub fn lets(&self, level: LogLevel, category: Option<&str>) -> bool {
        if !self.0.any.load(Ordering::Acquire) {
            return true;
        }
        let set = self.0.set.read().unwrap_or_else(PoisonError::into_inner);
        let mut name = category.unwrap_or_default();
        loop {
            match set.get(name) {
                Some(Some(least)) => return level >= *least,
                Some(None) => return false,
                None if name.is_empty() => return true,
                None => name = above(name),
            }
        }
    }

    fn put(&self, category: &str, level: Option<LogLevel>) -> Result<()> {
        if category.len() > MAX_NAME {
            let words = format!("the name of a category may have {MAX_NAME} bytes");
            return Err(Error::invalid_params(words));
        }
        let mut set = self.0.set.write().unwrap_or_else(PoisonError::into_inner);
        if set.len() >= MAX_CATEGORIES && !set.contains_key(category) {
            let words = format!("{MAX_CATEGORIES} categories have a level, which is the most");
            return Err(Error::new(crate::Kind::Overloaded, words));
        }
        set.insert(category.into(), level);
        self.0.any.store(true, Ordering::Release);
        Ok(())
    }
}

/// The category that this one is a part of.
fn above(name: &str) -> &str {
    let end = name.rfind(['.', ':', '/']).unwrap_or(0);
    name[..end].trim_end_matches([':', '.', '/'])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_most_specific_word_counts() {
        let levels = LogLevels::default();
        assert!(levels.lets(LogLevel::Debug, Some("x")));
        levels.set("", LogLevel::Notice).unwrap();
        levels.set("db", LogLevel::Error).unwrap();
        levels.set("crm::db", LogLevel::Debug).unwrap();
        levels.silence("db.secrets").unwrap();
        for (category, level, goes) in [
            (None, LogLevel::Info, false),
            (None, LogLevel::Notice, true),
            (Some("other"), LogLevel::Notice, true),
            (Some("db"), LogLevel::Warning, false),
            (Some("db.pool.size"), LogLevel::Warning, false),
            (Some("db/pool"), LogLevel::Error, true),
            (Some("dbx"), LogLevel::Notice, true),
            (Some("crm::db::pool"), LogLevel::Debug, true),
            (Some("crm::api"), LogLevel::Debug, false),
            (Some("db.secrets"), LogLevel::Emergency, false),
            (Some(":::"), LogLevel::Debug, false),
        ] {
            assert_eq!(levels.lets(level, category), goes, "{category:?} {level}");
        }
        assert!(levels.reset("db"));
        assert!(!levels.reset("db"));
        assert!(levels.lets(LogLevel::Notice, Some("db")));
    }

    #[test]
    fn what_a_tool_can_set_is_bounded() {
        let levels = LogLevels::default();
        for n in 0..MAX_CATEGORIES {
            levels.set(&n.to_string(), LogLevel::Info).unwrap();
        }
        assert!(levels.set("one more", LogLevel::Info).is_err());
        levels.set("1", LogLevel::Error).unwrap();
        assert!(
            levels
                .set(&"x".repeat(MAX_NAME + 1), LogLevel::Info)
                .is_err()
        );
    }
}
