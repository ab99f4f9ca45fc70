//! The headers that repeat a call's arguments.

use std::borrow::Cow;

use fmcp_core::{Raw, protocol::header_value};
use http::{HeaderMap, HeaderValue};
use serde_json::{Number, Value};

use super::{
    annotations::{Mirror, Mirrored},
    compare::{SAFE, said, whole},
};

impl Mirrored {
    /// Whether no argument is repeated.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The headers of a call with these arguments.
    ///
    /// # Errors
    /// When an argument cannot stand in its header: which, and why not.
    pub(crate) fn headers(&self, arguments: Option<&Raw>) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::new();
        if self.is_empty() {
            return Ok(headers);
        }
        let arguments = arguments.map_or(Value::Null, Raw::to_value);
        for mirror in &self.0 {
            let value = mirror.value(&arguments).map_err(|why| {
                let path = mirror.path.join(".");
                format!("the argument `{path}` goes into a header, and {why}")
            })?;
            if let Some(value) = value {
                headers.insert(mirror.header.clone(), value);
            }
        }
        Ok(headers)
    }
}

impl Mirror {
    fn value(&self, arguments: &Value) -> Result<Option<HeaderValue>, String> {
        let found = said(arguments, &self.path)
            .map_err(|_| "what it stands in is not an object".to_owned())?;
        let Some(found) = found else { return Ok(None) };
        let text = match found {
            Value::String(text) => header_value::encode(text),
            Value::Bool(true) => "true".into(),
            Value::Bool(false) => "false".into(),
            Value::Number(number) => self.number(number)?,
            _ => return Err("headers take texts, whole numbers and booleans".to_owned()),
        };
        HeaderValue::try_from(&*text)
            .map(Some)
            .map_err(|_| "it is too long for one".to_owned())
    }

    /// A whole number in digits, however the body writes it. In the place of a text it stands as written.
    fn number(&self, number: &Number) -> Result<Cow<'static, str>, String> {
        match whole(number).filter(|_| self.is_integer) {
            Some(whole) if whole.abs() <= i128::from(SAFE) => Ok(whole.to_string().into()),
            Some(_) => Err(format!(
                "{number} is beyond the integers that every reader of one reads exactly"
            )),
            None => Ok(number.to_string().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mirrored() -> Mirrored {
        Mirrored::of(&json!({"type": "object", "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "shard": {"type": "integer", "x-mcp-header": "Shard"},
            "dry": {"type": "boolean", "x-mcp-header": "Dry"},
            "deep": {"type": "object", "properties": {
                "er": {"type": "string", "x-mcp-header": "Deep"},
            }},
        }}))
        .unwrap()
    }

    /// The headers of a call with these arguments, in one line.
    fn check(arguments: &Value, expect: Result<&str, &str>) {
        let said = mirrored().headers(Some(&arguments.into()));
        let said = said.map(|headers| {
            let mut lines: Vec<_> = headers
                .iter()
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                .collect();
            lines.sort();
            lines.join(", ")
        });
        match (said, expect) {
            (Err(why), Err(words)) => assert!(why.contains(words), "{arguments}: {why}"),
            (said, expect) => assert_eq!(
                said.as_deref().map_err(String::as_str),
                expect,
                "{arguments}"
            ),
        }
    }

    #[test]
    fn arguments_are_repeated_as_headers_can_carry_them() {
        check(
            &json!({"region": "us-west1", "shard": -7, "dry": true, "other": 1}),
            Ok("mcp-param-dry: true, mcp-param-region: us-west1, mcp-param-shard: -7"),
        );
        check(&json!({"region": ""}), Ok("mcp-param-region: "));
        check(&json!({"shard": 42.0}), Ok("mcp-param-shard: 42"));
        check(&json!({"region": "a b"}), Ok("mcp-param-region: a b"));
        check(
            &json!({"region": "Hello, 世界"}),
            Ok("mcp-param-region: =?base64?SGVsbG8sIOS4lueVjA==?="),
        );
        check(
            &json!({"region": "a\r\nX-Evil: 1"}),
            Ok("mcp-param-region: =?base64?YQ0KWC1FdmlsOiAx?="),
        );
        check(&json!({"deep": {"er": "x"}}), Ok("mcp-param-deep: x"));
    }

    #[test]
    fn what_is_not_given_is_not_repeated() {
        check(&json!({}), Ok(""));
        check(&json!({"region": null, "deep": null}), Ok(""));
        check(&json!({"deep": {"er": null}}), Ok(""));
        assert!(mirrored().headers(None).unwrap().is_empty());
    }

    #[test]
    fn what_no_header_can_carry_is_named() {
        check(&json!({"shard": (1_i64 << 53)}), Err("`shard` goes into"));
        check(&json!({"region": ["a"]}), Err("headers take texts"));
        check(&json!({"deep": "{}"}), Err("`deep.er` goes into"));
    }

    #[test]
    fn what_is_written_is_what_the_server_compares() {
        use fmcp_core::{
            Call,
            protocol::{Method, Params},
        };
        for arguments in [
            json!({"region": " padded ", "shard": 42.0, "dry": false}),
            json!({"region": "=?base64?x?=", "deep": {"er": "\u{7f}"}}),
            json!({"region": 5, "shard": 1.5}),
            json!({"region": 5.0, "shard": null}),
            json!({}),
        ] {
            let headers = mirrored().headers(Some(&Raw::from(&arguments))).unwrap();
            let params = Params::of(&json!({"name": "t", "arguments": arguments})).unwrap();
            let call = Call::new(Method::CallTool, params).with_headers(headers.into());
            assert!(mirrored().check(&call).is_ok(), "{arguments}");
        }
    }
}
