//! The floor: a plain axum handler written for this one tool, that reads the same body with serde into
//! borrowed types and writes the same answer. It has no schema, no checks of headers, no limits, no second
//! tool.

use std::borrow::Cow;

use anyhow::Result;
use axum::{
    Router,
    body::Bytes,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
    routing::post,
};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Request<'a> {
    jsonrpc: &'a str,
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: Params<'a>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    arguments: Summands,
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
struct Summands {
    a: i64,
    b: i64,
}

async fn mcp(body: Bytes) -> Response {
    let Some(answer) = answer(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let json = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, json)], answer).into_response()
}

fn answer(body: &[u8]) -> Option<Vec<u8>> {
    let request: Request<'_> = serde_json::from_slice(body).ok()?;
    let Params {
        name,
        arguments: Summands { a, b },
        meta,
    } = request.params;
    if request.jsonrpc != "2.0" || request.method != "tools/call" || name != "add" {
        return None;
    }
    let modern = match meta {
        Some(meta) if meta.protocol_version == "2026-07-28" => true,
        Some(_) => return None,
        None => false,
    };
    let text = a.wrapping_add(b).to_string();

    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    out.extend_from_slice(request.id.get().as_bytes());
    out.extend_from_slice(b",\"result\":{");
    if modern {
        out.extend_from_slice(
            b"\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"bench\",\"version\":\"1.0.0\"}},\
              \"resultType\":\"complete\",",
        );
    }
    out.extend_from_slice(b"\"content\":[{\"type\":\"text\",\"text\":");
    serde_json::to_writer(&mut out, &text).ok()?;
    out.extend_from_slice(b"}]}}");
    Some(out)
}

#[tokio::main]
async fn main() -> Result<()> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, Router::new().route("/mcp", post(mcp))).await?;
    Ok(())
}
