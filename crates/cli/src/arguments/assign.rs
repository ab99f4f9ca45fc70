//! `name=value`, `name:=json`, `name=@file`.

use fmcp::schema::coerce;
use serde_json::{Map, Value};

use super::source;
use crate::outcome::Failure;

/// What was typed for each name, in the order in which it was.
#[derive(Debug, Default)]
pub(crate) struct Assignments(Vec<(Vec<String>, Typed)>);

#[derive(Clone, Debug, PartialEq)]
enum Typed {
    /// Text, which a schema may want otherwise.
    Text(String),
    /// JSON, as it is.
    Json(Value),
}

impl Assignments {
    /// Reads them, and the files that they name.
    pub(crate) fn read(words: &[String]) -> Result<Self, Failure> {
        words
            .iter()
            .map(|word| assignment(word))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The arguments, each as `schema` wants it.
    pub(crate) fn typed(&self, schema: &Value) -> Map<String, Value> {
        self.over(Map::new(), schema)
    }

    /// The arguments, put over others.
    pub(crate) fn over(&self, mut whole: Map<String, Value>, schema: &Value) -> Map<String, Value> {
        let inlined = fmcp::schema::inline(schema);
        let mut seen: Vec<Vec<String>> = Vec::new();
        for (path, typed) in &self.0 {
            let path = known_path(path, &inlined);
            let wanted = wanted(&inlined, &path);
            let is_list = wants_list(wanted);
            let value = match typed {
                Typed::Json(value) => value.clone(),
                // A list that is typed item by item.
                Typed::Text(text) if is_list && !text.trim_start().starts_with('[') => {
                    Value::Array(vec![Value::from(text.as_str())])
                }
                Typed::Text(text) if wanted.is_some() => text.as_str().into(),
                Typed::Text(text) => guess(text),
            };
            put(&mut whole, &path, value, is_list && seen.contains(&path));
            seen.push(path);
        }
        match coerce(schema, Value::Object(whole)) {
            Value::Object(whole) => whole,
            _ => Map::new(),
        }
    }

    /// The arguments as plain texts, for prompts.
    pub(crate) fn texts(&self) -> Map<String, Value> {
        let texts = self.0.iter().map(|(path, typed)| {
            let text = match typed {
                Typed::Text(text) => text.clone(),
                Typed::Json(Value::String(text)) => text.clone(),
                Typed::Json(other) => other.to_string(),
            };
            (path.join("."), text.into())
        });
        texts.collect()
    }
}

fn assignment(word: &str) -> Result<(Vec<String>, Typed), Failure> {
    let Some((name, value)) = word.split_once('=') else {
        return Err(Failure::usage(format!("{word:?} is no argument"))
            .hint("NAME=VALUE, NAME=@FILE, NAME:=JSON, or --input-json '{…}'"));
    };
    let (name, is_json) = match name.strip_suffix(':') {
        Some(name) => (name, true),
        None => (name, false),
    };
    if name.is_empty() {
        return Err(Failure::usage(format!("{word:?} has no name before the =")));
    }
    let text = match value.strip_prefix('@') {
        Some(literal) if literal.starts_with('@') => literal.to_owned(),
        Some(file) => source::text(file).map_err(|why| Failure::usage(format!("{name}: {why}")))?,
        None => value.to_owned(),
    };
    let path = name.split('.').map(str::to_owned).collect();
    if !is_json {
        return Ok((path, Typed::Text(text)));
    }
    let value = serde_json::from_str(&text)
        .map_err(|e| Failure::usage(format!("{name}: what stands behind := is no JSON: {e}")))?;
    Ok((path, Typed::Json(value)))
}

/// `a.b` is the field `b` of `a`, unless there is an argument of that whole name, or none of the first.
fn known_path(path: &[String], schema: &Value) -> Vec<String> {
    let whole = path.join(".");
    let has = |name: &str| {
        schema
            .get("properties")
            .is_some_and(|all| all.get(name).is_some())
    };
    match path.len() > 1 && (has(&whole) || !has(&path[0])) {
        true => vec![whole],
        false => path.to_vec(),
    }
}

/// What the schema says of a value.
fn wanted<'a>(schema: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter()
        .try_fold(schema, |schema, name| schema.get("properties")?.get(name))
}

fn wants_list(schema: Option<&Value>) -> bool {
    let Some(schema) = schema else { return false };
    let is_list = |kind: &Value| kind == "array";
    match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(is_list),
        Some(kind) => is_list(kind),
        None => ["anyOf", "oneOf"]
            .iter()
            .filter_map(|word| schema.get(word)?.as_array())
            .flatten()
            .any(|choice| wants_list(Some(choice))),
    }
}

/// What a text is, where nobody says what is wanted: JSON, if it is more than words.
fn guess(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(Value::String(_)) | Err(_) => text.into(),
        Ok(value) => value,
    }
}

fn put(into: &mut Map<String, Value>, path: &[String], value: Value, appends: bool) {
    let [name, rest @ ..] = path else { return };
    if !rest.is_empty() {
        let inner = into
            .entry(name.as_str())
            .or_insert_with(|| Map::new().into());
        if !inner.is_object() {
            *inner = Map::new().into();
        }
        if let Value::Object(inner) = inner {
            put(inner, rest, value, appends);
        }
        return;
    }
    match (into.get_mut(name), value) {
        (Some(Value::Array(all)), Value::Array(more)) if appends => all.extend(more),
        (_, value) => {
            into.insert(name.clone(), value);
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "what is expected reads better as a value"
)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({"type": "object", "properties": {
            "a": {"type": "integer"},
            "text": {"type": "string"},
            "on": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "numbers": {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]},
            "at": {"$ref": "#/$defs/Place"},
            "b.c": {"type": "integer"},
        }, "$defs": {"Place": {"type": "object", "properties": {"x": {"type": "number"}}}}})
    }

    fn check(words: &[&str], expect: Value) {
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        let typed = Assignments::read(&words).unwrap().typed(&schema());
        assert_eq!(Value::Object(typed), expect);
    }

    #[test]
    fn values_are_typed_by_the_schema() {
        check(
            &["a=5", "text=5", "on=yes"],
            json!({"a": 5, "text": "5", "on": true}),
        );
        check(&["a=zz"], json!({"a": "zz"}));
        check(&["a:=[1]"], json!({"a": [1]}));
        check(&["text=a=b"], json!({"text": "a=b"}));
        check(&["text=@@home"], json!({"text": "@home"}));
        check(&["text="], json!({"text": ""}));
    }

    #[test]
    fn lists_are_typed_item_by_item_or_whole() {
        check(&["tags=x"], json!({"tags": ["x"]}));
        check(
            &["tags=x", "a=1", "tags=y"],
            json!({"tags": ["x", "y"], "a": 1}),
        );
        check(&["tags=[\"x\", \"y\"]"], json!({"tags": ["x", "y"]}));
        check(&["numbers=1", "numbers=2"], json!({"numbers": [1, 2]}));
    }

    #[test]
    fn fields_of_objects_are_named_with_dots() {
        check(&["at.x=1.5"], json!({"at": {"x": 1.5}}));
        check(&["at={\"x\": 1}"], json!({"at": {"x": 1}}));
        check(&["b.c=1"], json!({"b.c": 1}));
    }

    #[test]
    fn what_nobody_knows_is_guessed() {
        let guessed = |word: &str| {
            let words = [word.to_owned()];
            Assignments::read(&words).unwrap().typed(&json!({}))["k"].clone()
        };
        assert_eq!(guessed("k=5"), json!(5));
        assert_eq!(guessed("k=five"), json!("five"));
        assert_eq!(guessed("k=\"5\""), json!("\"5\""));
        assert_eq!(guessed("k={\"a\":1}"), json!({"a": 1}));
    }

    #[test]
    fn what_is_no_argument_is_refused() {
        for (word, why) in [
            ("five", "no argument"),
            ("=5", "no name"),
            ("a:=x", "no JSON"),
        ] {
            let refused = Assignments::read(&[word.to_owned()]).unwrap_err();
            assert!(refused.message.contains(why), "{refused}");
        }
        let missing = Assignments::read(&["a=@/no/such/file".to_owned()]).unwrap_err();
        assert!(missing.message.contains("/no/such/file"), "{missing}");
    }
}
