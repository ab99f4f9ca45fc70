//! Values and places as they are shown to people: short. What does not belong here: sentences.

use serde_json::Value;

/// How many characters of a value are quoted.
pub(super) const QUOTED: usize = 60;

/// `value` as JSON, cut to a length that can be read.
pub(super) fn short(value: &Value) -> String {
    match value {
        // Written out only as far as it is shown.
        Value::String(text) if text.len() > QUOTED * 4 => {
            let start: String = text.chars().take(QUOTED - 2).collect();
            cut(&Value::from(start).to_string().replace('…', "..."), QUOTED) + "…"
        }
        value => cut(&value.to_string(), QUOTED),
    }
}

/// The first `limit` characters of `text`.
pub(super) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A JSON pointer as people write it: `a.b[2]`.
pub(super) fn path(root: &Value, pointer: &str) -> String {
    let mut path = String::new();
    let mut at = Some(root);
    for part in pointer.split('/').skip(1) {
        let name = part.replace("~1", "/").replace("~0", "~");
        if at.is_some_and(Value::is_array) {
            path.push_str(&format!("[{name}]"));
            at = at.and_then(|list| list.get(name.parse::<usize>().ok()?));
            continue;
        }
        let plain = |one: char| one.is_alphanumeric() || matches!(one, '_' | '-' | '$');
        if !name.is_empty() && name.chars().all(plain) {
            let dot = if path.is_empty() { "" } else { "." };
            path.push_str(&format!("{dot}{}", cut(&name, QUOTED)));
        } else {
            path.push_str(&format!("[{}]", short(&Value::from(name.as_str()))));
        }
        at = at.and_then(|object| object.get(&name));
    }
    path
}
