//! Which arguments of a tool are repeated in headers, as its schema says.

use http::HeaderName;
use serde_json::Value;

use crate::schema;

/// What marks a property that is repeated in a header, and names the header.
pub(crate) const KEYWORD: &str = "x-mcp-header";
pub(super) const PREFIX: &str = "Mcp-Param-";

/// Whether a header repeats an argument.
pub(crate) fn is_mirror(name: &HeaderName) -> bool {
    let start = name.as_str().get(..PREFIX.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

/// How many arguments of one tool may be repeated. Somebody else's schema can say anything.
const MOST: usize = 64;

/// The types that have one form in a header.
const PRIMITIVE: [&str; 3] = ["string", "integer", "boolean"];

/// The arguments of one tool that are repeated in headers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mirrored(pub(super) Vec<Mirror>);

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Mirror {
    pub(super) header: HeaderName,
    /// The header's name as the author writes it.
    pub(super) shown: String,
    /// The keys that lead to the argument.
    pub(super) path: Vec<String>,
    /// Whether `42.0` is as good as `42`.
    pub(super) is_integer: bool,
}

impl Mirrored {
    /// What `schema` says about headers.
    ///
    /// # Errors
    /// When clients would refuse the tool for it: all faults in one text.
    pub(crate) fn of(schema: &Value) -> Result<Self, String> {
        let mut found = Vec::new();
        reachable(schema, &mut Vec::new(), &mut found);
        if found.len() > MOST {
            return Err(format!("{KEYWORD} stands at more than {MOST} properties"));
        }
        let (mut mirrors, mut faults) = (Vec::<Mirror>::new(), Vec::new());
        for (path, property) in &found {
            match Mirror::of(path, property) {
                Ok(mirror) => match mirrors.iter().find(|m| m.header == mirror.header) {
                    Some(first) => faults.push(format!(
                        "{KEYWORD} {:?} of `{}` is that of `{}` already (case does not count)",
                        mirror.shown,
                        mirror.path.join("."),
                        first.path.join(".")
                    )),
                    None => mirrors.push(mirror),
                },
                Err(fault) => faults.push(format!("{KEYWORD} of `{}` {fault}", path.join("."))),
            }
        }
        schema::any(schema, &mut |one| {
            let is_found = found
                .iter()
                .any(|(_, property)| std::ptr::eq(*property, one));
            if let (Some(name), false) = (one.get(KEYWORD), is_found) {
                faults.push(format!(
                    "{KEYWORD} {name} stands where no chain of `properties` leads from the root"
                ));
            }
            false
        });
        if faults.is_empty() {
            Ok(Self(mirrors))
        } else {
            Err(faults.join("; "))
        }
    }
}

/// Every property with the keyword to which nothing but `properties` leads, with the way to it.
fn reachable<'a>(
    schema: &'a Value,
    path: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, &'a Value)>,
) {
    let properties = schema.get("properties").and_then(Value::as_object);
    if found.len() > MOST {
        return;
    }
    for (name, property) in properties.into_iter().flatten() {
        path.push(name.clone());
        if property.get(KEYWORD).is_some() {
            found.push((path.clone(), property));
        }
        reachable(property, path, found);
        path.pop();
    }
}

impl Mirror {
    fn of(path: &[String], property: &Value) -> Result<Self, String> {
        let shown = match property.get(KEYWORD) {
            Some(Value::String(name)) => name,
            _ => return Err("is not a text".to_owned()),
        };
        if shown.is_empty() {
            return Err("is empty".to_owned());
        }
        let header = HeaderName::try_from(format!("{PREFIX}{shown}")).map_err(|_| {
            format!("cannot be part of a header name: {shown:?} is not a token of RFC 9110")
        })?;
        if !is_primitive(property) {
            let ty = property
                .get("type")
                .map_or_else(|| "no type".to_owned(), |ty| format!("the type {ty}"));
            return Err(format!(
                "stands at a property of {ty}: only strings, integers and booleans go into headers"
            ));
        }
        Ok(Self {
            header,
            shown: shown.clone(),
            path: path.to_vec(),
            is_integer: types(property).any(|ty| ty == "integer"),
        })
    }
}

/// Whether the property has one of the types that go into headers. It may be `null`, which does not go.
fn is_primitive(property: &Value) -> bool {
    let mut types = types(property).filter(|ty| *ty != "null");
    types.next().is_some_and(|ty| PRIMITIVE.contains(&ty)) && types.next().is_none()
}

fn types(property: &Value) -> impl Iterator<Item = &str> {
    let types = match property.get("type") {
        Some(Value::Array(types)) => types.as_slice(),
        Some(ty) => std::slice::from_ref(ty),
        None => &[],
    };
    types.iter().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn annotations_are_found_where_properties_lead() {
        let schema = json!({"type": "object", "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "target": {"type": "object", "properties": {
                "shard": {"type": ["integer", "null"], "x-mcp-header": "shard.id"},
                "x-mcp-header": {"type": "string"},
            }},
            "dry": {"type": "boolean", "x-mcp-header": "Dry-Run!"},
            "plain": {"default": {"x-mcp-header": 1}},
        }});
        let mirrored = Mirrored::of(&schema).unwrap();
        let found: Vec<_> = mirrored
            .0
            .iter()
            .map(|mirror| (mirror.header.as_str(), mirror.path.join(".")))
            .collect();
        assert_eq!(
            found,
            [
                ("mcp-param-region", "region".to_owned()),
                ("mcp-param-shard.id", "target.shard".to_owned()),
                ("mcp-param-dry-run!", "dry".to_owned()),
            ]
        );
        assert!(
            Mirrored::of(&json!({"type": "object"}))
                .unwrap()
                .0
                .is_empty()
        );
    }

    #[test]
    fn annotations_that_clients_refuse_are_refused() {
        let at = |ty: Value, name: Value| json!({"properties": {"a": {"type": ty, KEYWORD: name}}});
        let text = || json!({"type": "string", KEYWORD: "Here"});
        let astray = r#"x-mcp-header "Here" stands where no chain of `properties` leads"#;
        for (schema, words) in [
            (at(json!("string"), json!("")), "`a` is empty"),
            (at(json!("string"), json!(1)), "`a` is not a text"),
            (at(json!("string"), json!("a b")), "not a token"),
            (at(json!("string"), json!("a\r\nb")), "not a token"),
            (at(json!("string"), json!("a:b")), "not a token"),
            (at(json!("string"), json!("Größe")), "not a token"),
            (at(json!("number"), json!("N")), r#"of the type "number""#),
            (at(json!("object"), json!("N")), r#"of the type "object""#),
            (at(json!("array"), json!("N")), r#"of the type "array""#),
            (at(json!("null"), json!("N")), r#"of the type "null""#),
            (
                at(json!(["string", "integer"]), json!("N")),
                "of the type [",
            ),
            (
                json!({"properties": {"a": {"enum": ["x"], KEYWORD: "N"}}}),
                "of no type",
            ),
            (
                json!({"properties": {"a": text(), "b": {"type": "string", KEYWORD: "hERE"}}}),
                r#"x-mcp-header "hERE" of `b` is that of `a` already"#,
            ),
            (text(), astray),
            (json!({"properties": {"a": {"items": text()}}}), astray),
            (
                json!({"properties": {"a": {"prefixItems": [text()]}}}),
                astray,
            ),
            (json!({"properties": {"a": {"oneOf": [text()]}}}), astray),
            (json!({"allOf": [{"properties": {"a": text()}}]}), astray),
            (json!({"anyOf": [{"properties": {"a": text()}}]}), astray),
            (json!({"not": {"properties": {"a": text()}}}), astray),
            (json!({"if": {"properties": {"a": text()}}}), astray),
            (json!({"then": {"properties": {"a": text()}}}), astray),
            (json!({"else": {"properties": {"a": text()}}}), astray),
            (json!({"additionalProperties": text()}), astray),
            (json!({"patternProperties": {"^a": text()}}), astray),
            (
                json!({"properties": {"a": {"$ref": "#/$defs/T"}}, "$defs": {"T": text()}}),
                astray,
            ),
        ] {
            let fault = Mirrored::of(&schema).unwrap_err();
            assert!(fault.contains(words), "{schema}: {fault}");
        }
    }

    #[test]
    fn all_faults_of_a_schema_are_told_at_once() {
        let schema = json!({"properties": {
            "a": {"type": "number", KEYWORD: "A"},
            "b": {"type": "string", KEYWORD: ""},
        }});
        let fault = Mirrored::of(&schema).unwrap_err();
        assert!(fault.contains("`a`") && fault.contains("`b`"), "{fault}");
    }
}
