//! The floor: a function written by hand for one tool, that reads the same envelope and arguments with
//! serde into borrowed types and writes the same answer. Nobody could do with less and still call it MCP.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Envelope<'a> {
    jsonrpc: &'a str,
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: &'a RawValue,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    arguments: &'a RawValue,
    #[serde(borrow, rename = "_meta")]
    meta: Option<Meta<'a>>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    protocol_version: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
    times: i64,
    loud: bool,
}

/// Answers a call of the tool `repeat`; `None` for anything else.
pub(crate) fn answer(body: &[u8], server: &str) -> Option<Vec<u8>> {
    let envelope: Envelope<'_> = serde_json::from_slice(body).ok()?;
    if envelope.jsonrpc != "2.0" || envelope.method != "tools/call" {
        return None;
    }
    let params: Params<'_> = serde_json::from_str(envelope.params.get()).ok()?;
    let modern = match &params.meta {
        Some(meta) if meta.protocol_version == "2026-07-28" => true,
        Some(_) => return None,
        None => false,
    };
    if params.name != "repeat" {
        return None;
    }
    let arguments: Arguments<'_> = serde_json::from_str(params.arguments.get()).ok()?;
    let text = crate::server::repeated(&arguments.text, arguments.times, arguments.loud);

    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    out.extend_from_slice(envelope.id.get().as_bytes());
    out.extend_from_slice(b",\"result\":{");
    if modern {
        out.extend_from_slice(b"\"_meta\":{\"io.modelcontextprotocol/serverInfo\":");
        out.extend_from_slice(server.as_bytes());
        out.extend_from_slice(b"},\"resultType\":\"complete\",");
    }
    out.extend_from_slice(b"\"content\":[{\"type\":\"text\",\"text\":");
    serde_json::to_writer(&mut out, &text).ok()?;
    out.extend_from_slice(b"}]}}");
    Some(out)
}
