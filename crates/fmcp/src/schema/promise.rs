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

/// Whether `schema` speaks of numbers that may have a fraction. Rust's may also be infinite, or none at
/// all, which JSON cannot say.
pub(crate) fn has_numbers(schema: &Value) -> bool {
    walk::any(schema, &mut |one| match one.get("type") {
        Some(Value::Array(types)) => types.iter().any(|kind| kind == "number"),
        kind => kind.is_some_and(|kind| kind == "number"),
    })
}
