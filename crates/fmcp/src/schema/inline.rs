//! References replaced by what they refer to. What does not belong here: fetching anything.
//!
//! Many clients and models read a schema without following `$ref`, so schemas leave this library
//! flat wherever that is possible.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::walk;

/// How many schemas the result may hold.
const NODES: usize = 100_000;
/// How deep schemas may stand in each other in the result.
const DEPTH: usize = 128;
/// Keywords that say something about a value without refusing any.
const ANNOTATIONS: &[&str] = &[
    "title",
    "description",
    "default",
    "examples",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$comment",
    "$schema",
    "$id",
    "$defs",
    "definitions",
];
/// Keywords that give a schema a name of its own, with which `#` no longer means the document.
const ANCHORS: &[&str] = &[
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveAnchor",
    "$recursiveRef",
];

/// Replaces every `#/$defs/…` and `#/definitions/…` reference by what it points at. What stands
/// next to a reference wins over what it points at (a description, say).
///
/// Definitions that contain themselves stay references and are kept in `$defs`; references to other
/// documents are never touched. A schema that would grow past 100 000 schemas or 128 levels, or that
/// uses anchors, comes back as it was.
///
/// ```
/// use fmcp::schema::inline;
/// use serde_json::json;
///
/// let flat = inline(&json!({
///     "properties": {"at": {"$ref": "#/$defs/Point", "description": "Where."}},
///     "$defs": {"Point": {"type": "string", "description": "A point."}},
/// }));
/// assert_eq!(flat, json!({"properties": {"at": {"type": "string", "description": "Where."}}}));
/// ```
#[must_use]
pub fn inline(schema: &Value) -> Value {
    flat(schema).unwrap_or_else(|| schema.clone())
}

fn flat(root: &Value) -> Option<Value> {
    if !walk::any(root, &mut |one| walk::reference(one).is_some()) || has_own_names(root) {
        return None;
    }
    let mut work = Work {
        root,
        alone: walk::reference_stands_alone(root),
        circular: circular(root)?,
        nodes: 0,
    };
    let mut body = root.clone();
    let definitions: Vec<(&str, Value)> = ["$defs", "definitions"]
        .into_iter()
        .filter_map(|place| Some((place, body.as_object_mut()?.shift_remove(place)?)))
        .collect();
    let mut result = match walk::reference(&body).filter(|at| work.circular.contains(*at)) {
        // A tool's schema must be an object at the root, so there one level is written out.
        Some(at) => {
            let target = work.expand(&without_reference(walk::target(root, at)?)?, 1)?;
            work.merge(&body, target, 1)?
        }
        None => work.expand(&body, 0)?,
    };
    work.keep(&mut result, &definitions)?;
    Some(result)
}

/// A definition that is nothing but a reference in a circle has no body to write out.
fn without_reference(schema: &Value) -> Option<Value> {
    walk::reference(schema).is_none().then(|| schema.clone())
}

fn has_own_names(root: &Value) -> bool {
    let named = |one: &Value| ANCHORS.iter().any(|word| one.get(word).is_some());
    let mut first = true;
    walk::any(root, &mut |one| {
        let inner = !std::mem::take(&mut first);
        named(one) || (inner && one.get("$id").is_some_and(Value::is_string))
    })
}

fn is_definition(reference: &str) -> bool {
    reference.starts_with("#/$defs/") || reference.starts_with("#/definitions/")
}

/// The references that lead back to themselves; none when finding out takes too long.
fn circular(root: &Value) -> Option<HashSet<String>> {
    let mut edges: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut waiting = references(root);
    while let Some(at) = waiting.pop() {
        if !edges.contains_key(at) {
            let next = walk::target(root, at).map(references).unwrap_or_default();
            waiting.extend(&next);
            edges.insert(at, next);
        }
    }
    let mut steps = 0;
    let mut found = HashSet::new();
    for &start in edges.keys() {
        let (mut seen, mut waiting) = (HashSet::new(), edges[start].clone());
        while let Some(at) = waiting.pop() {
            steps += 1;
            if steps > NODES * 10 {
                return None;
            }
            if at == start {
                found.insert(start.to_owned());
                break;
            }
            if seen.insert(at) {
                waiting.extend(&edges[at]);
            }
        }
    }
    Some(found)
}

fn references(schema: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    let mut waiting = vec![schema];
    while let Some(one) = waiting.pop() {
        found.extend(walk::reference(one).filter(|at| is_definition(at)));
        waiting.extend(walk::children(one));
    }
    found
}

struct Work<'a> {
    root: &'a Value,
    alone: bool,
    circular: HashSet<String>,
    nodes: usize,
}

impl Work<'_> {
    fn expand(&mut self, schema: &Value, depth: usize) -> Option<Value> {
        self.nodes += 1;
        if self.nodes > NODES || depth > DEPTH {
            return None;
        }
        if let Some(at) = walk::reference(schema)
            && is_definition(at)
            && !self.circular.contains(at)
            && let Some(target) = walk::target(self.root, at)
        {
            let target = self.expand(target, depth + 1)?;
            return self.merge(schema, target, depth);
        }
        let mut copy = schema.clone();
        for child in walk::children_mut(&mut copy) {
            *child = self.expand(child, depth + 1)?;
        }
        Some(copy)
    }

    /// `schema` with `target` in the place of its `$ref`.
    fn merge(&mut self, schema: &Value, target: Value, depth: usize) -> Option<Value> {
        let mut siblings = schema.as_object()?.clone();
        siblings.shift_remove("$ref");
        if self.alone {
            siblings.retain(|word, _| is_annotation(word));
        }
        if siblings.is_empty() {
            return Some(target);
        }
        match target {
            Value::Object(mut merged) if siblings.keys().all(|word| is_annotation(word)) => {
                merged.extend(siblings);
                Some(Value::Object(merged))
            }
            // Both sides constrain: only `allOf` says so without changing either.
            target => {
                let Value::Object(mut both) = self.expand(&Value::Object(siblings), depth)? else {
                    return None;
                };
                let all = both
                    .entry("allOf")
                    .or_insert_with(|| Value::Array(Vec::new()));
                all.as_array_mut()?.push(target);
                Some(Value::Object(both))
            }
        }
    }

    /// Puts the definitions that are still referred to back under `result`.
    fn keep(&mut self, result: &mut Value, definitions: &[(&str, Value)]) -> Option<()> {
        let mut done = HashSet::new();
        loop {
            let wanted: Vec<(String, String)> = references(result)
                .into_iter()
                .filter_map(definition)
                .filter(|name| !done.contains(name))
                .collect();
            let Some((place, name)) = wanted.into_iter().next() else {
                return Some(());
            };
            let (_, all) = definitions.iter().find(|(at, _)| *at == place)?;
            if let Some(body) = all.get(&name) {
                let body = self.expand(body, 1)?;
                let kept = result
                    .as_object_mut()?
                    .entry(place.as_str())
                    .or_insert_with(|| Value::Object(Map::new()));
                kept.as_object_mut()?.insert(name.clone(), body);
            }
            done.insert((place, name));
        }
    }
}

fn is_annotation(word: &str) -> bool {
    ANNOTATIONS.contains(&word) || word.starts_with("x-")
}

/// `#/$defs/Name/…` as (`$defs`, `Name`).
fn definition(reference: &str) -> Option<(String, String)> {
    let mut parts = reference.strip_prefix("#/")?.split('/');
    let (place, name) = (parts.next()?, parts.next()?);
    let name = name.replace("~1", "/").replace("~0", "~");
    Some((place.to_owned(), name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(schema: &Value, expect: &Value) {
        assert_eq!(&inline(schema), expect);
        assert_eq!(&inline(expect), expect, "a second time changes nothing");
    }

    #[test]
    fn chains_and_lists() {
        check(
            &json!({
                "type": "object",
                "properties": {"a": {"type": "array", "items": {"$ref": "#/definitions/A"}}},
                "definitions": {"A": {"anyOf": [{"$ref": "#/definitions/B"}, {"type": "null"}]},
                                "B": {"type": "integer"}},
            }),
            &json!({
                "type": "object",
                "properties": {"a": {"type": "array",
                    "items": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}},
            }),
        );
    }

    #[test]
    fn constraints_next_to_a_reference_are_added() {
        check(
            &json!({"properties": {"a": {"$ref": "#/$defs/A", "minimum": 5}},
                    "$defs": {"A": {"type": "integer", "minimum": 3}}}),
            &json!({"properties": {"a": {"minimum": 5,
                    "allOf": [{"type": "integer", "minimum": 3}]}}}),
        );
        let old = json!({"$schema": "http://json-schema.org/draft-07/schema#",
            "properties": {"a": {"$ref": "#/$defs/A", "minimum": 5}},
            "$defs": {"A": {"type": "integer"}}});
        assert_eq!(
            inline(&old)["properties"]["a"],
            json!({"type": "integer"}),
            "before 2019-09 they are not read"
        );
    }

    #[test]
    fn circles_stay_references() {
        let tree = json!({
            "properties": {"tree": {"$ref": "#/$defs/Tree"}, "leaf": {"$ref": "#/$defs/Leaf"}},
            "$defs": {
                "Tree": {"properties": {
                    "leaf": {"$ref": "#/$defs/Leaf"},
                    "more": {"items": {"$ref": "#/$defs/Tree"}}}},
                "Leaf": {"type": "string"},
            },
        });
        check(
            &tree,
            &json!({
                "properties": {"tree": {"$ref": "#/$defs/Tree"}, "leaf": {"type": "string"}},
                "$defs": {"Tree": {"properties": {
                    "leaf": {"type": "string"},
                    "more": {"items": {"$ref": "#/$defs/Tree"}}}}},
            }),
        );
    }

    #[test]
    fn a_circle_at_the_root_is_written_out_once() {
        let list = json!({
            "$ref": "#/$defs/List",
            "$defs": {"List": {"type": "object", "properties": {"next": {"$ref": "#/$defs/List"}}}},
        });
        check(
            &list,
            &json!({
                "type": "object",
                "properties": {"next": {"$ref": "#/$defs/List"}},
                "$defs": {"List": {"type": "object",
                    "properties": {"next": {"$ref": "#/$defs/List"}}}},
            }),
        );
    }

    #[test]
    fn what_cannot_be_flattened_comes_back_as_it_was() {
        for schema in [
            json!({"$ref": "https://example.com/a.json"}),
            json!({"$ref": "#/$defs/Missing"}),
            json!({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}),
            json!({"properties": {"a": {"$ref": "#/$defs/A"}},
                   "$defs": {"A": {"$id": "https://example.com/a", "type": "string"}}}),
            json!({"default": {"$ref": "#/$defs/A"}, "properties": {"$ref": {"type": "string"}}}),
        ] {
            check(&schema, &schema);
        }
    }

    #[test]
    fn growth_is_bounded() {
        let mut defs = Map::new();
        for level in 0..40 {
            let next = json!({"$ref": format!("#/$defs/L{}", level + 1)});
            defs.insert(
                format!("L{level}"),
                json!({"properties": {"a": next, "b": next}}),
            );
        }
        defs.insert("L40".to_owned(), json!({"type": "string"}));
        let schema = json!({"properties": {"a": {"$ref": "#/$defs/L0"}}, "$defs": defs});
        assert_eq!(inline(&schema), schema);
    }
}
