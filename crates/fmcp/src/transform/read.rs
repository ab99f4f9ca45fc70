//! Reshaping as a configuration says it.

use serde_json::Value;

use super::{Argument, Reshape};

impl Reshape {
    /// What `{"name": …, "title": …, "description": …, "tags": […], "enabled": …, "arguments": {…}}` says, as FastMCP
    /// writes it; besides, `domain` and `group`.
    ///
    /// # Errors
    /// All that is wrong with it, each with its path.
    pub(crate) fn read(tool: &str, value: &Value) -> Result<Self, Vec<(String, String)>> {
        let mut faults = Vec::new();
        let Some(fields) = value.as_object() else {
            return Err(vec![(String::new(), "expected an object".to_owned())]);
        };
        let mut shape = Self::new(tool);
        for (field, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            let mut wrong = |why: &str| faults.push((field.clone(), why.to_owned()));
            match (field.as_str(), value) {
                ("name", Value::String(name)) => shape = shape.name(name.as_str()),
                ("title", Value::String(title)) => shape = shape.title(title),
                ("description", Value::String(words)) => shape = shape.description(words),
                ("enabled", Value::Bool(true)) => {}
                ("enabled", Value::Bool(false)) => shape = shape.hide(),
                ("domain", Value::String(domain)) => shape = shape.domain(domain.as_str()),
                ("group", Value::String(group)) => shape = shape.group(group.as_str()),
                ("name" | "title" | "description" | "domain" | "group", _) => {
                    wrong("expected a text");
                }
                ("enabled", _) => wrong("expected true or false"),
                ("tags", Value::Array(tags)) if tags.iter().all(Value::is_string) => {
                    shape = shape.tags(tags.iter().filter_map(Value::as_str));
                }
                ("tags", _) => wrong("expected a list of texts"),
                ("arguments", Value::Object(arguments)) => {
                    for (name, value) in arguments {
                        match argument(value) {
                            Ok(change) => shape = shape.argument(name.as_str(), |_| change),
                            Err(all) => faults.extend(
                                all.into_iter()
                                    .map(|(field, why)| (format!("arguments.{name}{field}"), why)),
                            ),
                        }
                    }
                }
                ("arguments", _) => wrong("expected an object"),
                _ => wrong("there is no such field"),
            }
        }
        if faults.is_empty() {
            Ok(shape)
        } else {
            Err(faults)
        }
    }
}

fn argument(value: &Value) -> Result<Argument, Vec<(String, String)>> {
    let Some(fields) = value.as_object() else {
        return Err(vec![(String::new(), "expected an object".to_owned())]);
    };
    let (mut change, mut faults) = (Argument::new(), Vec::new());
    for (field, value) in fields {
        let mut wrong = |why: &str| faults.push((format!(".{field}"), why.to_owned()));
        match (field.as_str(), value) {
            ("default", value) => change = change.default(value.clone()),
            (_, Value::Null) => {}
            ("name", Value::String(name)) => change = change.rename(name.as_str()),
            ("description", Value::String(words)) => change = change.description(words),
            ("schema", Value::Object(_)) => change = change.schema(value.clone()),
            ("examples", Value::Array(examples)) => change = change.examples(examples.clone()),
            ("required", Value::Bool(required)) => change = change.required(*required),
            ("hide", Value::Bool(true)) => change = change.hide(),
            ("hide", Value::Bool(false)) => {}
            ("name" | "description", _) => wrong("expected a text"),
            ("schema", _) => wrong("expected an object"),
            ("examples", _) => wrong("expected a list"),
            ("required" | "hide", _) => wrong("expected true or false"),
            _ => wrong("there is no such field"),
        }
    }
    if faults.is_empty() {
        Ok(change)
    } else {
        Err(faults)
    }
}
