//! The names that peers give to requests and to their progress.

use std::{
    borrow::Cow,
    fmt,
    hash::{Hash, Hasher},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Raw, json::required};

/// Whether `raw` is a string or a whole number.
fn is_identifier(raw: &Raw) -> bool {
    let text = raw.as_str();
    let digits = text.strip_prefix('-').unwrap_or(text);
    text.starts_with('"') || digits.bytes().all(|b| b.is_ascii_digit())
}

/// The text by which two identifiers are compared: a string's escapes do not count, since a peer may
/// send our own string back escaped in its own way.
fn canonical(raw: &Raw) -> Cow<'_, str> {
    if !raw.as_str().contains('\\') {
        return Cow::Borrowed(raw.as_str());
    }
    match raw.parse::<String>() {
        Ok(text) => Cow::Owned(
            Raw::from(serde_json::Value::String(text))
                .as_str()
                .to_owned(),
        ),
        Err(_) => Cow::Borrowed(raw.as_str()),
    }
}

macro_rules! identifier {
    ($( $(#[$attr:meta])* pub struct $name:ident; )*) => { $(
        $(#[$attr])*
        #[derive(Clone)]
        pub struct $name(Raw);

        required!($name);

        impl $name {
            /// The JSON text: a quoted string or a whole number.
            #[must_use]
            pub fn as_json(&self) -> &str {
                self.0.as_str()
            }

            /// The string, if it is one.
            #[must_use]
            pub fn to_text(&self) -> Option<String> {
                self.0.parse().ok()
            }

            /// The number, if it is one that fits.
            #[must_use]
            pub fn as_i64(&self) -> Option<i64> {
                self.as_json().parse().ok()
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_json() == other.as_json() || canonical(&self.0) == canonical(&other.0)
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                canonical(&self.0).hash(state);
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_json())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_json())
            }
        }

        identifier!(@from $name: &str, String, i32, i64, u32, u64);

        impl From<$name> for Raw {
            fn from(identifier: $name) -> Self {
                identifier.0
            }
        }

        impl TryFrom<Raw> for $name {
            type Error = serde_json::Error;

            fn try_from(raw: Raw) -> Result<Self, Self::Error> {
                if is_identifier(&raw) {
                    return Ok(Self(raw));
                }
                Err(de::Error::custom(concat!(
                    "a ", stringify!($name), " must be a string or a whole number"
                )))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::try_from(Raw::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    )* };
    (@from $name:ident: $($ty:ty),*) => { $(
        impl From<$ty> for $name {
            fn from(value: $ty) -> Self {
                Self(Raw::from(serde_json::Value::from(value)))
            }
        }
    )* };
}
identifier! {
    /// The id of a request: a string or a whole number of any size, kept as it came. Cheap to clone.
    ///
    /// ```
    /// use fmcp_core::protocol::model::RequestId;
    ///
    /// let id: RequestId = serde_json::from_str("12345678901234567890123").unwrap();
    /// assert_eq!(id.as_json(), "12345678901234567890123");
    /// assert_ne!(RequestId::from("1"), RequestId::from(1));
    /// assert!(serde_json::from_str::<RequestId>("1.5").is_err());
    /// ```
    pub struct RequestId;

    /// The token under which progress is reported: a string or a whole number of any size, kept as it
    /// came. Cheap to clone.
    pub struct ProgressToken;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashSet;

    use super::*;

    fn check(text: &str, fits: bool) {
        let got = serde_json::from_str::<RequestId>(text);
        assert_eq!(got.is_ok(), fits, "{text}");
        if let Ok(id) = got {
            assert_eq!(serde_json::to_string(&id).unwrap(), text);
        }
    }

    #[test]
    fn strings_and_whole_numbers_only() {
        for text in [
            r#""""#,
            r#""a\u00e9\n""#,
            "0",
            "-7",
            "123456789012345678901234567890",
        ] {
            check(text, true);
        }
        for text in ["null", "1.0", "1e3", "true", "[]", "{}"] {
            check(text, false);
        }
    }

    #[test]
    fn escapes_do_not_count() {
        let id = |text: &str| serde_json::from_str::<RequestId>(text).unwrap();
        let known = HashSet::from([id(r#""caf\u00e9""#), id("1")]);
        assert!(known.contains(&RequestId::from("café")));
        assert!(known.contains(&RequestId::from(1)));
        assert!(!known.contains(&RequestId::from("1")));
    }
}
