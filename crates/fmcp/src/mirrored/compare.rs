//! Whether headers say what the body says.

use fmcp_core::{
    Call, Error, Kind, Result,
    protocol::{Era, header_value},
};
use http::{HeaderMap, HeaderValue};
use serde_json::{Number, Value};

use super::annotations::{Mirror, Mirrored, PREFIX};

/// Up to here, on both sides of zero, every reader of JSON reads a whole number exactly.
pub(super) const SAFE: i64 = (1 << 53) - 1;

impl Mirrored {
    /// Holds the headers of a call to the body that it came with.
    ///
    /// Only HTTP has headers, only modern revisions repeat arguments in them, and a call on behalf of
    /// another has that other call's.
    ///
    /// # Errors
    /// [`Kind::HeaderMismatch`] when they do not say the same. The values stay out of the words.
    pub(crate) fn check(&self, call: &Call) -> Result<()> {
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

impl Mirror {
    fn check(&self, headers: &HeaderMap, arguments: &Value) -> Result<(), &'static str> {
        let mut values = headers.get_all(&self.header).iter();
        let value = values.next();
        if values.next().is_some() {
            return Err("is given more than once");
        }
        compare(value, said(arguments, &self.path)?, self.is_integer)
    }
}

fn mismatch(words: &str) -> Error {
    Error::new(Kind::HeaderMismatch, format!("Header mismatch: {words}"))
}

/// What the body says at `path`; `null` is as good as nothing.
pub(super) fn said<'a>(
    arguments: &'a Value,
    path: &[String],
) -> Result<Option<&'a Value>, &'static str> {
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
fn compare(
    header: Option<&HeaderValue>,
    said: Option<&Value>,
    is_integer: bool,
) -> Result<(), &'static str> {
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
        Value::Number(number) if is_integer => return compare_numbers(&header, number),
        Value::Number(number) => number.to_string() == *header,
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

pub(super) fn whole(number: &Number) -> Option<i128> {
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

    /// Whether a header with this value, or none, goes with this argument, or none.
    fn goes(header: Option<&str>, said: &Value) -> Result<(), &'static str> {
        let header = header.map(|text| HeaderValue::from_bytes(text.as_bytes()).unwrap());
        let said = Some(said).filter(|said| !said.is_null());
        compare(header.as_ref(), said, true)
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
    fn a_number_in_the_place_of_a_text_has_one_spelling() {
        let header = HeaderValue::from_static("5.0");
        let compare = |said: Value| compare(Some(&header), Some(&said), false);
        assert_eq!(compare(json!(5.0)), Ok(()));
        assert_eq!(compare(json!(5)), Err(DIFFERS));
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
