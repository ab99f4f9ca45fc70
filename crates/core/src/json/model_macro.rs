//! `model!`: a struct of the protocol that keeps the fields it does not know.
//!
//! Serde's `flatten` would do the same by buffering every value, which loses big numbers and fails on
//! raw JSON; hence a macro of our own. It writes what one would write by hand: a visitor with one arm
//! per field, and a map serializer.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, de};

/// An object's key, borrowed where the input allows it.
pub(crate) struct Key<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> de::Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// What a field of the model does when it is absent.
pub(crate) trait Member: Sized {
    /// Whether the field must be there.
    const REQUIRED: bool = true;

    /// The value of an absent field; `None` where the field is required.
    fn absent() -> Option<Self> {
        None
    }

    /// Whether the field is left out when written.
    fn is_absent(&self) -> bool {
        false
    }
}

impl<T> Member for Option<T> {
    const REQUIRED: bool = false;

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

/// A list that is missing is an empty one; an empty one is written.
impl<T> Member for Vec<T> {
    const REQUIRED: bool = false;

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

/// Names types that must be there.
macro_rules! required {
    ($($ty:ty),* $(,)?) => { $(impl $crate::json::Member for $ty {})* };
}
pub(crate) use required;

/// As a list.
impl<T> Member for super::Named<T> {
    const REQUIRED: bool = false;

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

/// Whether `names` has `name`; what lets a constructor be checked when it is compiled.
pub(crate) const fn lists(names: &[&str], name: &str) -> bool {
    let mut at = 0;
    while at < names.len() {
        if same(names[at].as_bytes(), name.as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

required!(String, bool, i64, u64, super::Raw, super::Number);

/// Defines structs of the protocol: `field: Type = "wireName"`, where an `Option` may be absent and
/// a `Vec` or `Named` that is absent is empty. `raw` after the name reads an `Option<Raw>` in which `null` is a
/// value like any other; `saturating` reads any number as the nearest `u64`. `: "type" = "text"` after the struct's name writes a constant field first and
/// ignores it when reading. `new(field: Type, …)` after that makes a constructor: it must name every
/// field that is required, and leaves the others absent. Every struct also has `extra`, the fields it
/// does not know.
macro_rules! model {
    ($(
        $(#[$attr:meta])*
        pub struct $name:ident $(: $tag_key:literal = $tag_value:literal)?
        $(new($($given:ident : $given_ty:ty),* $(,)?))? {
            $( $(#[$field_attr:meta])* $field:ident : $ty:ty = $wire:literal $($how:ident)? ),* $(,)?
        }
    )*) => { $(
        $(#[$attr])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $( $(#[$field_attr])* pub $field: $ty, )*
            /// Fields that this version of the model does not know, carried through.
            pub extra: $crate::json::Extra,
        }

        $crate::json::required!($name);
        model!(@new $name { $($field: $ty,)* } $(($($given: $given_ty),*))?);

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use ::serde::ser::SerializeMap as _;
                #[allow(unused_imports)]
                use $crate::json::Member as _;
                let mut map = serializer.serialize_map(None)?;
                $(map.serialize_entry($tag_key, $tag_value)?;)?
                $(if !self.$field.is_absent() { map.serialize_entry($wire, &self.$field)?; })*
                for (key, value) in self.extra.iter() {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Object;
                impl<'de> ::serde::de::Visitor<'de> for Object {
                    type Value = $name;

                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str(concat!("an object (", stringify!($name), ")"))
                    }

                    fn visit_map<A: ::serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        $(let mut $field: Option<$ty> = None;)*
                        let mut extra = $crate::json::Extra::default();
                        while let Some($crate::json::Key(key)) = map.next_key()? {
                            match key.as_ref() {
                                $($tag_key => { map.next_value::<::serde::de::IgnoredAny>()?; })?
                                $($wire => {
                                    if $field.is_some() {
                                        return Err(::serde::de::Error::duplicate_field($wire));
                                    }
                                    $field = Some(model!(@read map $($how)?));
                                })*
                                _ => {
                                    let key = ::std::borrow::Cow::Owned(key.into_owned());
                                    extra.push(key, map.next_value()?);
                                }
                            }
                        }
                        Ok($name {
                            $($field: match $field.or_else($crate::json::Member::absent) {
                                Some(value) => value,
                                None => return Err(::serde::de::Error::missing_field($wire)),
                            },)*
                            extra: extra.settle(),
                        })
                    }
                }
                deserializer.deserialize_map(Object)
            }
        }
    )* };
    (@new $name:ident { $($field:ident : $ty:ty,)* }) => {};
    (@new $name:ident { $($field:ident : $ty:ty,)* } ($($given:ident : $given_ty:ty),*)) => {
        const _: () = {
            const GIVEN: &[&str] = &[$(stringify!($given)),*];
            $(assert!(
                !<$ty as $crate::json::Member>::REQUIRED
                    || $crate::json::lists(GIVEN, stringify!($field)),
                "a constructor names every required field"
            );)*
        };

        impl $name {
            /// What is required, and nothing else.
            #[must_use]
            pub fn new($($given: impl Into<$given_ty>),*) -> Self {
                let given = ($($given.into(),)*);
                $(#[allow(unused_variables)] let $field: Option<$ty> = None;)*
                let ($($given,)*) = given;
                $(let $given = Some($given);)*
                Self {
                    $($field: $field
                        .or_else($crate::json::Member::absent)
                        .expect("checked above"),)*
                    extra: $crate::json::Extra::default(),
                }
            }
        }
    };
    (@read $map:ident saturating) => {
        $map.next_value::<Option<$crate::json::Number>>()?.map(|n| n.saturating_u64())
    };
    (@read $map:ident raw) => { Some($map.next_value::<$crate::json::Raw>()?) };
    (@read $map:ident) => { $map.next_value()? };
}
pub(crate) use model;

/// Writes a builder method for each of the named optional fields of a struct.
macro_rules! setters {
    ($name:ident { $($field:ident : $ty:ty),* $(,)? }) => {
        impl $name {
            $(
                #[doc = concat!("Sets `", stringify!($field), "`.")]
                #[must_use]
                pub fn $field(mut self, $field: impl Into<$ty>) -> Self {
                    self.$field = Some($field.into());
                    self
                }
            )*
        }
    };
}
pub(crate) use setters;

/// Defines an open enumeration of words: a word that is not known is kept in `Other`.
macro_rules! word {
    ($(
        $(#[$attr:meta])*
        pub enum $name:ident { $( $(#[$variant_attr:meta])* $variant:ident = $wire:literal ),* $(,)? }
    )*) => { $(
        $(#[$attr])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_attr])* $variant, )*
            /// A word that this version of the model does not know.
            Other(Box<str>),
        }

        impl $name {
            /// The word as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::Other(word) => word,
                }
            }

            /// The word that these bytes are, if it is a known one: what is known need not be proved to be
            /// text first.
            #[allow(dead_code, reason = "some words are never read from bytes")]
            pub(crate) fn known(word: &[u8]) -> Option<Self> {
                $( if word == $wire.as_bytes() {
                    return Some(Self::$variant);
                } )*
                None
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($wire => Self::$variant,)*
                    other => Self::Other(other.into()),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        $crate::json::required!($name);

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let $crate::json::Key(word) = ::serde::Deserialize::deserialize(deserializer)?;
                Ok(Self::from(word.as_ref()))
            }
        }
    )* };
}
pub(crate) use word;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, unreachable_pub)]

    use super::super::Raw;

    model! {
        /// An example.
        pub struct Thing: "type" = "thing" {
            /// Needed.
            name: String = "name",
            /// May be missing.
            size: Option<u64> = "size",
            /// Null is a value.
            any: Option<Raw> = "any" raw,
            /// May be missing, is then empty.
            list: Vec<String> = "list",
        }
    }

    fn check(input: &str, expect: Result<&str, &str>) {
        let got = serde_json::from_str::<Thing>(input);
        match (got, expect) {
            (Ok(thing), Ok(text)) => assert_eq!(serde_json::to_string(&thing).unwrap(), text),
            (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
            (got, _) => panic!("{input}: {got:?}"),
        }
    }

    #[test]
    fn unknown_fields_and_big_numbers_survive() {
        check(
            r#"{"x":12345678901234567890123,"name":"n","y":{"b":1,"a":1.10}}"#,
            Ok(
                r#"{"type":"thing","name":"n","list":[],"x":12345678901234567890123,"y":{"b":1,"a":1.10}}"#,
            ),
        );
    }

    #[test]
    fn null_is_absent_unless_the_field_takes_any_value() {
        check(
            r#"{"name":"n","size":null,"any":null,"list":["a"]}"#,
            Ok(r#"{"type":"thing","name":"n","any":null,"list":["a"]}"#),
        );
    }

    #[test]
    fn faults_are_named() {
        check(r#"{"size":1}"#, Err("missing field `name`"));
        check(r#"{"name":"a","name":"b"}"#, Err("duplicate field `name`"));
        check(r#"{"name":1}"#, Err("expected a string"));
        check("[]", Err("an object (Thing)"));
    }
}
