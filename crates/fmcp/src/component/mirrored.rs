//! Arguments that HTTP clients repeat in headers (`x-mcp-header`), and whether they say the same there.
//!
//! What does not belong here: how a header carries a text (`protocol::header_value`), and the headers
//! that every request has.

use fmcp_core::{
    Call, Error, Kind, Result,
    protocol::{Era, header_value},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Number, Value};

use crate::schema;

/// What marks a property that is repeated in a header, and names the header.
const KEYWORD: &str = "x-mcp-header";
const PREFIX: &str = "Mcp-Param-";

/// The types that have one form in a header.
const PRIMITIVE: [&str; 3] = ["string", "integer", "boolean"];

/// Up to here, on both sides of zero, every reader of JSON reads a whole number exactly.
const SAFE: i64 = (1 << 53) - 1;

/// The arguments of one tool that are repeated in headers.
#[derive(Debug, Default)]
pub(super) struct Mirrored(Vec<Mirror>);

#[derive(Debug)]
struct Mirror {
    header: HeaderName,
    /// The header's name as the author writes it.
    shown: String,
    /// The keys that lead to the argument.
    path: Vec<String>,
}

impl Mirrored {
    /// What `schema` says about headers.
    ///
    /// # Errors
    /// When clients would refuse the tool for it: all faults in one text.
    pub(super) fn of(schema: &Value) -> Result<Self, String> {
        let mut found = Vec::new();
        reachable(schema, &mut Vec::new(), &mut found);
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

    /// Holds the headers of a call to the body that it came with.
    ///
    /// Only HTTP has headers, only modern revisions repeat arguments in them, and a call on behalf of
    /// another has that other call's.
    ///
    /// # Errors
    /// [`Kind::HeaderMismatch`] when they do not say the same. The values stay out of the words.
    pub(super) fn check(&self, call: &Call) -> Result<()> {
        let Some(headers) = call.headers() else {
            return Ok(());
        };
        if self.0.is_empty() || call.is_derived() || call.revision().era() != Era::Modern {
            return Ok(());
        }
        let text = call.received_params().arguments().unwrap_or(b"{}");
        let arguments: Value = serde_json::from_slice(text)
            .map_err(|_| mismatch("the arguments cannot be compared with the headers"))?;
        for mirror in &self.0 {
            let (name, path) = (&mirror.shown, mirror.path.join("."));
            mirror.check(headers, &arguments).map_err(|fault| {
                mismatch(&format!("{PREFIX}{name} {fault} (argument `{path}`)"))
            })?;
        }
        Ok(())
    }
}

fn mismatch(words: &str) -> Error {
    Error::new(Kind::HeaderMismatch, format!("Header mismatch: {words}"))
}

/// Every property with the keyword to which nothing but `properties` leads, with the way to it.
fn reachable<'a>(
    schema: &'a Value,
    path: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, &'a Value)>,
) {
    let properties = schema.get("properties").and_then(Value::as_object);
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
        })
    }

    fn check(&self, headers: &HeaderMap, arguments: &Value) -> Result<(), &'static str> {
        let mut values = headers.get_all(&self.header).iter();
        let value = values.next();
        if values.next().is_some() {
            return Err("is given more than once");
        }
        compare(value, said(arguments, &self.path)?)
    }
}

/// Whether the property has one of the types that go into headers. It may be `null`, which does not go.
fn is_primitive(property: &Value) -> bool {
    let is = |ty: &Value| ty.as_str().is_some_and(|ty| PRIMITIVE.contains(&ty));
    match property.get("type") {
        Some(Value::Array(types)) => {
            let mut types = types.iter().filter(|ty| *ty != "null");
            types.next().is_some_and(is) && types.next().is_none()
        }
        Some(ty) => is(ty),
        None => false,
    }
}

/// What the body says at `path`; `null` is as good as nothing.
fn said<'a>(arguments: &'a Value, path: &[String]) -> Result<Option<&'a Value>, &'static str> {
    let mut value = arguments;
    for key in path {
        match value {
            Value::Object(fields) => match fields.get(key) {
                Some(next) => value = next,
                None => return Ok(None),
            },
            Value::Null => return Ok(None),
            // Lenient reading may find an object in a text, where nobody on the way would.
            _ => return Err("cannot be compared, for what holds its argument is not an object"),
        }
    }
    Ok(Some(value).filter(|value| !value.is_null()))
}

/// Whether a header says what the body says.
fn compare(header: Option<&HeaderValue>, said: Option<&Value>) -> Result<(), &'static str> {
    let (header, said) = match (header, said) {
        (None, None) => return Ok(()),
        (None, Some(_)) => return Err("is missing, though its argument is given"),
        (Some(_), None) => return Err("is given, though its argument is not"),
        (Some(header), Some(said)) => (header, said),
    };
    let header = header_value::decode(header).map_err(|fault| match fault {
        header_value::Undecodable::Characters => "contains invalid characters",
        _ => "is not valid base64 of a text",
    })?;
    let is_same = match said {
        Value::String(text) => *text == *header,
        Value::Bool(flag) => *header == *if *flag { "true" } else { "false" },
        Value::Number(number) => return compare_numbers(&header, number),
        _ => false,
    };
    if is_same { Ok(()) } else { Err(DIFFERS) }
}

const DIFFERS: &str = "does not match its argument";

/// `42.0` and `42` are the same number.
fn compare_numbers(header: &str, said: &Number) -> Result<(), &'static str> {
    let Ok(header) = serde_json::from_str::<Number>(header) else {
        return Err(DIFFERS);
    };
    match (whole(&header), whole(said)) {
        (Some(header), Some(said)) if header == said => {
            if said.abs() > i128::from(SAFE) {
                return Err("is beyond the integers that a header may carry");
            }
            Ok(())
        }
        (None, None) if header.as_f64() == said.as_f64() => Ok(()),
        _ => Err(DIFFERS),
    }
}

fn whole(number: &Number) -> Option<i128> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is whole, and saturates far outside of what is allowed"
    )]
    number.as_i128().or_else(|| {
        number
            .as_f64()
            .filter(|value| value.fract() == 0.0)
            .map(|value| value as i128)
    })
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

    /// Whether a header with this value, or none, goes with this argument, or none.
    fn goes(header: Option<&str>, said: &Value) -> Result<(), &'static str> {
        let header = header.map(|text| HeaderValue::from_bytes(text.as_bytes()).unwrap());
        compare(header.as_ref(), Some(said).filter(|said| !said.is_null()))
    }

    #[test]
    fn headers_say_what_the_body_says() {
        for (header, said) in [
            (Some("us-west1"), json!("us-west1")),
            (Some(""), json!("")),
            (
                Some("=?base64?SGVsbG8sIOS4lueVjA==?="),
                json!("Hello, 世界"),
            ),
            (Some("=?base64?IHBhZGRlZCA=?="), json!(" padded ")),
            (Some("=?base64?bGluZTEKbGluZTI=?="), json!("line1\nline2")),
            (
                Some("=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
                json!("=?base64?literal?="),
            ),
            (Some("=?base64?dXMtd2VzdDE=?="), json!("us-west1")),
            (Some("=?base64?NDI=?="), json!(42)),
            (Some("=?base64?half"), json!("=?base64?half")),
            (Some("42"), json!(42)),
            (Some("42.0"), json!(42)),
            (Some("42"), json!(42.0)),
            (Some("4.2e1"), json!(42)),
            (Some("-7"), json!(-7)),
            (Some("-0"), json!(0)),
            (Some("9007199254740991"), json!(SAFE)),
            (Some("-9007199254740991"), json!(-SAFE)),
            (Some("1.5"), json!(1.5)),
            (Some("true"), json!(true)),
            (Some("false"), json!(false)),
            (None, Value::Null),
        ] {
            assert_eq!(goes(header, &said), Ok(()), "{header:?} {said}");
        }
    }

    #[test]
    fn headers_that_say_something_else_are_refused() {
        let (missing, extra) = (
            "is missing, though its argument is given",
            "is given, though its argument is not",
        );
        let beyond = "is beyond the integers that a header may carry";
        for (header, said, words) in [
            (None, json!("us-west1"), missing),
            (None, json!(""), missing),
            (None, json!(false), missing),
            (Some("us-west1"), Value::Null, extra),
            (Some(""), Value::Null, extra),
            (Some("null"), Value::Null, extra),
            (Some("US-west1"), json!("us-west1"), DIFFERS),
            (Some("=?base64?aGk=?="), json!("=?base64?aGk=?="), DIFFERS),
            (Some("=?BASE64?aGk=?="), json!("hi"), DIFFERS),
            (Some("42"), json!("42.0"), DIFFERS),
            (Some("43"), json!(42), DIFFERS),
            (Some("042"), json!(42), DIFFERS),
            (Some("+42"), json!(42), DIFFERS),
            (Some("42 43"), json!(42), DIFFERS),
            (Some("NaN"), json!(42), DIFFERS),
            (Some("42.5"), json!(42), DIFFERS),
            (Some("9007199254740992"), json!(SAFE + 1), beyond),
            (Some("-9007199254740992"), json!(-SAFE - 1), beyond),
            (Some("9007199254740993"), json!(SAFE + 1), DIFFERS),
            (Some("True"), json!(true), DIFFERS),
            (Some("1"), json!(true), DIFFERS),
            (Some("[1]"), json!([1]), DIFFERS),
            (Some("{}"), json!({}), DIFFERS),
            (
                Some("=?base64?aGk?="),
                json!("hi"),
                "is not valid base64 of a text",
            ),
            (
                Some("=?base64?/w==?="),
                json!("hi"),
                "is not valid base64 of a text",
            ),
            (Some("世界"), json!("世界"), "contains invalid characters"),
        ] {
            assert_eq!(goes(header, &said), Err(words), "{header:?} {said}");
        }
    }

    #[test]
    fn the_body_is_read_along_the_path_and_nowhere_else() {
        let path = ["a".to_owned(), "b".to_owned()];
        for (arguments, found) in [
            (json!({"a": {"b": 1}}), Ok(Some(json!(1)))),
            (json!({"a": {"b": null}}), Ok(None)),
            (json!({"a": {"c": 1}}), Ok(None)),
            (json!({"a": null}), Ok(None)),
            (json!({"b": 1}), Ok(None)),
            (json!({}), Ok(None)),
            (json!(null), Ok(None)),
            (json!({"a": "{\"b\": 1}"}), Err(())),
            (json!({"a": [1]}), Err(())),
            (json!("{}"), Err(())),
        ] {
            let read = said(&arguments, &path).map(Option::<&Value>::cloned);
            assert_eq!(read.map_err(drop), found, "{arguments}");
        }
    }
}
