//! Values of one holder: under names, and by type.

use std::{
    any::Any,
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use serde_json::{Map, Value};

use crate::{Error, Extensions, Result};

/// How long a name may be, in bytes.
const MAX_NAME: usize = 256;

/// How many names one holder may have.
const MAX_NAMES: usize = 256;

/// How many bytes of JSON all of them together may have.
const MAX_BYTES: usize = 256 * 1024;

/// Values of one holder. What is not `bounded` holds what the author's code puts in for the time of a call.
#[derive(Default)]
pub(crate) struct Shelf {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    named: BTreeMap<Box<str>, (Value, usize)>,
    typed: Extensions,
    bytes: usize,
    /// Grows with each change that somebody here has made.
    version: u64,
    /// How many are about to write it to a store.
    writing: usize,
    loaded: Option<Instant>,
}

impl Shelf {
    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        self.lock().named.get(name).map(|(value, _)| value.clone())
    }

    /// Puts a value in, whatever its size.
    pub(crate) fn put(&self, name: &str, value: Value) {
        self.lock().put(name, value, 0);
    }

    /// Puts a value in, if there is room for it.
    pub(super) fn put_bounded(&self, name: &str, value: Value) -> Result<()> {
        let bytes = name.len() + size(&value);
        let mut state = self.lock();
        let (freed, known) = match state.named.get(name) {
            Some((_, bytes)) => (*bytes, true),
            None => (0, false),
        };
        let fault = if name.is_empty() || name.len() > MAX_NAME {
            format!("a name has 1 to {MAX_NAME} bytes, not {}", name.len())
        } else if !known && state.named.len() >= MAX_NAMES {
            format!("there are {MAX_NAMES} values, which is the most")
        } else if state.bytes - freed + bytes > MAX_BYTES {
            format!("all values together may have {MAX_BYTES} bytes")
        } else {
            state.put(name, value, bytes);
            return Ok(());
        };
        Err(Error::internal(format!(
            "the value {name:?} cannot be kept: {fault}"
        )))
    }

    pub(super) fn remove(&self, name: &str) -> bool {
        let mut state = self.lock();
        let removed = state.named.remove(name);
        if let Some((_, bytes)) = &removed {
            state.bytes -= bytes;
            state.version += 1;
        }
        removed.is_some()
    }

    pub(crate) fn typed<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.lock().typed.get_arc()
    }

    pub(crate) fn insert<T: Any + Send + Sync>(&self, value: Arc<T>) {
        self.lock().typed.insert_arc(value);
    }

    /// Everything under a name, and which state of it that is.
    pub(super) fn written(&self) -> (Map<String, Value>, u64) {
        let state = self.lock();
        let named = state.named.iter();
        let all = named.map(|(name, (value, _))| (name.to_string(), value.clone()));
        (all.collect(), state.version)
    }

    pub(super) fn version(&self) -> u64 {
        self.lock().version
    }

    /// When it was last read from a store.
    pub(super) fn loaded(&self) -> Option<Instant> {
        self.lock().loaded
    }

    /// Takes what a store has, unless what is here is newer than the state with `seen`. What does not fit is left out.
    pub(super) fn load(&self, all: Map<String, Value>, now: Option<Instant>, seen: u64) {
        let mut state = self.lock();
        state.loaded = now;
        if state.writing > 0 || state.version != seen {
            return;
        }
        state.named.clear();
        state.bytes = 0;
        for (name, value) in all.into_iter().take(MAX_NAMES) {
            let bytes = name.len() + size(&value);
            if state.bytes + bytes <= MAX_BYTES {
                state.put(&name, value, bytes);
            }
        }
    }

    /// Says that somebody is about to write it, or is done.
    pub(super) fn writing(&self, begins: bool) {
        let mut state = self.lock();
        state.writing = if begins {
            state.writing + 1
        } else {
            state.writing.saturating_sub(1)
        };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn put(&mut self, name: &str, value: Value, bytes: usize) {
        let before = self.named.insert(name.into(), (value, bytes));
        self.bytes = self.bytes - before.map_or(0, |(_, bytes)| bytes) + bytes;
        self.version += 1;
    }
}

fn size(value: &Value) -> usize {
    serde_json::to_vec(value).map_or(MAX_BYTES, |text| text.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_is_bounded() {
        let shelf = Shelf::default();
        for n in 0..MAX_NAMES {
            shelf.put_bounded(&n.to_string(), json!(n)).unwrap();
        }
        let fault = |name: &str, value| shelf.put_bounded(name, value).unwrap_err().to_string();
        assert!(fault("one more", json!(1)).contains("there are 256 values"));
        assert!(fault("", json!(1)).contains("1 to 256 bytes"));
        assert!(fault(&"n".repeat(257), json!(1)).contains("not 257"));
        let long = json!("x".repeat(MAX_BYTES));
        assert!(fault("1", long).contains("all values together"));
        shelf.put_bounded("1", json!("another")).unwrap();
        assert!(shelf.remove("2"));
        shelf.put_bounded("one more", json!(1)).unwrap();
        assert_eq!(shelf.get("1"), Some(json!("another")));
    }

    #[test]
    fn room_that_is_given_back_can_be_taken_again() {
        let shelf = Shelf::default();
        let half = json!("x".repeat(MAX_BYTES / 2));
        for _ in 0..5 {
            shelf.put_bounded("a", half.clone()).unwrap();
        }
        assert!(shelf.put_bounded("b", half.clone()).is_err());
        shelf.remove("a");
        shelf.put_bounded("b", half).unwrap();
    }

    #[test]
    fn a_store_does_not_undo_what_is_being_written() {
        let shelf = Shelf::default();
        shelf.put_bounded("a", json!(1)).unwrap();
        let before = shelf.version();
        shelf.writing(true);
        shelf.load(Map::new(), None, before);
        assert_eq!(shelf.get("a"), Some(json!(1)));
        shelf.put_bounded("a", json!(2)).unwrap();
        shelf.writing(false);
        shelf.load(Map::new(), None, before);
        assert_eq!(
            shelf.get("a"),
            Some(json!(2)),
            "it was read before that was written"
        );
        shelf.load(Map::new(), None, shelf.version());
        assert_eq!(shelf.get("a"), None);
    }
}
