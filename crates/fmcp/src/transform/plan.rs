//! From the arguments that callers give to those that the tool takes, and the schema that says so.

use std::collections::HashMap;

use fmcp_core::{Context, Extra, Raw};
use serde_json::{Map, Value, json};

use super::argument::{Argument, Compute};

/// What is done with the arguments of each call.
#[derive(Clone, Default)]
pub(super) struct Plan {
    /// Outer names whose inner ones are others.
    renamed: HashMap<Box<str>, Box<str>>,
    /// Inner names that are not to be said.
    closed: Vec<Box<str>>,
    /// What is put in where nothing is said.
    fills: Vec<(Box<str>, Fill)>,
}

#[derive(Clone)]
enum Fill {
    Value(Raw),
    Compute(Compute),
}

impl Plan {
    /// Whether arguments go on as they come.
    pub(super) fn is_empty(&self) -> bool {
        self.renamed.is_empty() && self.closed.is_empty() && self.fills.is_empty()
    }

    /// What to do with arguments, and the schema that callers see.
    ///
    /// # Errors
    /// All that does not go together, a line for each.
    pub(super) fn of(
        arguments: &[(Box<str>, Argument)],
        mut schema: Value,
    ) -> Result<(Self, Value), String> {
        let mut plan = Self::default();
        let mut faults = Vec::new();
        let Some(object) = schema.as_object_mut() else {
            return Err("its schema is no object".to_owned());
        };
        let properties = match object.remove("properties") {
            Some(Value::Object(properties)) => properties,
            _ => Map::new(),
        };
        let required: Vec<String> = match object.remove("required") {
            Some(Value::Array(names)) => names
                .into_iter()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        };
        for (name, _) in arguments {
            if !properties.contains_key(&**name) {
                faults.push(format!("it has no argument {name:?}"));
            }
        }
        let (mut shown, mut wanted) = (Map::new(), Vec::new());
        for (inner, property) in properties {
            let change = arguments.iter().find(|(name, _)| **name == *inner);
            let is_required = required.contains(&inner);
            let Some((_, change)) = change else {
                if is_required {
                    wanted.push(inner.clone());
                }
                put(&mut shown, inner, property, &mut faults);
                continue;
            };
            let said = plan.take(&inner, change, &property, is_required);
            if let Err(fault) = said {
                faults.push(fault);
            }
            if change.hidden {
                continue;
            }
            let outer = change.name.as_deref().unwrap_or(&inner).to_owned();
            let has_default = change.default.is_some() || property.get("default").is_some();
            if change.required.unwrap_or(is_required && !has_default) {
                wanted.push(outer.clone());
            }
            put(&mut shown, outer, reshaped(&property, change), &mut faults);
        }
        object.insert("properties".into(), Value::Object(shown));
        if !wanted.is_empty() {
            object.insert("required".into(), json!(wanted));
        }
        if faults.is_empty() {
            Ok((plan, schema))
        } else {
            Err(faults.join("\n"))
        }
    }

    fn take(
        &mut self,
        inner: &str,
        change: &Argument,
        property: &Value,
        is_required: bool,
    ) -> Result<(), String> {
        let outer = change.name.as_deref().unwrap_or(inner);
        if change.hidden || outer != inner {
            self.closed.push(inner.into());
        }
        if !change.hidden && outer != inner {
            self.renamed.insert(outer.into(), inner.into());
        }
        let fill = match (&change.compute, &change.default) {
            (Some(compute), _) => Some(Fill::Compute(compute.clone())),
            (None, Some(value)) => Some(Fill::Value(Raw::from(value))),
            (None, None) => None,
        };
        let is_said = fill.is_some() || property.get("default").is_some();
        self.fills.extend(fill.map(|fill| (inner.into(), fill)));
        if change.hidden && is_required && !is_said {
            return Err(format!(
                "its argument {inner:?} is required, and cannot be hidden without a value"
            ));
        }
        Ok(())
    }

    /// The arguments as the tool takes them.
    ///
    /// # Errors
    /// When something is said that callers are not to say.
    pub(super) fn apply(&self, given: &[u8], context: &Context) -> Result<Raw, String> {
        let given: Extra = serde_json::from_slice(given)
            .map_err(|e| format!("the arguments cannot be read: {e}"))?;
        let mut taken = Extra::default();
        for (outer, value) in given.iter() {
            if let Some(inner) = self.renamed.get(outer) {
                taken.insert(inner.to_string(), value.clone());
            } else if self.closed.iter().any(|closed| **closed == *outer) {
                return Err(format!("there is no argument {outer:?}"));
            } else {
                taken.insert(outer.to_owned(), value.clone());
            }
        }
        for (inner, fill) in &self.fills {
            if taken.get(inner).is_none() {
                let value = match fill {
                    Fill::Value(value) => value.clone(),
                    Fill::Compute(compute) => Raw::from(compute(context)),
                };
                taken.insert(inner.to_string(), value);
            }
        }
        Raw::from_serialize(&taken).map_err(|e| format!("the arguments cannot be written: {e}"))
    }
}

fn put(shown: &mut Map<String, Value>, name: String, property: Value, faults: &mut Vec<String>) {
    if shown.contains_key(&name) {
        faults.push(format!("two of its arguments would be called {name:?}"));
    }
    shown.insert(name, property);
}

fn reshaped(property: &Value, change: &Argument) -> Value {
    let before = match property {
        Value::Object(fields) => fields.clone(),
        _ => Map::new(),
    };
    let mut fields = match &change.schema {
        None => before,
        Some(schema) => {
            let mut fields = schema.as_object().cloned().unwrap_or_default();
            // What it is about stays true of another type.
            if let Some(words) = before.get("description") {
                fields.entry("description").or_insert_with(|| words.clone());
            }
            fields
        }
    };
    if let Some(words) = &change.description {
        fields.insert("description".into(), json!(words));
    }
    if let Some(value) = &change.default {
        fields.insert("default".into(), value.clone());
    }
    if let Some(examples) = &change.examples {
        fields.insert("examples".into(), json!(examples));
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use fmcp_core::{
        Call,
        protocol::{Method, Params},
    };

    use super::*;

    fn schema() -> Value {
        json!({"type": "object", "required": ["q"], "properties": {
            "q": {"type": "string", "description": "words"},
            "limit": {"type": "integer"},
        }})
    }

    fn plan(arguments: &[(&str, Argument)]) -> Result<(Plan, Value), String> {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|(name, a)| (Box::from(*name), a.clone()))
            .collect();
        Plan::of(&arguments, schema())
    }

    fn apply(plan: &Plan, given: &str) -> Result<Value, String> {
        let context = Context::new(Call::new(Method::CallTool, Params::default()));
        plan.apply(given.as_bytes(), &context)
            .map(|raw| raw.to_value())
    }

    #[test]
    fn arguments_are_renamed_filled_in_and_hidden() {
        let (plan, shown) = plan(&[
            ("q", Argument::new().rename("query").examples(["rust"])),
            ("limit", Argument::new().default(20).hide()),
        ])
        .unwrap();
        let expect = json!({"type": "object", "required": ["query"], "properties": {
            "query": {"type": "string", "description": "words", "examples": ["rust"]},
        }});
        assert_eq!(shown, expect);
        let taken = apply(&plan, r#"{"query": "x"}"#).unwrap();
        assert_eq!(taken, json!({"q": "x", "limit": 20}));
        for closed in [r#"{"q": "x"}"#, r#"{"query": "x", "limit": 5}"#] {
            assert!(
                apply(&plan, closed)
                    .unwrap_err()
                    .contains("there is no argument")
            );
        }
    }

    #[test]
    fn defaults_types_and_computed_values() {
        let (plan, shown) = plan(&[
            ("q", Argument::new().default("*")),
            (
                "limit",
                Argument {
                    compute: Some(Arc::new(|_| json!(7))),
                    hidden: true,
                    ..Argument::new()
                },
            ),
        ])
        .unwrap();
        assert_eq!(shown.get("required"), None);
        assert_eq!(apply(&plan, "{}").unwrap(), json!({"q": "*", "limit": 7}));
        let (_, shown) = self::plan(&[(
            "limit",
            Argument::new()
                .schema(json!({"enum": [10, 20]}))
                .required(true),
        )])
        .unwrap();
        assert_eq!(shown["properties"]["limit"], json!({"enum": [10, 20]}));
        assert_eq!(shown["required"], json!(["q", "limit"]));
    }

    #[test]
    fn all_that_does_not_go_together_is_said_at_once() {
        let faults = plan(&[("q", Argument::new().hide()), ("none", Argument::new())])
            .err()
            .unwrap();
        assert!(
            faults.contains("no argument \"none\"") && faults.contains("\"q\" is required"),
            "{faults}"
        );
        let twice = plan(&[("q", Argument::new().rename("limit"))])
            .err()
            .unwrap();
        assert!(twice.contains("two of its arguments"), "{twice}");
    }
}
