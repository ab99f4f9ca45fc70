//! What a state is about: the call that it belongs to, in bytes. A state opens for no other.

use fmcp_core::Call;
use serde_json::Value;

/// Who calls what with which arguments, on a server of this name. Two calls that differ in any of it differ
/// here.
pub(crate) fn about(server: &str, call: &Call) -> Vec<u8> {
    let mut about = Text(Vec::with_capacity(256));
    about.add(server);
    about.add(call.method().as_str());
    about.add(call.name().unwrap_or_default().as_bytes());
    about.add(
        call.component()
            .map(|c| c.key.to_string())
            .unwrap_or_default(),
    );
    match call.principal() {
        None => about.add("nobody"),
        Some(principal) => {
            about.add("somebody");
            about.add(&*principal.subject);
            about.add(principal.issuer.as_deref().unwrap_or_default());
            about.add(principal.client_id.as_deref().unwrap_or_default());
        }
    }
    let arguments = call.arguments().unwrap_or(b"{}");
    match serde_json::from_slice(arguments) {
        Ok(arguments) => canonical(&arguments, &mut about.0),
        Err(_) => about.add(arguments),
    }
    about.0
}

/// Texts that cannot be cut otherwise.
struct Text(Vec<u8>);

impl Text {
    fn add(&mut self, text: impl AsRef<[u8]>) {
        let text = text.as_ref();
        self.0.extend_from_slice(&(text.len() as u64).to_be_bytes());
        self.0.extend_from_slice(text);
    }
}

/// The value with its fields in order, so that a client which writes it otherwise the second time has still
/// made the same call.
fn canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            out.push(b'{');
            for (name, value) in fields {
                write(name, out);
                canonical(value, out);
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for item in items {
                canonical(item, out);
                out.push(b',');
            }
            out.push(b']');
        }
        other => write(other, out),
    }
}

fn write<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // It cannot fail: texts and numbers go into memory.
    let _ = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use fmcp_core::{Principal, protocol::Method};
    use serde_json::json;

    use super::*;

    fn call(name: &str, arguments: &str) -> Call {
        let arguments: fmcp_core::Raw = serde_json::from_str(arguments).unwrap();
        Call::of(
            Method::CallTool,
            &json!({"name": name, "arguments": arguments}),
        )
        .unwrap()
    }

    fn as_somebody(call: Call, subject: &str) -> Call {
        call.with_principal(Arc::new(Principal::new(subject)))
    }

    #[test]
    fn the_same_call_is_the_same_however_it_is_written() {
        let one = about("s", &call("t", r#"{"a": 1, "b": [{"c": 2, "d": 3}]}"#));
        let other = about("s", &call("t", r#"{"b":[{"d":3,"c":2}],"a":1}"#));
        assert_eq!(one, other);
    }

    #[test]
    fn every_other_call_is_another() {
        let one = about("s", &call("t", r#"{"a":1}"#));
        for other in [
            about("r", &call("t", r#"{"a":1}"#)),
            about("s", &call("u", r#"{"a":1}"#)),
            about("s", &call("t", r#"{"a":2}"#)),
            about("s", &call("t", r#"{"a":"1"}"#)),
            about("s", &call("t", r#"{"a":1,"b":null}"#)),
            about("s", &as_somebody(call("t", r#"{"a":1}"#), "ada")),
            about("s", &as_somebody(call("t", r#"{"a":1}"#), "")),
        ] {
            assert_ne!(one, other);
        }
        let lists = |text: &str| about("s", &call("t", text));
        assert_ne!(lists(r#"{"a":[1,2]}"#), lists(r#"{"a":[12]}"#));
    }
}
