//! Where the schemas inside a schema are. What does not belong here: what they mean.
//!
//! A property may be called `minimum` and a default may hold an object with a `$ref` key, so a
//! schema can only be walked by someone who knows which keywords hold schemas.

use serde_json::{Map, Value};

/// Keywords whose value is a schema or a list of schemas.
const HOLDS: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "oneOf",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords whose value is an object of schemas under free names.
const NAMES: &[&str] = &[
    "$defs",
    "definitions",
    "dependencies",
    "dependentSchemas",
    "patternProperties",
    "properties",
];

/// The schemas directly inside `schema`.
pub(super) fn children(schema: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    for (keyword, value) in schema.as_object().into_iter().flatten() {
        if HOLDS.contains(&keyword.as_str()) {
            match value {
                Value::Array(list) => found.extend(list),
                one => found.push(one),
            }
        } else if NAMES.contains(&keyword.as_str()) {
            found.extend(value.as_object().into_iter().flat_map(Map::values));
        }
    }
    found
}

/// The schemas directly inside `schema`, to be changed.
pub(super) fn children_mut(schema: &mut Value) -> Vec<&mut Value> {
    let mut found = Vec::new();
    for (keyword, value) in schema.as_object_mut().into_iter().flatten() {
        if HOLDS.contains(&keyword.as_str()) {
            match value {
                Value::Array(list) => found.extend(list),
                one => found.push(one),
            }
        } else if NAMES.contains(&keyword.as_str()) {
            found.extend(value.as_object_mut().into_iter().flat_map(Map::values_mut));
        }
    }
    found
}

/// Whether `test` holds for `schema` or any schema inside it. Bounded by the nesting of the value.
pub(crate) fn any(schema: &Value, test: &mut impl FnMut(&Value) -> bool) -> bool {
    let mut waiting = vec![schema];
    while let Some(next) = waiting.pop() {
        if test(next) {
            return true;
        }
        waiting.extend(children(next));
    }
    false
}

/// The text of the `$ref` of `schema`, if it has one.
pub(super) fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str)
}

/// What a reference inside the same document (`#`, `#/$defs/Name`) points at.
pub(super) fn target<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let pointer = reference.strip_prefix('#')?;
    if pointer.contains('%') {
        root.pointer(&percent_decoded(pointer)?)
    } else {
        root.pointer(pointer)
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Whether the document is written in a dialect (draft-07 and before) where a `$ref` silences
/// everything that stands next to it.
pub(super) fn reference_stands_alone(root: &Value) -> bool {
    root.get("$schema")
        .and_then(Value::as_str)
        .is_some_and(|dialect| dialect.contains("/draft-0"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_schemas_are_visited() {
        let schema = json!({
            "properties": {"minimum": {"type": "string"}},
            "default": {"minimum": 1},
            "enum": [{"minimum": 1}],
        });
        let bound = |schema: &Value, word: &str| any(schema, &mut |one| one.get(word).is_some());
        assert!(!bound(&schema, "minimum"));
        assert!(bound(&schema, "type"));
    }

    #[test]
    fn references_are_unescaped() {
        let root = json!({"$defs": {"a/b": 1, "c d": 2}});
        assert_eq!(target(&root, "#/$defs/a~1b"), Some(&json!(1)));
        assert_eq!(target(&root, "#/$defs/c%20d"), Some(&json!(2)));
        assert_eq!(target(&root, "#"), Some(&root));
        assert_eq!(target(&root, "other.json#/a"), None);
        assert_eq!(target(&root, "#/%zz"), None);
    }
}
