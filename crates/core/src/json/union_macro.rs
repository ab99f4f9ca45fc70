//! `union!`: one of several structs of the protocol, told apart by a word inside.
//!
//! Serde's own unions buffer every value, which loses big numbers and fails on raw JSON. Here the text
//! is kept, the telling field is peeked at, and the text is then read once as what it is.

use std::{cell::Cell, fmt};

use serde::{
    Deserializer as _,
    de::{self, DeserializeOwned, IgnoredAny},
};
use serde_json::value::RawValue;

use super::Key;

/// How deep unions may stand within unions. Each is read with a parser of its own, which knows nothing
/// of the depth of the one around it; without an end a peer could exhaust the stack.
const DEPTH: u8 = 32;

thread_local! {
    static DEEP: Cell<u8> = const { Cell::new(0) };
}

/// Reads `text`, which stands inside another document, as a `T`.
pub(crate) fn parse_inner<T: DeserializeOwned, E: de::Error>(text: &str) -> Result<T, E> {
    struct Level;
    impl Drop for Level {
        fn drop(&mut self) {
            DEEP.set(DEEP.get() - 1);
        }
    }

    if DEEP.get() >= DEPTH {
        return Err(E::custom("values are nested too deeply"));
    }
    DEEP.set(DEEP.get() + 1);
    let _level = Level;
    serde_json::from_str(text).map_err(|error| E::custom(without_place(&error)))
}

/// The values under `keys` in the object `text`; the first of one name counts.
pub(crate) fn peek<'a, const N: usize, E: de::Error>(
    text: &'a str,
    keys: [&'static str; N],
) -> Result<[Option<&'a RawValue>; N], E> {
    struct Fields<const N: usize>([&'static str; N]);
    impl<'de, const N: usize> de::Visitor<'de> for Fields<N> {
        type Value = [Option<&'de RawValue>; N];

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = [None; N];
            while let Some(Key(key)) = map.next_key()? {
                match self.0.iter().position(|k| *k == key) {
                    Some(at) if found[at].is_none() => found[at] = Some(map.next_value()?),
                    _ => {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
            }
            Ok(found)
        }
    }
    serde_json::Deserializer::from_str(text)
        .deserialize_map(Fields(keys))
        .map_err(|error| E::custom(without_place(&error)))
}

/// The word under `tag` in the object `text`, or `absent` where there is none.
pub(crate) fn peek_word<E: de::Error>(
    text: &str,
    tag: &'static str,
    absent: Option<&str>,
) -> Result<String, E> {
    match (peek(text, [tag])?, absent) {
        ([Some(word)], _) => serde_json::from_str(word.get())
            .map_err(|error| E::custom(format_args!("`{tag}`: {}", without_place(&error)))),
        ([None], Some(word)) => Ok(word.to_owned()),
        ([None], None) => Err(E::missing_field(tag)),
    }
}

/// The error's words without a line and column, which count from the inner text's beginning and would
/// mislead beside those of the outer one.
fn without_place(error: &serde_json::Error) -> String {
    let mut words = error.to_string();
    if let Some(at) = words.rfind(" at line ") {
        words.truncate(at);
    }
    words
}

/// Defines an open union: `enum Name by "tag" { Variant(Type) = "word", … }`. A word that is not known
/// is kept whole in `Other`. `by "tag" or "word"` says what an absent tag means.
macro_rules! union {
    (
        $(#[$attr:meta])*
        pub enum $name:ident by $tag:literal $(or $absent:literal)? {
            $( $(#[$variant_attr:meta])* $variant:ident($ty:ty) = $word:literal ),* $(,)?
        }
    ) => {
        $(#[$attr])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_attr])* $variant($ty), )*
            /// A kind that this version of the model does not know, carried through.
            Other($crate::json::Raw),
        }

        $crate::json::required!($name);

        $(impl From<$ty> for $name {
            fn from(value: $ty) -> Self {
                Self::$variant(value)
            }
        })*

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(value) => value.serialize(serializer),)*
                    Self::Other(raw) => raw.serialize(serializer),
                }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw = Box::<::serde_json::value::RawValue>::deserialize(deserializer)?;
                #[allow(unused_assignments, unused_mut)]
                let mut absent = None;
                $(absent = Some($absent);)?
                let word: String = $crate::json::peek_word(raw.get(), $tag, absent)?;
                match word.as_str() {
                    $($word => $crate::json::parse_inner(raw.get()).map(Self::$variant),)*
                    _ => Ok(Self::Other(raw.into())),
                }
            }
        }
    };
}
pub(crate) use union;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, unreachable_pub)]

    use crate::json::model;

    model! {
        /// A leaf.
        pub struct Leaf: "kind" = "leaf" {
            /// Its colour.
            colour: String = "colour",
        }

        /// A branch.
        pub struct Branch: "kind" = "branch" {
            /// What grows on it.
            tree: Vec<Tree> = "tree",
        }
    }

    union! {
        /// A tree.
        pub enum Tree by "kind" {
            /// A leaf.
            Leaf(Leaf) = "leaf",
            /// A branch.
            Branch(Branch) = "branch",
        }
    }

    fn check(input: &str, expect: Result<(), &str>) {
        match (serde_json::from_str::<Tree>(input), expect) {
            (Ok(tree), Ok(())) => assert_eq!(serde_json::to_string(&tree).unwrap(), input),
            (Err(error), Err(words)) => {
                assert!(error.to_string().starts_with(words), "{error}");
            }
            (got, _) => panic!("{input}: {got:?}"),
        }
    }

    #[test]
    fn the_word_decides_and_an_unknown_one_is_kept() {
        check(r#"{"kind":"leaf","colour":"red"}"#, Ok(()));
        check(
            r#"{"kind":"branch","tree":[{"kind":"leaf","colour":"red"}]}"#,
            Ok(()),
        );
        check(r#"{"size": 1.10 ,"kind":"root"}"#, Ok(()));
    }

    #[test]
    fn faults_are_named() {
        check(r#"{"colour":"red"}"#, Err("missing field `kind`"));
        check(r#"{"kind":1}"#, Err("`kind`: invalid type"));
        check(r#"{"kind":"leaf"}"#, Err("missing field `colour`"));
        check("[]", Err("invalid type: sequence, expected an object"));
    }

    #[test]
    fn depth_ends_before_the_stack_does() {
        let nested = |n: usize| {
            format!(
                "{}{}",
                r#"{"kind":"branch","tree":["#.repeat(n),
                "]}".repeat(n)
            )
        };
        check(&nested(30), Ok(()));
        check(&nested(10_000), Err("values are nested too deeply"));
        check(&nested(30), Ok(()));
    }
}
