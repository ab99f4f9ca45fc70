//! The front matter of a `SKILL.md`: the fields at its head, between two lines of three hyphens.

use serde_json::{Map, Value};

/// The fields.
pub(crate) type FrontMatter = Map<String, Value>;

/// How many bytes of fields are read.
const MAX_BYTES: usize = 64 << 10;

/// What the protocol keeps for itself in the field `metadata`.
const RESERVED: &str = "io.modelcontextprotocol/";

/// Reads the fields of a `SKILL.md`, and what stands behind them.
pub(super) fn read(text: &str) -> Result<(FrontMatter, &str), String> {
    let (yaml, rest) = split(text)
        .ok_or("it does not begin with front matter: fields between two lines of three hyphens")?;
    if yaml.len() > MAX_BYTES {
        return Err(format!("its front matter has more than {MAX_BYTES} bytes"));
    }
    // Words are words as YAML 1.2 has them: `no` is a text, and `1_000`, too, as other hosts read them.
    let options = serde_saphyr::options! {
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_nodes: 5_000,
            max_depth: 16,
            max_aliases: 50,
            max_documents: 1,
        },
    };
    let fields = serde_saphyr::from_str_with_options(yaml, options).map_err(|e| {
        format!(
            "its front matter is no object in YAML: {}",
            shorten(&e.to_string())
        )
    })?;
    Ok((fields, rest))
}

/// Parts the fields from what stands behind them.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.strip_prefix("---")?;
    let text = text.strip_prefix("\r\n").or(text.strip_prefix('\n'))?;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((&text[..at], &text[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

/// What is wrong with the fields of the skill in a folder called `name`.
pub(super) fn fault(fields: &FrontMatter, name: &str) -> Option<String> {
    match fields.get("name") {
        Some(Value::String(given)) if given == name => {}
        Some(Value::String(given)) => {
            let given = shorten(given);
            return Some(format!("`name` is {given:?}, but its folder is {name:?}"));
        }
        _ => return Some("`name` is missing, or no text".into()),
    }
    if !super::path::is_name(name) {
        return Some(format!(
            "{:?} is no name for a skill: up to 64 letters in lower case, digits and single hyphens",
            shorten(name)
        ));
    }
    match fields.get("description") {
        Some(Value::String(words)) if !words.trim().is_empty() => {}
        _ => return Some("`description` is missing, or no text".into()),
    }
    let metadata = fields.get("metadata").and_then(Value::as_object);
    let reserved = metadata.and_then(|fields| fields.keys().find(|key| key.starts_with(RESERVED)));
    reserved.map(|key| {
        let key = shorten(key);
        format!("`metadata` has {key:?}, whose beginning is the protocol's own")
    })
}

/// Where two front matters differ: as it was listed, and as it is.
pub(super) fn difference(listed: &FrontMatter, found: &FrontMatter) -> Option<String> {
    let name = |key: &str| shorten(key);
    for (key, value) in listed {
        match found.get(key) {
            None => return Some(format!("`{}` was listed, and is not there", name(key))),
            Some(other) if !is_same(value, other) => {
                return Some(format!(
                    "`{}` was listed as {}, and is {}",
                    name(key),
                    shorten(&value.to_string()),
                    shorten(&other.to_string())
                ));
            }
            Some(_) => {}
        }
    }
    let more = found.keys().find(|key| !listed.contains_key(*key))?;
    Some(format!("`{}` is there, and was not listed", name(more)))
}

/// Whether two values say the same: 1 and 1.0 do, which different readers of YAML make of one text.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| is_same(x, y))
        }
        (Value::Object(x), Value::Object(y)) => {
            let has = |(key, x): (&String, &Value)| y.get(key).is_some_and(|y| is_same(x, y));
            x.len() == y.len() && x.iter().all(has)
        }
        _ => a == b,
    }
}

/// As much of somebody else's words as fits into a message of ours.
pub(super) fn shorten(text: &str) -> String {
    const SAID: usize = 120;
    let line = text.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(SAID).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, expect: &Value) {
        let (fields, _) = read(text).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        assert_eq!(Value::Object(fields), *expect, "{text:?}");
    }

    #[test]
    fn fields_are_read_as_other_hosts_read_them() {
        check(
            "---\nname: a\ndescription: b\n---\n",
            &json!({"name": "a", "description": "b"}),
        );
        check("\u{feff}---\r\nname: a\r\n---\r\nx", &json!({"name": "a"}));
        check(
            "---\na: no\nb: true\nc: 1_000\n---",
            &json!({"a": "no", "b": true, "c": "1_000"}),
        );
        check(
            "---\na: >\n  b\n  c\nm:\n  x: \"1.0\"\n  y: [1, 2]\n--- \n",
            &json!({"a": "b c\n", "m": {"x": "1.0", "y": [1, 2]}}),
        );
        check(
            "---\nd: 2024-01-01\ne: 'it''s: x'\n---\n",
            &json!({"d": "2024-01-01", "e": "it's: x"}),
        );
    }

    #[test]
    fn what_is_no_front_matter_is_refused() {
        for text in [
            "",
            "# Skill",
            "---",
            "---\nname: a",
            "---\n- a\n---\n",
            "---\na: 1\na: 2\n---\n",
            "----\na: 1\n----\n",
            " ---\na: 1\n---\n",
            "---\na: [\n---\n",
            "---\na: .inf\n---\n",
            "---\n\u{0}\n---\n",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
        let large = format!("---\na: {}\n---\n", "x".repeat(MAX_BYTES));
        assert!(read(&large).unwrap_err().contains("more than"));
        let bomb: String = (1..30)
            .map(|n| {
                let of = n - 1;
                format!("a{n}: &a{n} [{}]\n", vec![format!("*a{of}"); 10].join(", "))
            })
            .collect();
        let bomb = format!("---\na0: &a0 [x]\n{bomb}---\n");
        assert!(read(&bomb).is_err(), "aliases of aliases");
        let deep = format!(
            "---\na: {}{}\n---\n",
            "[".repeat(30_000),
            "]".repeat(30_000)
        );
        assert!(read(&deep).is_err(), "deep");
    }

    #[test]
    fn instructions_stand_behind_the_fields() {
        assert_eq!(read("---\na: 1\n---\nx\n---\ny").unwrap().1, "x\n---\ny");
    }

    #[test]
    fn fields_are_judged() {
        for (fields, expect) in [
            (
                json!({"name": "a", "description": "b", "license": "MIT"}),
                None,
            ),
            (
                json!({"name": "b", "description": "b"}),
                Some("its folder is \"a\""),
            ),
            (json!({"description": "b"}), Some("`name` is missing")),
            (json!({"name": "a"}), Some("`description` is missing")),
            (
                json!({"name": "a", "description": " "}),
                Some("`description` is missing"),
            ),
            (
                json!({"name": "a", "description": "b", "metadata": {"io.modelcontextprotocol/x": 1}}),
                Some("the protocol's own"),
            ),
        ] {
            let said = fault(fields.as_object().unwrap(), "a");
            match expect {
                None => assert_eq!(said, None),
                Some(words) => assert!(
                    said.as_ref().is_some_and(|said| said.contains(words)),
                    "{said:?}"
                ),
            }
        }
    }

    #[test]
    fn differences_are_named() {
        let listed = json!({"name": "a", "version": 1, "m": {"x": [1.0], "y": "z"}});
        for (found, expect) in [
            (
                json!({"m": {"y": "z", "x": [1]}, "version": 1.0, "name": "a"}),
                None,
            ),
            (
                json!({"name": "b", "version": 1, "m": {"x": [1], "y": "z"}}),
                Some("`name` was listed as \"a\", and is \"b\""),
            ),
            (
                json!({"name": "a", "m": {"x": [1], "y": "z"}}),
                Some("`version` was listed, and is not there"),
            ),
            (
                json!({"name": "a", "version": "1", "m": {"x": [1], "y": "z"}}),
                Some("`version`"),
            ),
            (
                json!({"name": "a", "version": 1, "m": {"x": [2], "y": "z"}}),
                Some("`m`"),
            ),
            (
                json!({"name": "a", "version": 1, "m": {"x": [1], "y": "z"}, "tools": "all"}),
                Some("`tools` is there"),
            ),
        ] {
            let said = difference(listed.as_object().unwrap(), found.as_object().unwrap());
            match expect {
                None => assert_eq!(said, None, "{found}"),
                Some(words) => assert!(
                    said.as_ref().is_some_and(|said| said.contains(words)),
                    "{said:?}"
                ),
            }
        }
    }
}
