//! Adding a server to Goose's YAML, without touching a line that stands there: the entry is written as JSON,
//! which is YAML, too.

use serde_json::{Map, Value};

use super::edit::Change;

/// Where servers stand.
pub(super) const KEY: &str = "extensions";

/// What the text says.
pub(super) fn parse(text: &str) -> Result<Map<String, Value>, String> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_saphyr::from_str::<Value>(text) {
        Ok(Value::Object(file)) => Ok(file),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err("it is no YAML mapping".to_owned()),
        Err(error) => Err(format!("it is no YAML: {error}")),
    }
}

pub(super) fn add(text: &str, name: &str, entry: &Value) -> Result<Change, String> {
    let file = parse(text)?;
    if file
        .get(KEY)
        .and_then(|servers| servers.get(name))
        .is_some()
    {
        return Err(format!(
            "there is a server {name:?} already; remove it first, or give another name"
        ));
    }
    let key = Value::from(name);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = lines
        .iter()
        .position(|line| line.trim_end() == format!("{KEY}:"));
    match (at, file.get(KEY)) {
        (Some(at), _) => {
            let indent = lines[at + 1..]
                .iter()
                .find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
                .map(|line| &line[..line.len() - line.trim_start().len()])
                .filter(|indent| !indent.is_empty())
                .unwrap_or("  ");
            let line = format!("{indent}{key}: {entry}");
            lines.insert(at + 1, line);
        }
        (None, None) => lines.extend([format!("{KEY}:"), format!("  {key}: {entry}")]),
        (None, Some(_)) => {
            return Err(format!(
                "`{KEY}` is written in a way that is not changed here; add the server by hand"
            ));
        }
    }
    let text = format!("{}\n", lines.join("\n"));
    let mut expect = file;
    let servers = expect.entry(KEY).or_insert(Value::Null);
    if servers.is_null() {
        *servers = Map::new().into();
    }
    servers[name] = entry.clone();
    // What reads as anything else than the file before with one entry more is not written.
    match parse(&text) {
        Ok(read) if read == expect => Ok(Change { text, before: None }),
        _ => Err("the server cannot be added without changing more; add it by hand".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_line_that_stands_there_is_touched() {
        let before = "# mine\nGOOSE_MODEL: x\nextensions:\n    # of Goose\n    memory:\n        enabled: true\nother: 1\n";
        let change = add(before, "new", &json!({"type": "stdio", "cmd": "x: y # z"})).unwrap();
        for line in before.lines() {
            assert!(
                change.text.lines().any(|one| one == line),
                "{line}: {}",
                change.text
            );
        }
        let file = parse(&change.text).unwrap();
        assert_eq!(file["extensions"]["new"]["cmd"], "x: y # z");
        assert_eq!(file["extensions"]["memory"]["enabled"], true);
    }

    #[test]
    fn a_file_without_servers_gets_some() {
        for before in ["", "GOOSE_MODEL: x\n", "extensions:\n"] {
            let change = add(before, "n", &json!({"a": 1})).unwrap();
            assert_eq!(
                parse(&change.text).unwrap()["extensions"],
                json!({"n": {"a": 1}}),
                "{before}"
            );
        }
    }

    #[test]
    fn what_cannot_be_changed_without_harm_is_left_alone() {
        for before in [
            "extensions: {n: {}}\n",
            "extensions: {m: {}}\n",
            "- a\n",
            "a: [\n",
        ] {
            assert!(add(before, "n", &json!({})).is_err(), "{before}");
        }
    }
}
