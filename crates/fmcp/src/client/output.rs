//! Results held against what their tool has promised.

use std::sync::OnceLock;

use fmcp_core::{Raw, protocol::model::CallToolResult};

use crate::schema::Checker;

/// How many faults of one result are told.
const TOLD: usize = 3;

/// What a tool gives back, by its output schema.
///
/// The schema is compiled when a result is first held against it. Nothing that it refers to is fetched. A
/// schema that cannot be used is worth one warning, and no failure.
#[derive(Debug)]
pub(super) struct Promise {
    schema: Raw,
    checker: OnceLock<Option<Checker>>,
    /// That a result could not be checked in bounded time has been said.
    is_endless: OnceLock<()>,
}

impl Promise {
    pub(super) const fn new(schema: Raw) -> Self {
        Self {
            schema,
            checker: OnceLock::new(),
            is_endless: OnceLock::new(),
        }
    }

    /// Whether it is the same promise, to the letter.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.schema.as_str() == other.schema.as_str()
    }

    /// What is wrong with a result of `tool`.
    pub(super) fn broken_by(&self, tool: &str, result: &CallToolResult) -> Option<String> {
        if result.is_error == Some(true) {
            return None;
        }
        let checker = self.checker.get_or_init(|| self.compile(tool)).as_ref()?;
        let Some(value) = &result.structured_content else {
            return Some("the tool promises structured content and gave none".to_owned());
        };
        let value = value.to_value();
        if !checker.is_bounded_for(&value) {
            self.is_endless.get_or_init(|| {
                tracing::warn!(
                    tool,
                    "results of this tool cannot be held against its output schema in bounded time"
                );
            });
            return None;
        }
        let faults = checker.faults(&value);
        if faults.is_empty() {
            return None;
        }
        let mut words: Vec<_> = faults.iter().take(TOLD).map(ToString::to_string).collect();
        if faults.len() > TOLD {
            words.push("and more".to_owned());
        }
        Some(words.join("; "))
    }

    fn compile(&self, tool: &str) -> Option<Checker> {
        match Checker::new(&self.schema.to_value()) {
            Ok(checker) => Some(checker),
            Err(fault) => {
                tracing::warn!(
                    tool,
                    %fault,
                    "results of this tool are not held against its output schema, which cannot be used"
                );
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What is wrong with a result, by a schema.
    fn check(schema: &Value, result: &CallToolResult, expect: Option<&str>) {
        let promise = Promise::new(schema.into());
        for _ in 0..2 {
            assert_eq!(
                promise.broken_by("t", result).as_deref(),
                expect,
                "{schema}"
            );
        }
    }

    #[test]
    fn results_are_held_against_the_schema() {
        let schema = json!({"type": "object", "required": ["n"],
            "properties": {"n": {"type": "integer", "maximum": 10}}});
        let gives = |value| CallToolResult::structured(value);
        check(&schema, &gives(json!({"n": 10})), None);
        check(
            &schema,
            &gives(json!({"n": 11})),
            Some("n: must be at most 10, got 11"),
        );
        check(
            &schema,
            &CallToolResult::text("10"),
            Some("the tool promises structured content and gave none"),
        );
        let failed = CallToolResult::text("no").is_error(true);
        check(&schema, &failed, None);
    }

    #[test]
    fn schemas_that_cannot_be_used_do_no_harm() {
        let result = CallToolResult::structured(json!({"n": "x"}));
        for schema in [
            json!({"type": 5}),
            json!({"$ref": "http://127.0.0.1:9/canary.json"}),
            json!({"$ref": "file:///etc/passwd"}),
            json!({"$schema": "urn:of-my-own"}),
            json!([]),
        ] {
            check(&schema, &result, None);
        }
    }

    #[test]
    fn what_a_stranger_makes_up_is_checked_in_bounded_time() {
        // Each level is two of the next, by names that are no pointers, so that nobody can count them.
        let mut definitions = serde_json::Map::new();
        for level in 0..60 {
            let next = json!({"$ref": format!("#l{}", level + 1)});
            let one = json!({"$anchor": format!("l{level}"), "allOf": [next, next]});
            definitions.insert(format!("l{level}"), one);
        }
        definitions.insert(
            "l60".to_owned(),
            json!({"$anchor": "l60", "type": "object"}),
        );
        let schema = json!({"$ref": "#l0", "$defs": definitions});
        check(&schema, &CallToolResult::structured(json!({})), None);
        let alternatives: Vec<_> = (0..1_000).map(|n| json!({"const": n})).collect();
        let schema = json!({"type": "object", "properties": {
            "a": {"type": "array", "items": {"anyOf": alternatives}}}});
        let long = CallToolResult::structured(json!({"a": vec![-1; 10_000]}));
        check(&schema, &long, None);
    }
}
