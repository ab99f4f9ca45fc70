//! Typed values that travel with a call.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    fmt,
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

/// Typed values, at most one of each type. Empty costs nothing; cloning shares the values.
// Boxed, so that the empty one is a single word in every call.
#[allow(clippy::box_collection)]
#[derive(Clone, Default)]
pub struct Extensions(Option<Box<HashMap<TypeId, Entry, BuildHasherDefault<IsHash>>>>);

/// The hash of a type's id: it is one already.
#[derive(Clone, Copy, Default)]
struct IsHash(u64);

impl Hasher for IsHash {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Clone)]
struct Entry {
    name: &'static str,
    value: Arc<dyn Any + Send + Sync>,
}

impl Extensions {
    /// Nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Puts `value` in, in the place of an older one of its type.
    pub fn insert<T: Any + Send + Sync>(&mut self, value: T) {
        self.insert_arc(Arc::new(value));
    }

    /// Puts a shared value in.
    pub fn insert_arc<T: Any + Send + Sync>(&mut self, value: Arc<T>) {
        let entry = Entry {
            name: type_name::<T>(),
            value,
        };
        self.0
            .get_or_insert_default()
            .insert(TypeId::of::<T>(), entry);
    }

    /// The value of this type.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.entry::<T>()?.downcast_ref()
    }

    /// The value of this type, shared.
    #[must_use]
    pub fn get_arc<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        Arc::clone(self.entry::<T>()?).downcast().ok()
    }

    /// Takes the value of this type out.
    pub fn remove<T: Any + Send + Sync>(&mut self) -> Option<Arc<T>> {
        self.0
            .as_mut()?
            .remove(&TypeId::of::<T>())?
            .value
            .downcast()
            .ok()
    }

    /// Whether there is a value of this type.
    #[must_use]
    pub fn contains<T: Any + Send + Sync>(&self) -> bool {
        self.entry::<T>().is_some()
    }

    fn entry<T: Any>(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.0
            .as_ref()?
            .get(&TypeId::of::<T>())
            .map(|entry| &entry.value)
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.0.iter().flat_map(|map| map.values());
        f.debug_set()
            .entries(entries.map(|entry| entry.name))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_of_each_type() {
        let mut ext = Extensions::new();
        assert!(ext.get::<u8>().is_none());
        ext.insert(1_u8);
        ext.insert("a");
        ext.insert(2_u8);
        assert_eq!(ext.get::<u8>(), Some(&2));
        assert_eq!(ext.get_arc::<&str>().as_deref(), Some(&"a"));
        assert_eq!(ext.clone().remove::<u8>().as_deref(), Some(&2));
        assert!(ext.contains::<u8>());
        assert_eq!(size_of::<Extensions>(), size_of::<usize>());
    }
}
