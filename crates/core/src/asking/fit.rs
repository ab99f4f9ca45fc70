//! An answer and its form: whether the one fits the other.

use crate::{
    Extra, Number, Raw,
    protocol::model::{NumberKind, PrimitiveSchema, RequestedSchema},
};

/// The fields of the form that the answer fills in. What the form did not ask for is passed over, and
/// `null` is as good as nothing.
///
/// # Errors
/// When the answer does not fit the form, in words that name the field.
pub(super) fn fields(form: &RequestedSchema, mut answer: Extra) -> Result<Extra, String> {
    let mut fields = Extra::new();
    for (name, schema) in form.properties.iter() {
        match answer.remove(name).filter(|value| value.as_str() != "null") {
            Some(value) => {
                fault(schema, &value).map_or(Ok(()), |fault| Err(format!("{name} {fault}")))?;
                fields.insert(name.to_owned(), value);
            }
            None if is_required(form, name) => return Err(format!("{name} is missing")),
            None => {}
        }
    }
    Ok(fields)
}

fn is_required(form: &RequestedSchema, name: &str) -> bool {
    let required = form.required.as_deref().unwrap_or_default();
    required.iter().any(|required| required == name)
}

/// What is wrong with the value of one field.
fn fault(schema: &PrimitiveSchema, value: &Raw) -> Option<String> {
    match schema {
        PrimitiveSchema::String(schema) => match value.parse::<String>() {
            Ok(text) => length(
                text.chars().count(),
                schema.min_length,
                schema.max_length,
                "characters",
            )
            .or_else(|| {
                let format = schema.format.as_ref();
                let format = format.filter(|format| !format.accepts(&text))?;
                Some(format!("must be {}", format.words()))
            }),
            Err(_) => Some("must be text".to_owned()),
        },
        PrimitiveSchema::Number(schema) => {
            let Ok(number) = value.parse::<Number>() else {
                return Some("must be a number".to_owned());
            };
            let value = number.as_f64();
            if schema.kind == NumberKind::Integer && value.fract() != 0.0 {
                return Some("must be a whole number".to_owned());
            }
            let (least, most) = (&schema.minimum, &schema.maximum);
            if let Some(least) = least.as_ref().filter(|least| value < least.as_f64()) {
                return Some(format!("must be at least {}", least.as_json()));
            }
            let most = most.as_ref().filter(|most| value > most.as_f64());
            most.map(|most| format!("must be at most {}", most.as_json()))
        }
        PrimitiveSchema::Boolean(_) => value
            .parse::<bool>()
            .is_err()
            .then(|| "must be true or false".to_owned()),
        PrimitiveSchema::SingleSelect(schema) => one_of(&schema.options, value),
        PrimitiveSchema::LegacyTitledSelect(schema) => one_of(&schema.options, value),
        PrimitiveSchema::TitledSingleSelect(schema) => {
            one_of(schema.options.iter().map(|option| &option.value), value)
        }
        PrimitiveSchema::MultiSelect(schema) => {
            let options: Vec<_> = schema.items.options.iter().collect();
            some_of(&options, value, schema.min_items, schema.max_items)
        }
        PrimitiveSchema::TitledMultiSelect(schema) => {
            let options: Vec<_> = schema.items.options.iter().map(|o| &o.value).collect();
            some_of(&options, value, schema.min_items, schema.max_items)
        }
        PrimitiveSchema::Other(_) => None,
    }
}

fn one_of<'a>(options: impl IntoIterator<Item = &'a String>, value: &Raw) -> Option<String> {
    let chosen: Option<String> = value.parse().ok();
    let is_one = chosen.is_some_and(|chosen| options.into_iter().any(|option| *option == chosen));
    (!is_one).then(|| "must be one of the choices".to_owned())
}

fn some_of(
    options: &[&String],
    value: &Raw,
    least: Option<u64>,
    most: Option<u64>,
) -> Option<String> {
    let Ok(chosen) = value.parse::<Vec<String>>() else {
        return Some("must be a list of choices".to_owned());
    };
    if !chosen.iter().all(|chosen| options.contains(&chosen)) {
        return Some("must be some of the choices, and nothing else".to_owned());
    }
    length(chosen.len(), least, most, "choices")
}

fn length(length: usize, least: Option<u64>, most: Option<u64>, of: &str) -> Option<String> {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    if let Some(least) = least.filter(|least| length < *least) {
        return Some(format!("must have at least {least} {of}"));
    }
    let most = most.filter(|most| length > *most)?;
    Some(format!("must have at most {most} {of}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

    use serde_json::{Value, json};

    use super::*;

    fn check(field: Value, answer: Value, expect: Result<Value, &str>) {
        let form = json!({"type": "object", "properties": {"f": field}, "required": ["f"]});
        let form: RequestedSchema = serde_json::from_value(form).unwrap();
        let answer: Extra = serde_json::from_value(answer).unwrap();
        match (fields(&form, answer), expect) {
            (Ok(found), Ok(expect)) => assert_eq!(serde_json::to_value(&found).unwrap(), expect),
            (Err(words), Err(expect)) => assert_eq!(words, expect),
            (found, expect) => panic!("{found:?} is not {expect:?}"),
        }
    }

    #[test]
    fn every_kind_of_field_is_held_to_what_it_says() {
        let f = |value: Value| json!({"f": value});
        let text = json!({"type": "string", "minLength": 2, "maxLength": 3});
        check(text.clone(), f(json!("ää")), Ok(f(json!("ää"))));
        check(
            text.clone(),
            f(json!("ä")),
            Err("f must have at least 2 characters"),
        );
        check(
            text.clone(),
            f(json!("long")),
            Err("f must have at most 3 characters"),
        );
        check(text.clone(), f(json!(1)), Err("f must be text"));
        check(text.clone(), f(json!(null)), Err("f is missing"));
        check(text, json!({"f": "ab", "g": [1]}), Ok(f(json!("ab"))));
        let mail = json!({"type": "string", "format": "email"});
        check(mail.clone(), f(json!("a@b.c")), Ok(f(json!("a@b.c"))));
        check(mail, f(json!("a")), Err("f must be an e-mail address"));
        let whole = json!({"type": "integer", "minimum": 1, "maximum": 5});
        check(whole.clone(), f(json!(5)), Ok(f(json!(5))));
        check(whole.clone(), f(json!(0)), Err("f must be at least 1"));
        check(whole.clone(), f(json!(6)), Err("f must be at most 5"));
        check(
            whole.clone(),
            f(json!(1.5)),
            Err("f must be a whole number"),
        );
        check(whole, f(json!("1")), Err("f must be a number"));
        check(
            json!({"type": "boolean"}),
            f(json!(0)),
            Err("f must be true or false"),
        );
        let one = json!({"type": "string", "oneOf": [{"const": "a", "title": "A"}]});
        check(one.clone(), f(json!("a")), Ok(f(json!("a"))));
        check(one, f(json!("A")), Err("f must be one of the choices"));
        let some = json!({"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["a", "b"]}});
        check(some.clone(), f(json!(["a"])), Ok(f(json!(["a"]))));
        check(
            some.clone(),
            f(json!([])),
            Err("f must have at least 1 choices"),
        );
        check(
            some.clone(),
            f(json!(["c"])),
            Err("f must be some of the choices, and nothing else"),
        );
        check(some, f(json!("a")), Err("f must be a list of choices"));
    }
}
