//! What a schema promises beyond the shape of a value. What does not belong here: checking it.

use serde_json::Value;

use super::walk;

/// Keywords that refuse values which a Rust type with `deny_unknown_fields` would take.
const CONSTRAINTS: [&str; 25] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "patternProperties",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "enum",
    "const",
    "not",
    "if",
    "contains",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
];

/// Whether `schema` promises more than reading into a Rust type with `deny_unknown_fields` checks
/// anyway. When it does not, the hot path need not validate.
///
/// ```
/// use fmcp::schema::constrains;
/// use serde_json::json;
///
/// assert!(!constrains(&json!({"properties": {"a": {"type": "integer"}}})));
/// assert!(constrains(&json!({"properties": {"a": {"type": "integer", "maximum": 9}}})));
/// ```
#[must_use]
pub fn constrains(schema: &Value) -> bool {
    walk::any(schema, &mut |one| {
        one.as_object()
            .is_some_and(|all| CONSTRAINTS.iter().any(|word| all.contains_key(*word)))
    })
}

/// Whether a schema, as schemars derives it, promises more than its Rust types enforce: it still names
/// the width of integers, and keeps each type in a definition of its own.
///
/// The `enum` of a definition is taken for that of a Rust enum, which reading enforces; one next to a
/// field is somebody's rule for that field.
pub(super) fn beyond_types(root: &Value) -> bool {
    let mut waiting = vec![(root, false)];
    while let Some((schema, is_type)) = waiting.pop() {
        let Some(keywords) = schema.as_object() else {
            continue;
        };
        let broken = |word: &str| match word {
            "enum" | "const" => !is_type,
            "minimum" | "maximum" => !is_width(schema, word),
            _ => true,
        };
        if keywords
            .keys()
            .any(|word| CONSTRAINTS.contains(&&**word) && broken(word))
        {
            return true;
        }
        let types = [("$defs", true), ("oneOf", is_type), ("anyOf", is_type)];
        let types: Vec<&Value> = types
            .into_iter()
            .filter(|(_, are_types)| *are_types)
            .filter_map(|(word, _)| keywords.get(word))
            .flat_map(|all| match all {
                Value::Array(all) => all.iter().collect::<Vec<_>>(),
                Value::Object(all) => all.values().collect(),
                _ => Vec::new(),
            })
            .collect();
        for child in walk::children(schema) {
            let is_type = types.iter().any(|one| std::ptr::eq(*one, child));
            waiting.push((child, is_type));
        }
    }
    false
}

/// Whether a bound of an integer is no narrower than its Rust type, which the format names.
fn is_width(schema: &Value, word: &str) -> bool {
    let format = schema.get("format").and_then(Value::as_str);
    let (least, most) = match format {
        Some("uint8") => (0, Some(i64::from(u8::MAX))),
        Some("uint16") => (0, Some(i64::from(u16::MAX))),
        Some("uint32") => (0, Some(i64::from(u32::MAX))),
        Some("uint" | "uint64" | "uint128") => (0, None),
        Some("int8") => (i64::from(i8::MIN), Some(i64::from(i8::MAX))),
        Some("int16") => (i64::from(i16::MIN), Some(i64::from(i16::MAX))),
        Some("int32") => (i64::from(i32::MIN), Some(i64::from(i32::MAX))),
        _ => return false,
    };
    let bound = schema.get(word).and_then(Value::as_i64);
    match word {
        "minimum" => bound.is_some_and(|bound| bound <= least),
        _ => bound.zip(most).is_some_and(|(bound, most)| bound >= most),
    }
}

/// Whether `schema` speaks of numbers that may have a fraction. Rust's may also be infinite, or none at
/// all, which JSON cannot say.
pub(crate) fn has_numbers(schema: &Value) -> bool {
    walk::any(schema, &mut |one| match one.get("type") {
        Some(Value::Array(types)) => types.iter().any(|kind| kind == "number"),
        kind => kind.is_some_and(|kind| kind == "number"),
    })
}
