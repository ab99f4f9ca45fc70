//! Named values that keep their order.

use std::{borrow::Cow, collections::HashSet, fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};

use super::{Key, Raw};

/// The fields of an object that the model does not know, and other objects of free form.
pub type Extra = Named<Raw>;

/// Named values in the order in which they came: an object whose names are data. Small when empty.
///
/// Of two fields of one name that come off the wire the first wins.
///
/// ```
/// use fmcp_core::Extra;
///
/// let mut extra: Extra = serde_json::from_str(r#"{"z": 1, "a": {"y": 2}}"#).unwrap();
/// extra.insert("m", serde_json::json!(true));
/// assert_eq!(serde_json::to_string(&extra).unwrap(), r#"{"z":1,"a":{"y": 2},"m":true}"#);
/// ```
#[derive(Clone, PartialEq)]
pub struct Named<T>(Vec<(Cow<'static, str>, T)>);

impl<T> Named<T> {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&T> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// Puts `value` under `key`, in the place of an older value if there is one.
    pub fn insert(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<T>) {
        let (key, value) = (key.into(), value.into());
        match self.0.iter_mut().find(|(k, _)| *k == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }

    /// Takes the value under `key` out.
    pub fn remove(&mut self, key: &str) -> Option<T> {
        let at = self.0.iter().position(|(k, _)| k == key)?;
        Some(self.0.remove(at).1)
    }

    /// Keeps only the fields that `keep` wants.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &T) -> bool) {
        self.0.retain(|(k, v)| keep(k, v));
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(k, v)| (k.as_ref(), v))
    }

    /// Adds a field that came off the wire. [`settle`](Self::settle) must follow the last one.
    pub(crate) fn push(&mut self, key: Cow<'static, str>, value: T) {
        self.0.push((key, value));
    }

    /// Drops all but the first of the fields of one name. Done once at the end, since a peer who sends
    /// very many fields would otherwise be paid with a search for each.
    pub(crate) fn settle(mut self) -> Self {
        if self.0.len() > 1 {
            let mut seen = HashSet::with_capacity(self.0.len());
            let first: Vec<bool> = self.0.iter().map(|(k, _)| seen.insert(&**k)).collect();
            let mut first = first.into_iter();
            self.0.retain(|_| first.next() == Some(true));
        }
        self
    }
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for Named<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<T, K: Into<Cow<'static, str>>, V: Into<T>> FromIterator<(K, V)> for Named<T> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(fields: I) -> Self {
        let mut named = Self::new();
        for (key, value) in fields {
            named.insert(key, value);
        }
        named
    }
}

impl<T> IntoIterator for Named<T> {
    type Item = (Cow<'static, str>, T);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Fields<T> {
            type Value = Named<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Named<T>, A::Error> {
                let mut named = Named::new();
                while let Some(Key(key)) = map.next_key()? {
                    named.push(Cow::Owned(key.into_owned()), map.next_value()?);
                }
                Ok(named.settle())
            }
        }
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_first_of_a_name_wins_and_order_is_kept() {
        let extra: Extra = serde_json::from_str(r#"{"b":1,"a":2,"b":3,"c":4}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&extra).unwrap(),
            r#"{"b":1,"a":2,"c":4}"#
        );
    }
}
