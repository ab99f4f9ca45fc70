//! Adding a server to the text of a file. Pure: nothing is read or written here.

use serde_json::{Map, Value};

use super::{known::Form, yaml};

/// What becomes of a file.
#[derive(Debug, PartialEq)]
pub(crate) struct Change {
    /// What the file says then.
    pub(crate) text: String,
    /// What stood there under that name.
    pub(crate) before: Option<Value>,
}

/// Adds the server, or puts it in the place of another of its name. Everything else stays as it is.
///
/// # Errors
/// When the file is not what it should be, so that nothing can be changed without harm.
pub(crate) fn add(text: &str, form: Form, name: &str, entry: &Value) -> Result<Change, String> {
    match form {
        Form::Goose => yaml::add(text, name, entry),
        Form::VsCode => add_json(text, "servers", name, entry),
        _ => add_json(text, "mcpServers", name, entry),
    }
}

fn add_json(text: &str, key: &str, name: &str, entry: &Value) -> Result<Change, String> {
    let mut file: Map<String, Value> = match text.trim() {
        "" => Map::new(),
        text => serde_json::from_str(text).map_err(|e| {
            format!("it is no plain JSON object, perhaps because of comments ({e}); add the server by hand")
        })?,
    };
    let servers = file.entry(key).or_insert_with(|| Map::new().into());
    let Value::Object(servers) = servers else {
        return Err(format!("`{key}` is no object"));
    };
    let before = servers.insert(name.to_owned(), entry.clone());
    let mut text = serde_json::to_string_pretty(&file).map_err(|e| e.to_string())?;
    text.push('\n');
    Ok(Change { text, before })
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
