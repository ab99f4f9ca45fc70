//! An answer and its form: what was left out is filled in, and the whole is held to what was asked.

use fmcp_core::{
    Extra, Raw,
    protocol::model::{PrimitiveSchema, RequestedSchema},
};
use serde::Serialize;
use serde_json::Value;

use crate::schema::Checker;

/// How many fields a form may have. One for people has a dozen.
const MAX_FIELDS: usize = 500;

/// What goes out for `given`: with the form's defaults, without what is `null`, in the form's order.
///
/// # Errors
/// When it does not fit the form, in words that name the fields.
pub(super) fn fill(form: &RequestedSchema, given: &Raw) -> Result<Extra, String> {
    if form.properties.len() > MAX_FIELDS {
        return Err(format!("the form has more than {MAX_FIELDS} fields"));
    }
    let Ok(mut given) = given.parse::<Extra>() else {
        return Err("an answer to a form is an object, field by field".to_owned());
    };
    let mut filled = Extra::new();
    for (name, schema) in form.properties.iter() {
        let own = given.remove(name).filter(|value| value.as_str() != "null");
        if let Some(value) = own.or_else(|| default_of(schema)) {
            filled.insert(name.to_owned(), value);
        }
    }
    if let Some((name, _)) = given.iter().find(|(_, value)| value.as_str() != "null") {
        let names: Vec<_> = form.properties.iter().map(|(name, _)| name).collect();
        return Err(format!(
            "the form has no field {name:?}; it has {}",
            some_of(&names)
        ));
    }
    check(form, &filled)?;
    Ok(filled)
}

fn check(form: &RequestedSchema, filled: &Extra) -> Result<(), String> {
    let unusable = |why: &dyn std::fmt::Display| format!("the server's form cannot be used: {why}");
    let schema = serde_json::to_value(form).map_err(|e| unusable(&e))?;
    let checker = Checker::new(&schema).map_err(|e| unusable(&e))?;
    let value = serde_json::to_value(filled).map_err(|e| e.to_string())?;
    let faults = checker.faults(&value);
    let mut words: Vec<_> = faults.iter().map(ToString::to_string).collect();
    // A schema takes formats for annotations; forms mean them.
    words.extend(form.properties.iter().filter_map(|(name, schema)| {
        let PrimitiveSchema::String(text) = schema else {
            return None;
        };
        let (format, entered) = (text.format.as_ref()?, value.get(name)?.as_str()?);
        (!format.accepts(entered)).then(|| format!("{name}: must be {}", format.words()))
    }));
    if words.is_empty() {
        return Ok(());
    }
    Err(words.join("; "))
}

/// What a field is unless the user changes it.
pub(super) fn default_of(schema: &PrimitiveSchema) -> Option<Raw> {
    fn raw<T: Serialize>(default: Option<&T>) -> Option<Raw> {
        Raw::from_serialize(default?).ok()
    }
    match schema {
        PrimitiveSchema::String(one) => raw(one.default.as_ref()),
        PrimitiveSchema::Number(one) => raw(one.default.as_ref()),
        PrimitiveSchema::Boolean(one) => raw(one.default.as_ref()),
        PrimitiveSchema::SingleSelect(one) => raw(one.default.as_ref()),
        PrimitiveSchema::TitledSingleSelect(one) => raw(one.default.as_ref()),
        PrimitiveSchema::LegacyTitledSelect(one) => raw(one.default.as_ref()),
        PrimitiveSchema::MultiSelect(one) => raw(one.default.as_ref()),
        PrimitiveSchema::TitledMultiSelect(one) => raw(one.default.as_ref()),
        PrimitiveSchema::Other(other) => match other.to_value().get("default") {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.into()),
        },
        _ => None,
    }
}

fn some_of(names: &[&str]) -> String {
    const SHOWN: usize = 8;
    let mut words = match names {
        [] => return "none".to_owned(),
        names => names
            .iter()
            .take(SHOWN)
            .copied()
            .collect::<Vec<_>>()
            .join(", "),
    };
    if names.len() > SHOWN {
        words.push_str(", …");
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What goes out for an answer to a form with these fields, or the words of the refusal.
    fn check(fields: &Value, required: &[&str], given: Value, expect: Result<Value, &str>) {
        let form = json!({"type": "object", "properties": fields, "required": required});
        let form: RequestedSchema = serde_json::from_value(form).unwrap();
        match (fill(&form, &given.into()), expect) {
            (Ok(filled), Ok(expect)) => {
                assert_eq!(serde_json::to_string(&filled).unwrap(), expect.to_string());
            }
            (Err(words), Err(expect)) => assert!(words.contains(expect), "{words}"),
            (got, expect) => panic!("{got:?} is not {expect:?}"),
        }
    }

    fn every_kind() -> Value {
        json!({
            "name": {"type": "string", "default": "John Doe"},
            "age": {"type": "integer", "default": 30},
            "score": {"type": "number", "default": 95.5},
            "status": {"type": "string", "enum": ["active", "inactive"], "default": "active"},
            "size": {"type": "string", "oneOf": [{"const": "s", "title": "S"}], "default": "s"},
            "old": {"type": "string", "enum": ["a"], "enumNames": ["A"], "default": "a"},
            "some": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "default": ["b"]},
            "verified": {"type": "boolean", "default": true},
            "strange": {"type": ["string", "null"], "default": "x"},
        })
    }

    #[test]
    fn what_is_left_out_becomes_the_default() {
        let all = json!({
            "name": "John Doe", "age": 30, "score": 95.5, "status": "active", "size": "s", "old": "a",
            "some": ["b"], "verified": true, "strange": "x",
        });
        check(&every_kind(), &[], json!({}), Ok(all.clone()));
        check(
            &every_kind(),
            &["name"],
            json!({"name": null}),
            Ok(all.clone()),
        );
        let mut other = all;
        other["age"] = json!(31);
        check(&every_kind(), &[], json!({"age": 31}), Ok(other));
        let fields = json!({"name": {"type": "string"}});
        check(&fields, &[], json!({}), Ok(json!({})));
    }

    #[test]
    fn what_does_not_fit_is_refused_in_words_that_name_the_field() {
        let fields =
            || json!({"age": {"type": "integer", "minimum": 18}, "name": {"type": "string"}});
        check(
            &fields(),
            &[],
            json!({"age": 3}),
            Err("age: must be at least 18"),
        );
        check(&fields(), &["name"], json!({"age": 18}), Err("name"));
        check(
            &fields(),
            &[],
            json!({"nmae": "x"}),
            Err("no field \"nmae\"; it has age, name"),
        );
        check(&fields(), &[], json!([1]), Err("is an object"));
        check(&json!({}), &[], json!({"a": 1}), Err("it has none"));
        let day = json!({"d": {"type": "string", "format": "date"}});
        check(
            &day,
            &[],
            json!({"d": "2023-02-29"}),
            Err("d: must be a day, as 2026-07-28"),
        );
        check(
            &day,
            &[],
            json!({"d": "2024-02-29"}),
            Ok(json!({"d": "2024-02-29"})),
        );
        let options = json!({"c": {"type": "string", "enum": ["red"]}});
        check(&options, &[], json!({"c": "blue"}), Err("c: "));
    }

    #[test]
    fn forms_that_are_too_much_are_refused() {
        let many: serde_json::Map<_, _> = (0..=MAX_FIELDS)
            .map(|n| (format!("f{n}"), json!({"type": "string"})))
            .collect();
        check(&many.into(), &[], json!({}), Err("more than 500 fields"));
        let mut deep = json!({"type": "string"});
        for _ in 0..100 {
            deep = json!({"type": "array", "items": deep});
        }
        check(&json!({"a": deep}), &[], json!({}), Err("cannot be used"));
        let far = json!({"a": {"$ref": "https://example.com/schema"}});
        check(&far, &[], json!({"a": 1}), Err("cannot be used"));
    }
}
