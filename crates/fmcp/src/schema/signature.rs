//! A schema of arguments as one line that reads like a function. What does not belong here: anything
//! that must be exact.

use serde_json::Value;

use super::{quote, walk};

/// How many characters a signature may have.
const LENGTH: usize = 400;
/// How many characters the kind of one argument may have.
const KIND: usize = 120;
/// How many alternatives are named.
const CHOICES: usize = 8;
/// How deep lists and objects are written out.
const DEPTH: usize = 3;

/// `name` and the arguments that `schema` describes, in one line.
///
/// ```
/// use fmcp::schema::signature;
/// use serde_json::json;
///
/// let schema = json!({
///     "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "default": 1}},
///     "required": ["a"],
/// });
/// assert_eq!(signature("add", &schema), "add(a: integer, b: integer = 1)");
/// ```
#[must_use]
pub fn signature(name: &str, schema: &Value) -> String {
    let mut line = format!("{}(", quote::cut(name, KIND));
    let room = LENGTH.saturating_sub(4);
    let mut length = line.chars().count();
    for (index, (argument, of)) in properties(schema).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let part = format!("{comma}{}", parameter(schema, argument, of));
        length += part.chars().count();
        if length > room {
            line.push_str(comma);
            line.push('…');
            break;
        }
        line.push_str(&part);
    }
    line.push(')');
    line
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let all = schema.get("properties").and_then(Value::as_object);
    all.into_iter().flatten()
}

fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|one| one == name))
}

fn parameter(root: &Value, name: &str, schema: &Value) -> String {
    let required = is_required(root, name);
    let default = schema.get("default").filter(|one| !one.is_null());
    let name = quote::cut(name, KIND);
    let kind = kind(root, schema);
    match default {
        _ if required => format!("{name}: {kind}"),
        Some(value) => format!("{name}: {kind} = {}", quote::short(value)),
        None => format!("{name}?: {}", kind.strip_suffix(" | null").unwrap_or(&kind)),
    }
}

/// What a value of `schema` is, in a few words.
pub(super) fn kind(root: &Value, schema: &Value) -> String {
    quote::cut(&described(root, schema, DEPTH), KIND)
}

fn described(root: &Value, schema: &Value, depth: usize) -> String {
    if let Some(value) = schema.get("const") {
        return quote::short(value);
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return union(values.iter().map(quote::short));
    }
    if let Some(at) = walk::reference(schema) {
        return match walk::target(root, at) {
            Some(next) if depth > 0 => described(root, next, depth - 1),
            _ => at.rsplit('/').next().unwrap_or(at).to_owned(),
        };
    }
    for keyword in ["anyOf", "oneOf", "allOf"] {
        if let Some(Value::Array(all)) = schema.get(keyword)
            && depth > 0
        {
            let separate = keyword != "allOf";
            let taken = if separate { all.len() } else { 1 };
            let all = all.iter().take(taken);
            return union(all.map(|one| described(root, one, depth - 1)));
        }
    }
    match schema.get("type") {
        Some(Value::String(one)) => typed(root, schema, one, depth),
        Some(Value::Array(types)) => {
            let types = types.iter().filter_map(Value::as_str);
            union(types.map(|one| typed(root, schema, one, depth)))
        }
        _ => "any".to_owned(),
    }
}

fn typed(root: &Value, schema: &Value, kind: &str, depth: usize) -> String {
    match kind {
        "array" => match schema.get("items") {
            Some(items) if items.is_object() && depth > 0 => {
                let item = described(root, items, depth - 1);
                if item.contains(" | ") {
                    format!("({item})[]")
                } else {
                    format!("{item}[]")
                }
            }
            _ => "any[]".to_owned(),
        },
        "object" if depth > 0 && properties(schema).next().is_some() => {
            let fields: Vec<_> = properties(schema)
                .take(CHOICES)
                .map(|(name, one)| {
                    let mark = if is_required(schema, name) { "" } else { "?" };
                    let name = quote::cut(name, KIND);
                    format!("{name}{mark}: {}", described(root, one, depth - 1))
                })
                .collect();
            let more = properties(schema).count() > CHOICES;
            format!("{{{}{}}}", fields.join(", "), if more { ", …" } else { "" })
        }
        other => quote::cut(other, KIND),
    }
}

fn union(all: impl Iterator<Item = String>) -> String {
    let mut named: Vec<String> = Vec::new();
    for one in all {
        if named.len() == CHOICES {
            named.push("…".to_owned());
            break;
        }
        if !named.contains(&one) {
            named.push(one);
        }
    }
    named.sort_by_key(|one| one == "null");
    named.join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn signatures() {
        let schema = json!({
            "properties": {
                "a": {"type": "integer"},
                "b": {"type": "integer", "default": 1},
                "unit": {"enum": ["celsius", "fahrenheit"]},
                "note": {"type": ["null", "string"]},
                "tags": {"type": "array", "items": {"type": ["string", "integer"]}},
                "at": {"$ref": "#/$defs/Point"},
                "more": {},
            },
            "required": ["a", "at"],
            "$defs": {"Point": {"type": "object", "required": ["x"],
                "properties": {"x": {"type": "number"}, "next": {"$ref": "#/$defs/Point"}}}},
        });
        assert_eq!(
            signature("add", &schema),
            "add(a: integer, b: integer = 1, unit?: \"celsius\" | \"fahrenheit\", note?: string, \
             tags?: (string | integer)[], at: {x: number, next?: object}, more?: any)"
        );
        assert_eq!(signature("now", &json!({"type": "object"})), "now()");
        assert_eq!(signature("odd", &json!(true)), "odd()");
    }

    #[test]
    fn signatures_are_short() {
        let many: serde_json::Map<String, Value> = (0..500)
            .map(|index| (format!("argument_{index}"), json!({"type": "string"})))
            .collect();
        let line = signature("many", &json!({"properties": many}));
        assert!(
            line.chars().count() <= LENGTH && line.ends_with(", …)"),
            "{line}"
        );
    }
}
