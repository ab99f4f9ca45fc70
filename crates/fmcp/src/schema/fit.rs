//! Whether a value could be meant by a schema: a quick and generous look, used to choose between
//! alternatives. What does not belong here: real validation.
//!
//! It may say yes to a value that the schema refuses, and never no to one that it accepts.

use std::cell::Cell;

use serde_json::Value;

use super::walk;

/// How deep references, alternatives and values are followed together.
pub(super) const DEPTH: usize = 64;
/// How many schemas are looked at for one value; past that, everything fits.
const STEPS: usize = 100_000;

/// One schema document and how much may still be looked at.
pub(super) struct Fit<'a> {
    pub(super) root: &'a Value,
    pub(super) alone: bool,
    steps: Cell<usize>,
}

impl<'a> Fit<'a> {
    pub(super) fn new(root: &'a Value) -> Self {
        Self {
            root,
            alone: walk::reference_stands_alone(root),
            steps: Cell::new(STEPS),
        }
    }

    /// Takes one step; `false` when there is none left.
    pub(super) fn step(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }

    /// What the reference of `schema` points at.
    pub(super) fn target(&self, schema: &Value) -> Option<&'a Value> {
        walk::reference(schema).and_then(|at| walk::target(self.root, at))
    }

    pub(super) fn fits(&self, schema: &Value, value: &Value, depth: usize) -> bool {
        if schema == &Value::Bool(false) {
            return false;
        }
        let Some(words) = schema.as_object() else {
            return true;
        };
        if depth == 0 || !self.step() {
            return true;
        }
        let fits = |one: &Value| self.fits(one, value, depth - 1);
        if walk::reference(schema).is_some() {
            if self.target(schema).is_some_and(|next| !fits(next)) {
                return false;
            }
            if self.alone {
                return true;
            }
        }
        let list = |word: &str| words.get(word).and_then(Value::as_array);
        typed(schema, value)
            && words.get("const").is_none_or(|only| equal(only, value))
            && list("enum").is_none_or(|all| all.iter().any(|one| equal(one, value)))
            && list("allOf").is_none_or(|all| all.iter().all(fits))
            && list("anyOf").is_none_or(|all| all.iter().any(fits))
            && list("oneOf").is_none_or(|all| all.iter().any(fits))
            && match value {
                Value::Array(items) => self.items_fit(schema, items, depth),
                Value::Object(_) => self.properties_fit(schema, value, depth),
                _ => true,
            }
    }

    fn items_fit(&self, schema: &Value, items: &[Value], depth: usize) -> bool {
        items.iter().enumerate().all(|(index, item)| {
            item_schema(schema, index).is_none_or(|of| self.fits(of, item, depth - 1))
        })
    }

    fn properties_fit(&self, schema: &Value, value: &Value, depth: usize) -> bool {
        let required = schema.get("required").and_then(Value::as_array);
        let mut required = required.into_iter().flatten().filter_map(Value::as_str);
        required.all(|name| value.get(name).is_some())
            && value.as_object().into_iter().flatten().all(|(name, one)| {
                property_schema(schema, name).is_none_or(|of| self.fits(of, one, depth - 1))
            })
    }
}

/// Whether `root` and the schemas in it are held against `value` and its parts at most `limit` times
/// by someone who looks at every alternative.
pub(super) fn visits_within(root: &Value, value: &Value, limit: usize) -> bool {
    let mut left = limit;
    let mut waiting = vec![(root, value)];
    while let Some((schema, value)) = waiting.pop() {
        let Some(words) = schema.as_object() else {
            continue;
        };
        let next = walk::reference(schema).and_then(|at| walk::target(root, at));
        waiting.extend(next.map(|next| (next, value)));
        for (word, of) in words {
            match (word.as_str(), of, value) {
                ("allOf" | "anyOf" | "oneOf", Value::Array(all), _) => {
                    waiting.extend(all.iter().map(|one| (one, value)));
                }
                ("not" | "if" | "then" | "else", ..) => waiting.push((of, value)),
                ("dependentSchemas" | "dependencies", Value::Object(all), _) => {
                    waiting.extend(all.values().map(|one| (one, value)));
                }
                ("properties", Value::Object(all), Value::Object(parts)) => {
                    let known = parts
                        .iter()
                        .filter_map(|(name, part)| Some((all.get(name)?, part)));
                    waiting.extend(known);
                }
                ("patternProperties", Value::Object(all), Value::Object(parts)) => {
                    let pairs = all
                        .values()
                        .flat_map(|of| parts.values().map(move |part| (of, part)));
                    waiting.extend(pairs.take(left));
                }
                ("additionalProperties" | "unevaluatedProperties", _, Value::Object(parts)) => {
                    waiting.extend(parts.values().map(|part| (of, part)));
                }
                ("propertyNames", _, Value::Object(parts)) => {
                    left = left.saturating_sub(parts.len());
                }
                ("items" | "prefixItems", Value::Array(all), Value::Array(parts)) => {
                    waiting.extend(all.iter().zip(parts));
                }
                (
                    "items" | "additionalItems" | "contains" | "unevaluatedItems",
                    _,
                    Value::Array(parts),
                ) => waiting.extend(parts.iter().map(|part| (of, part))),
                _ => {}
            }
        }
        left = left.saturating_sub(1);
        if left < waiting.len() {
            return false;
        }
    }
    true
}

/// Numbers are equal when they are the same number, however they are written; what is inside lists
/// and objects is not compared, to be generous.
fn equal(wanted: &Value, value: &Value) -> bool {
    match (wanted, value) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => true,
        _ => wanted == value,
    }
}

fn typed(schema: &Value, value: &Value) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => is_a(one, value),
        Some(Value::Array(all)) => all
            .iter()
            .filter_map(Value::as_str)
            .any(|one| is_a(one, value)),
        _ => true,
    }
}

/// Whether `value` has the JSON Schema type `kind`.
pub(super) fn is_a(kind: &str, value: &Value) -> bool {
    match value {
        Value::Null => kind == "null",
        Value::Bool(_) => kind == "boolean",
        Value::Number(number) => match kind {
            "number" => true,
            "integer" => {
                !number.is_f64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
            }
            _ => false,
        },
        Value::String(_) => kind == "string",
        Value::Array(_) => kind == "array",
        Value::Object(_) => kind == "object",
    }
}

/// The schema of the item at `index`, in either way of writing tuples.
pub(super) fn item_schema(schema: &Value, index: usize) -> Option<&Value> {
    let items = schema.get("items");
    if let Some(Value::Array(places)) = items {
        return places.get(index).or_else(|| schema.get("additionalItems"));
    }
    let places = schema.get("prefixItems").and_then(Value::as_array);
    places.and_then(|places| places.get(index)).or(items)
}

/// The schema of the property `name`. Patterns are not looked at, so where there are any, a property
/// without a schema of its own has none.
pub(super) fn property_schema<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    let known = schema.get("properties").and_then(|all| all.get(name));
    known.or_else(|| match schema.get("patternProperties") {
        Some(_) => None,
        None => schema.get("additionalProperties"),
    })
}
