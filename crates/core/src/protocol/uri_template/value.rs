//! What a match gives.

use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A variable's value, percent-decoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A text.
    One(String),
    /// The values of a list variable (`{?b*}`).
    Many(Vec<String>),
}

impl Value {
    /// The text; `None` for a list.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::One(text) => Some(text),
            Self::Many(_) => None,
        }
    }

    /// The value read as a list: a text is split at its commas, as `{?b}` writes a list.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self {
            Self::One(text) => (Some(text.split(',')), [].as_slice()),
            Self::Many(items) => (None, items.as_slice()),
        };
        one.into_iter()
            .flatten()
            .chain(many.iter().map(String::as_str))
    }

    /// Every text in the value, unsplit.
    pub(super) fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(items) => items,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::One(text)
    }
}

impl From<Vec<String>> for Value {
    fn from(items: Vec<String>) -> Self {
        Self::Many(items)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(text) => serializer.serialize_str(text),
            Self::Many(items) => items.serialize(serializer),
        }
    }
}

/// The values found in a URI, in the order of the template's variables.
///
/// Query variables the URI does not carry are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    pub(super) values: Vec<(Arc<str>, Value)>,
}

impl Match {
    /// The value of the variable `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(name, value)| (&**name, value))
    }

    /// How many variables have a value.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether no variable has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The text of a JSON object, `{"name":"value","list":["a","b"]}`, in order.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a map of strings always has a JSON form")
    }
}

impl Serialize for Match {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_split_a_text_and_keep_a_list() {
        let many = Value::Many(vec!["a,b".into(), "c".into()]);
        for (value, expect) in [
            (Value::from("a,b"), vec!["a", "b"]),
            (Value::from("a"), vec!["a"]),
            (Value::from(""), vec![""]),
            (many, vec!["a,b", "c"]),
            (Value::Many(vec![]), vec![]),
        ] {
            assert_eq!(value.items().collect::<Vec<_>>(), expect);
        }
    }
}
