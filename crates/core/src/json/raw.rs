//! A JSON text, kept exactly as it came.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};

/// A JSON value kept as the text it arrived in: key order, duplicate keys and numbers of any size
/// survive. Cloning is cheap.
///
/// ```
/// use fmcp_core::Raw;
///
/// let raw: Raw = serde_json::from_str(r#"{"z": 1, "a": 12345678901234567890123}"#).unwrap();
/// assert_eq!(serde_json::to_string(&raw).unwrap(), r#"{"z": 1, "a": 12345678901234567890123}"#);
/// ```
#[derive(Clone)]
pub struct Raw(Arc<RawValue>);

impl Raw {
    /// The text of `value`.
    ///
    /// # Errors
    /// When `value` cannot be written as JSON (a map with keys that are not strings, for example).
    pub fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(value).map(|raw| Self(raw.into()))
    }

    /// Checks that `text` is one JSON value and keeps it.
    ///
    /// # Errors
    /// When it is not.
    pub fn from_text(text: impl Into<String>) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text.into()).map(|raw| Self(raw.into()))
    }

    /// The empty object, which is how the protocol says "yes" where settings may follow one day.
    #[must_use]
    pub fn empty_object() -> Self {
        Self::from(serde_json::Value::Object(serde_json::Map::new()))
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Reads the text as a `T`.
    ///
    /// # Errors
    /// When the text is not a `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.as_str())
    }

    /// The text as a tree. Numbers that do not fit 64 bits lose digits here, and only here; text
    /// deeper than the parser goes (127 levels) becomes `null`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.parse().unwrap_or(Value::Null)
    }

    /// Whether the value is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.as_str().starts_with('{')
    }
}

impl From<Value> for Raw {
    fn from(value: Value) -> Self {
        Self::from(&value)
    }
}

impl From<&Value> for Raw {
    fn from(value: &Value) -> Self {
        Self::from_serialize(value).expect("a tree of JSON values can always be written")
    }
}

impl From<Box<RawValue>> for Raw {
    fn from(raw: Box<RawValue>) -> Self {
        Self(raw.into())
    }
}

impl From<&RawValue> for Raw {
    fn from(raw: &RawValue) -> Self {
        Self(raw.to_owned().into())
    }
}

/// Equal when the text is equal to the letter, or else when it says the same as a tree.
impl PartialEq for Raw {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
            || match (self.parse::<Value>(), other.parse::<Value>()) {
                (Ok(a), Ok(b)) => a == b,
                _ => false,
            }
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn keeps_the_text() {
        for text in [
            r#"{"b":1,"a":1.10,"b":2}"#,
            "12345678901234567890123",
            "null",
            "[ 1 ,2]",
        ] {
            let raw: Raw = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&raw).unwrap(), text);
        }
    }

    #[test]
    fn compares_as_a_tree_when_the_text_differs() {
        let raw = |s: &str| Raw::from_text(s).unwrap();
        assert_eq!(raw(r#"{"a":1,"b":2}"#), raw(r#"{"b":2, "a":1}"#));
        assert_ne!(raw("1"), raw("2"));
    }
}
