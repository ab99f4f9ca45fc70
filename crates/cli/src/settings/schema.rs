//! The JSON Schema of the file, for editors: from the same list that the file is checked against.

use serde_json::{Map, Value, json};

use super::known::{KNOWN, Shape};

/// The JSON Schema of `fmcp.toml` and `fmcp.json`.
pub(crate) fn schema() -> Value {
    let mut properties = Map::new();
    properties.insert("$schema".to_owned(), json!({"type": "string"}));
    for known in &KNOWN {
        let mut one = match known.shape {
            Shape::Words(words) => json!({"type": "string", "enum": words}),
            Shape::Time => json!({
                "type": ["string", "number"],
                "pattern": "^([0-9]+(\\.[0-9]+)? ?(ms|s|m|h)?|none)$",
                "exclusiveMinimum": 0,
            }),
            Shape::Revision => {
                json!({"type": "string", "enum": fmcp::Revision::ALL.map(fmcp::Revision::as_str)})
            }
            Shape::Text => json!({"type": "string"}),
        };
        one["description"] = known.about.into();
        if !known.default.is_empty() {
            one["default"] = known.default.into();
        }
        properties.insert(known.key.to_owned(), one);
    }
    let servers = json!({
        "type": "object",
        "description": "servers by name; each name is a SERVER from then on",
        "additionalProperties": server(),
    });
    for key in super::file::SERVERS {
        properties.insert(key.to_owned(), servers.clone());
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of fmcp",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// One server: a program, or an address.
fn server() -> Value {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let table = json!({"type": "object", "additionalProperties": {"type": "string"}});
    json!({
        "type": "object",
        "properties": {
            "command": {"type": "string", "description": "the program that is started"},
            "args": texts,
            "env": table,
            "cwd": {"type": "string"},
            "stderr": {"type": "string"},
            "url": {"type": "string", "description": "where the server is"},
            "headers": table,
            "auth": {"description": "oauth, or a token"},
            "type": {"type": "string", "description": "stdio, http, sse or ws"},
            "timeout": {"type": ["string", "number"]},
            "protocolVersion": {"type": "string"},
            "includeTools": texts,
            "excludeTools": texts,
            "disabled": {"type": "boolean"},
        },
        "anyOf": [
            {"required": ["command"]}, {"required": ["url"]},
            {"required": ["httpUrl"]}, {"required": ["serverUrl"]},
        ],
    })
}

#[cfg(test)]
mod tests {
    use fmcp::schema::Checker;

    use super::*;

    #[test]
    fn what_is_published_is_what_is_checked() {
        let published = include_str!("../../../../docs/cli/fmcp.schema.json");
        let published: Value = serde_json::from_str(published).unwrap();
        assert_eq!(
            published,
            schema(),
            "fmcp config schema > docs/cli/fmcp.schema.json"
        );
    }

    #[test]
    fn it_takes_what_is_right_and_nothing_else() {
        let checker = Checker::new(&schema()).unwrap();
        let right = json!({"timeout": "5m", "servers": {"a": {"command": "x", "args": ["y"]}}});
        assert!(checker.accepts(&right), "{:?}", checker.faults(&right));
        for wrong in [
            json!({"timeuot": 1}),
            json!({"timeout": "soon"}),
            json!({"color": "blue"}),
            json!({"servers": {"a": {"args": []}}}),
        ] {
            assert!(!checker.accepts(&wrong), "{wrong}");
        }
    }
}
