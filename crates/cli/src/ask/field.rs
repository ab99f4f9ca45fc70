//! One field of a form: its prompt, and what was typed at it. Pure.

use fmcp::{
    Field,
    model::PrimitiveSchema,
    schema::{Checker, coerce},
};
use serde_json::Value;

/// What was typed.
#[derive(Debug, PartialEq)]
pub(super) enum Read {
    Value(Value),
    /// Nothing, which is allowed.
    Nothing,
    /// The user does not want to answer.
    Declined,
    /// Why it will not do.
    Wrong(String),
}

/// What is known of the field, in lines above the prompt.
pub(super) fn explain(field: &Field<'_>) -> Vec<String> {
    let schema = schema(field);
    let mut lines = Vec::new();
    if let Some(text) = schema.get("description").and_then(Value::as_str) {
        lines.extend(text.lines().map(str::to_owned));
    }
    for (at, (value, title)) in field.choices().iter().enumerate() {
        let shown = match value == title {
            true => (*value).to_owned(),
            false => format!("{title} ({value})"),
        };
        lines.push(format!("  {}) {shown}", at + 1));
    }
    lines
}

/// The prompt: name, kind, and what Enter takes.
pub(super) fn prompt(field: &Field<'_>, before: Option<&Value>) -> String {
    let schema = schema(field);
    let kind = kind(field, &schema);
    let needed = if field.required { "" } else { ", optional" };
    let taken = before.map(|value| format!(" [{}]", shown(value)));
    format!(
        "{} ({kind}{needed}){}: ",
        field.title(),
        taken.unwrap_or_default()
    )
}

/// What was typed, as the field wants it.
pub(super) fn read(field: &Field<'_>, before: Option<&Value>, typed: &str) -> Read {
    let typed = typed.trim();
    match typed {
        "!no" => return Read::Declined,
        "" => {
            return match before {
                Some(value) => Read::Value(value.clone()),
                None if field.required => Read::Wrong("this must be answered".to_owned()),
                None => Read::Nothing,
            };
        }
        _ => {}
    }
    let value = match chosen(field, typed) {
        Ok(Some(value)) => value,
        Ok(None) => plain(field, typed),
        Err(why) => return Read::Wrong(why),
    };
    let schema = schema(field);
    let faults = Checker::new(&schema).map(|checker| checker.faults(&value));
    match faults.unwrap_or_default().first() {
        Some(fault) => Read::Wrong(fault.to_string()),
        None => Read::Value(value),
    }
}

/// What was chosen, by number, value or title; nothing where there is nothing to choose from.
fn chosen(field: &Field<'_>, typed: &str) -> Result<Option<Value>, String> {
    let choices = field.choices();
    if choices.is_empty() {
        return Ok(None);
    }
    let one = |word: &str| {
        let word = word.trim();
        let by_name = choices.iter().find(|(value, title)| {
            value.eq_ignore_ascii_case(word) || title.eq_ignore_ascii_case(word)
        });
        let by_number = || {
            let number = word.parse::<usize>().ok()?;
            choices.get(number.checked_sub(1)?)
        };
        let found = by_name.or_else(by_number);
        found
            .map(|(value, _)| Value::from(*value))
            .ok_or_else(|| format!("{word:?} is none of the choices"))
    };
    if !is_many(field) {
        return one(typed).map(Some);
    }
    let words = typed.split(',').filter(|word| !word.trim().is_empty());
    let all: Result<Vec<_>, _> = words.map(one).collect();
    all.map(|all| Some(Value::Array(all)))
}

fn plain(field: &Field<'_>, typed: &str) -> Value {
    if matches!(field.schema, PrimitiveSchema::Boolean(_)) {
        match typed.to_ascii_lowercase().as_str() {
            "y" | "yes" | "true" => return true.into(),
            "n" | "no" | "false" => return false.into(),
            _ => {}
        }
    }
    coerce(&schema(field), typed.into())
}

fn is_many(field: &Field<'_>) -> bool {
    matches!(
        field.schema,
        PrimitiveSchema::MultiSelect(_) | PrimitiveSchema::TitledMultiSelect(_)
    )
}

fn schema(field: &Field<'_>) -> Value {
    serde_json::to_value(field.schema).unwrap_or_default()
}

fn kind(field: &Field<'_>, schema: &Value) -> String {
    if !field.choices().is_empty() {
        return match is_many(field) {
            true => "some of these, with commas".to_owned(),
            false => "one of these".to_owned(),
        };
    }
    let kind = match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => return "yes or no".to_owned(),
        Some("integer") => "whole number",
        Some("number") => "number",
        _ => schema
            .get("format")
            .and_then(Value::as_str)
            .unwrap_or("text"),
    };
    let bound = |word: &str| schema.get(word).map(ToString::to_string);
    match (bound("minimum"), bound("maximum")) {
        (Some(low), Some(high)) => format!("{kind}, {low} to {high}"),
        (Some(low), None) => format!("{kind}, at least {low}"),
        (None, Some(high)) => format!("{kind}, at most {high}"),
        (None, None) => kind.to_owned(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(all) => all.iter().map(shown).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "what is expected reads better as a value"
)]
mod tests {
    use fmcp::model::RequestedSchema;
    use serde_json::json;

    use super::*;

    /// What is read at the only field of a form, and its prompt.
    fn check(schema: Value, required: bool, typed: &str, expect: Result<Value, &str>) {
        let mut form = json!({"type": "object", "properties": {"f": schema}});
        if required {
            form["required"] = json!(["f"]);
        }
        let form: RequestedSchema = serde_json::from_value(form).unwrap();
        let (name, schema) = form.properties.iter().next().unwrap();
        let field = Field::new(name, schema, required);
        let before = field.default().map(|raw| raw.to_value());
        match (read(&field, before.as_ref(), typed), expect) {
            (Read::Value(value), Ok(expect)) => assert_eq!(value, expect),
            (Read::Wrong(why), Err(expect)) => assert!(why.contains(expect), "{why}"),
            (got, expect) => panic!("{got:?}, not {expect:?}"),
        }
    }

    #[test]
    fn what_is_typed_becomes_what_the_field_wants() {
        check(json!({"type": "string"}), true, "5", Ok(json!("5")));
        check(json!({"type": "integer"}), true, "5", Ok(json!(5)));
        check(json!({"type": "number"}), true, "0.5", Ok(json!(0.5)));
        check(json!({"type": "boolean"}), true, "y", Ok(json!(true)));
        check(json!({"type": "boolean"}), true, "No", Ok(json!(false)));
        check(
            json!({"type": "string", "default": "x"}),
            false,
            "",
            Ok(json!("x")),
        );
    }

    #[test]
    fn choices_go_by_number_value_or_title() {
        let one = || {
            json!({"type": "string", "oneOf": [
                {"const": "r", "title": "Red"}, {"const": "g", "title": "Green"},
            ]})
        };
        for typed in ["2", "g", "green"] {
            check(one(), true, typed, Ok(json!("g")));
        }
        check(one(), true, "3", Err("none of the choices"));
        check(one(), true, "0", Err("none of the choices"));
        let some = json!({"type": "array", "items": {"type": "string", "enum": ["a", "b", "c"]}});
        check(some, true, "1, c", Ok(json!(["a", "c"])));
    }

    #[test]
    fn what_does_not_fit_is_refused_in_words() {
        check(json!({"type": "string"}), true, "", Err("must be answered"));
        check(
            json!({"type": "integer", "minimum": 18}),
            true,
            "3",
            Err("at least 18"),
        );
        check(json!({"type": "integer"}), true, "three", Err("integer"));
        check(json!({"type": "boolean"}), true, "maybe", Err("boolean"));
    }
}
