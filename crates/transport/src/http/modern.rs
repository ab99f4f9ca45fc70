//! Requests that say all by themselves: their headers say some of it once more, for whoever routes them
//! without reading them, and must not say anything else.

use std::borrow::Cow;

use fmcp_core::{
    Error, Kind, Result,
    protocol::{Era, Method, header_value, jsonrpc::Request},
};
use http::HeaderValue;

use super::fields::{Field, McpFields};

/// Whether the request is one that says all by itself, or would be if it were whole.
pub(crate) fn is_modern(fields: &McpFields<'_>, request: &Request) -> bool {
    request.params.protocol_version().is_some()
        || (fields.revision).is_some_and(|revision| revision.era() == Era::Modern)
}

/// Whether the headers say what the body says.
///
/// # Errors
/// [`Kind::HeaderMismatch`] when one is missing, doubled, unreadable or says something else.
pub(crate) fn check(fields: &McpFields<'_>, request: &Request) -> Result<()> {
    let Some(version) = request.params.protocol_version() else {
        // What is missing in the body is found by whoever reads the body.
        return Ok(());
    };
    same(fields.version, "MCP-Protocol-Version", &version, false)?;
    same(fields.method, "Mcp-Method", request.method.as_str(), false)?;
    let name = match request.method {
        Method::CallTool | Method::ReadResource | Method::GetPrompt => request.params.name(),
        Method::GetTask | Method::UpdateTask | Method::CancelTask => request.params.task_id(),
        _ => None,
    };
    name.map_or(Ok(()), |name| same(fields.name, "Mcp-Name", &name, true))
}

fn same(field: Field<'_>, shown: &str, expect: &str, may_be_encoded: bool) -> Result<()> {
    let Field::Once(value) = field else {
        return Err(mismatch(&format!("there must be one {shown} header")));
    };
    let said = read(value, may_be_encoded)
        .ok_or_else(|| mismatch(&format!("the {shown} header holds invalid characters")))?;
    if said == expect {
        return Ok(());
    }
    Err(mismatch(&format!(
        "the {shown} header says {:?}, the body {:?}",
        shorten(&said),
        shorten(expect)
    )))
}

fn read(value: &HeaderValue, may_be_encoded: bool) -> Option<Cow<'_, str>> {
    if may_be_encoded {
        return header_value::decode(value).ok();
    }
    let text = value.to_str().ok()?;
    Some(Cow::Borrowed(text.trim_matches([' ', '\t'])))
}

fn shorten(text: &str) -> String {
    text.chars().take(100).collect()
}

fn mismatch(words: &str) -> Error {
    Error::new(Kind::HeaderMismatch, format!("Header mismatch: {words}"))
}
