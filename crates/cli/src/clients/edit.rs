//! Adding a server to the text of a file. Pure: nothing is read or written here.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use super::{known::Form, yaml};

/// What becomes of a file.
#[derive(Debug, PartialEq)]
pub(crate) struct Change {
    /// What the file says then.
    pub(crate) text: String,
    /// What stood there under that name.
    pub(crate) before: Option<Value>,
}

/// What the object of servers is called.
pub(crate) fn key(form: Form) -> &'static str {
    match form {
        Form::Goose => yaml::KEY,
        Form::VsCode => "servers",
        _ => "mcpServers",
    }
}

/// Adds the server, or puts it in the place of another of its name. Everything else stays as it is.
///
/// # Errors
/// When the file is not what it should be, so that nothing can be changed without harm.
pub(crate) fn add(text: &str, form: Form, name: &str, entry: &Value) -> Result<Change, String> {
    match form {
        Form::Goose => yaml::add(text, name, entry),
        _ => add_json(text, key(form), name, entry),
    }
}

fn add_json(text: &str, key: &str, name: &str, entry: &Value) -> Result<Change, String> {
    let mut file: Fields = match text.trim() {
        "" => Fields::default(),
        text => serde_json::from_str(text).map_err(|e| {
            format!("it is no plain JSON object, perhaps because of comments ({e}); add the server by hand")
        })?,
    };
    let mut servers: Fields = match file.get(key) {
        Some(servers) => {
            serde_json::from_str(servers.get()).map_err(|_| format!("`{key}` is no object"))?
        }
        None => Fields::default(),
    };
    let before = servers.get(name).map(|at| serde_json::from_str(at.get()));
    let before = before.transpose().map_err(|e| e.to_string())?;
    servers.put(name, Field::New(entry.clone()));
    file.put(key, Field::Servers(servers));
    let mut text = serde_json::to_string_pretty(&file).map_err(|e| e.to_string())?;
    text.push('\n');
    Ok(Change { text, before })
}

/// The fields of an object, in their order.
#[derive(Default)]
struct Fields(Vec<(String, Field)>);

enum Field {
    /// The text that stands there. To read it could change it, such as numbers of many digits.
    Kept(Box<RawValue>),
    Servers(Fields),
    New(Value),
}

impl Fields {
    /// What the field says. Of several of one name, readers take the last.
    fn get(&self, name: &str) -> Option<&RawValue> {
        let mut all = self.0.iter().rev();
        match all.find(|(key, _)| key == name) {
            Some((_, Field::Kept(text))) => Some(text),
            _ => None,
        }
    }

    /// Puts the field in its place, or behind all others.
    fn put(&mut self, name: &str, field: Field) {
        match self.0.iter_mut().rev().find(|(key, _)| key == name) {
            Some((_, place)) => *place = field,
            None => self.0.push((name.to_owned(), field)),
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some((name, text)) = map.next_entry()? {
                    fields.0.push((name, Field::Kept(text)));
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, field)| (name, field)))
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Kept(text) => text.serialize(serializer),
            Self::Servers(servers) => servers.serialize(serializer),
            Self::New(entry) => entry.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_else_stays_as_it_is() {
        let before = r#"{"z": 1, "mcpServers": {"b": {"command": "x"}}, "a": [true]}"#;
        let change = add(before, Form::Cursor, "new", &json!({"url": "u"})).unwrap();
        let file: Value = serde_json::from_str(&change.text).unwrap();
        let expect = json!({
            "z": 1, "mcpServers": {"b": {"command": "x"}, "new": {"url": "u"}}, "a": [true],
        });
        assert_eq!(file, expect);
        assert_eq!(file.to_string(), expect.to_string(), "in the same order");
        assert_eq!(change.before, None);
    }

    #[test]
    fn numbers_keep_all_their_digits() {
        let large = "123456789012345678901234567890";
        let before = format!(
            r#"{{"id": {large}, "mcpServers": {{"b": {{"x": [{large}, 1.10]}}}}, "last": 1E5}}"#
        );
        let text = add(&before, Form::Cursor, "n", &json!({})).unwrap().text;
        for part in [
            &format!("\"id\": {large},"),
            &format!("{{\"x\": [{large}, 1.10]}}"),
            "\"last\": 1E5\n",
        ] {
            assert!(text.contains(part), "{part} is missing: {text}");
        }
    }

    #[test]
    fn a_server_of_the_same_name_is_replaced_and_told() {
        let before = r#"{"servers": {"n": {"url": "old"}}}"#;
        let change = add(before, Form::VsCode, "n", &json!({"url": "new"})).unwrap();
        assert_eq!(change.before, Some(json!({"url": "old"})));
        assert!(!change.text.contains("old"));
    }

    #[test]
    fn what_is_no_plain_json_is_left_alone() {
        for text in ["{ // a comment\n}", "[]", "{\"mcpServers\": []}"] {
            assert!(add(text, Form::Cursor, "n", &json!({})).is_err(), "{text}");
        }
        let empty = add("", Form::Claude, "n", &json!({})).unwrap();
        assert_eq!(
            empty.text,
            "{\n  \"mcpServers\": {\n    \"n\": {}\n  }\n}\n"
        );
    }
}
