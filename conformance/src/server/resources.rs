//! Resources: text, bytes, a template, and one that clients follow.

use fmcp::{Json, Server, resource};
use serde_json::{Value, json};

use super::content::RED_PIXEL;

pub(super) fn add(server: Server) -> Server {
    server
        .resource(static_text::resource())
        .resource(static_binary::resource())
        .resource(template::resource())
        .resource(watched::resource())
}

/// Text that never changes.
#[resource("test://static-text", mime = "text/plain")]
async fn static_text() -> &'static str {
    "This is the content of the static text resource."
}

/// Bytes that never change.
#[resource("test://static-binary", mime = "image/png")]
async fn static_binary() -> &'static [u8] {
    RED_PIXEL
}

/// Whatever goes by an id.
#[resource("test://template/{id}/data", mime = "application/json")]
async fn template(id: String) -> Json<Value> {
    Json(json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")}))
}

/// Something to follow.
#[resource("test://watched-resource", mime = "text/plain")]
async fn watched() -> &'static str {
    "This is the content of the watched resource."
}
