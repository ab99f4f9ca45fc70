//! What is sent: requests and notifications by concatenation, and the headers that say it once more.

use bytes::Bytes;
use fmcp_core::{
    Raw, Result,
    protocol::{Method, Params, Topic, header_value, jsonrpc::Response, model::ErrorObject},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// A request as it goes out.
pub(super) fn request(id: &[u8], method: &str, params: Option<&[u8]>) -> Bytes {
    let params = params.unwrap_or(b"{}");
    let mut out = Vec::with_capacity(64 + id.len() + method.len() + params.len());
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    out.extend_from_slice(id);
    out.extend_from_slice(b",\"method\":");
    write_text(&mut out, method);
    out.extend_from_slice(b",\"params\":");
    out.extend_from_slice(params);
    out.push(b'}');
    out.into()
}

/// Writes a text that most often needs nothing but quotes.
fn write_text(out: &mut Vec<u8>, text: &str) {
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'_' | b'.' | b'-');
    if text.bytes().all(is_plain) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
    }
}

/// Tells the server that nobody waits for the answer any more.
pub(super) fn cancelled(id: u64) -> Bytes {
    let body =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
    body.to_string().into()
}

/// The headers that say once more what a request says, for whoever routes it without reading it.
pub(super) fn repeat(headers: &mut HeaderMap, method: &Method, params: &Params) {
    // Every method of the protocol is a header; one that is not is refused by the server in its own words.
    let value = match method {
        Method::CallTool => Ok(HeaderValue::from_static("tools/call")),
        other => HeaderValue::from_str(other.as_str()),
    };
    if let Ok(value) = value {
        headers.insert(METHOD, value);
    }
    let name = match method {
        Method::CallTool | Method::ReadResource | Method::GetPrompt => params.name(),
        Method::GetTask | Method::UpdateTask | Method::CancelTask => params.task_id(),
        _ => None,
    };
    if let Some(value) =
        name.and_then(|name| HeaderValue::from_str(&header_value::encode(&name)).ok())
    {
        headers.insert(NAME, value);
    }
}

/// The same of a notification.
pub(super) fn repeat_topic(headers: &mut HeaderMap, topic: &Topic) {
    if let Ok(value) = HeaderValue::from_str(topic.as_str()) {
        headers.insert(METHOD, value);
    }
}

/// What a response says.
///
/// # Errors
/// The error that it is.
pub(super) fn outcome(response: Response) -> Result<Raw> {
    match response.outcome {
        Ok(result) => serde_json::from_slice(&result).map_err(unreadable),
        Err(error) => {
            let error: ErrorObject = serde_json::from_slice(&error).map_err(unreadable)?;
            Err(error.into())
        }
    }
}

fn unreadable(error: serde_json::Error) -> fmcp_core::Error {
    fmcp_core::Error::internal("the server's answer cannot be read").caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, params: &str, expect: &[(&str, &str)]) {
        let mut headers = HeaderMap::new();
        let params = Params::new(params.to_owned()).unwrap();
        repeat(&mut headers, &Method::from(method), &params);
        let found: Vec<_> = (headers.iter())
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(found, expect, "{method}");
    }

    #[test]
    fn headers_repeat_method_and_name() {
        check("tools/list", "{}", &[("mcp-method", "tools/list")]);
        let call = [
            ("mcp-method", "tools/call"),
            ("mcp-name", "=?base64?w6k=?="),
        ];
        check("tools/call", r#"{"name":"é"}"#, &call);
        let read = [("mcp-method", "resources/read"), ("mcp-name", "a://b")];
        check("resources/read", r#"{"uri":"a://b"}"#, &read);
        let task = [("mcp-method", "tasks/get"), ("mcp-name", "t-1")];
        check("tasks/get", r#"{"taskId":"t-1"}"#, &task);
        check("x/y", r#"{"name":"n"}"#, &[("mcp-method", "x/y")]);
    }

    #[test]
    fn requests_are_json_whatever_the_method_is_called() {
        let body = request(b"7", "a\"b/\u{1}", Some(b"{\"n\":1e999}"));
        assert_eq!(
            body,
            r#"{"jsonrpc":"2.0","id":7,"method":"a\"b/\u0001","params":{"n":1e999}}"#
        );
        assert_eq!(
            request(b"1", "ping", None),
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}"#
        );
    }
}
