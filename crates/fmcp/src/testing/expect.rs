//! Assertions that say what came instead.

use serde_json::Value;

use crate::{CallResult, ClientError};

/// The text of a result.
///
/// # Panics
/// When the call failed.
#[track_caller]
pub fn expect_text(result: &Result<CallResult, ClientError>) -> String {
    match result {
        Ok(result) => result.text().into_owned(),
        Err(error) => panic!("expected the text of a result, but {error}"),
    }
}

/// What a tool says about its failure.
///
/// # Panics
/// When the tool did not fail, or the call failed otherwise.
#[track_caller]
pub fn expect_tool_error(result: &Result<CallResult, ClientError>) -> &str {
    match result {
        Err(ClientError::Tool { message, .. }) => message,
        Err(error) => panic!("expected the tool to fail, but the call itself did: {error}"),
        Ok(result) => panic!(
            "expected the tool to fail, but it gave {:?}",
            shown(&Value::from(result.text()))
        ),
    }
}

/// The `result` of an answer off the wire.
///
/// # Panics
/// When there is no answer, or it is an error.
#[track_caller]
pub fn expect_result(answer: &Option<Value>) -> &Value {
    let Some(answer) = answer else {
        panic!("expected a result, but nothing came");
    };
    match (answer.get("result"), answer.get("error")) {
        (Some(result), None) => result,
        (None, Some(error)) => panic!("expected a result, but got the error {}", shown(error)),
        _ => panic!("expected a response, but got {}", shown(answer)),
    }
}

/// The `error` of an answer off the wire, which has this code.
///
/// # Panics
/// When there is no answer, or it is no error, or has another code.
#[track_caller]
pub fn expect_rpc_error(answer: &Option<Value>, code: i64) -> &Value {
    let Some(answer) = answer else {
        panic!("expected the error {code}, but nothing came");
    };
    match answer.get("error") {
        Some(error) if error["code"] == code => error,
        Some(error) => panic!("expected the error {code}, but got {}", shown(error)),
        None => panic!("expected the error {code}, but got {}", shown(answer)),
    }
}

/// As much of a value as a person reads.
fn shown(value: &Value) -> String {
    const ENOUGH: usize = 500;
    let text = value.to_string();
    match text.char_indices().nth(ENOUGH) {
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    #[should_panic(expected = "expected a result, but got the error {\"code\":-32601}")]
    fn an_error_is_no_result() {
        expect_result(&Some(json!({"error": {"code": -32601}})));
    }

    #[test]
    #[should_panic(expected = "expected the error -32601, but nothing came")]
    fn nothing_is_no_error() {
        expect_rpc_error(&None, -32601);
    }

    #[test]
    fn long_values_are_cut() {
        let text = shown(&Value::from("ä".repeat(1_000)));
        assert!(text.ends_with("… (2002 bytes)"), "{text}");
    }
}
