//! 2025-11-25: sessions with a handshake. Cannot say what kind a result is, how long it keeps, and
//! structured output that is not an object.

use super::{dialect::Dialect, write::Head};
use crate::{
    Kind, Raw,
    protocol::{
        Method,
        model::{CallToolResult, Content, DiscoverResult, ErrorObject, Meta, Tool},
    },
};

pub(super) struct V2025_11_25;

impl Dialect for V2025_11_25 {
    fn head(&self, head: Head<'_>) {
        *head.result_type = None;
        if let Some((ttl_ms, scope)) = head.cache {
            (*ttl_ms, *scope) = (None, None);
        }
        if let Some(fields) = head.meta {
            fields.remove(Meta::SERVER_INFO);
            fields.remove(Meta::SUBSCRIPTION_ID);
            if fields.is_empty() {
                *head.meta = None;
            }
        }
    }

    fn discover(&self, result: &mut DiscoverResult) {
        result.capabilities.extensions = None;
    }

    fn tool(&self, tool: &mut Tool) {
        if tool
            .output_schema
            .as_ref()
            .is_some_and(|schema| !is_object_schema(schema))
        {
            tool.output_schema = None;
        }
    }

    fn tool_result(&self, result: &mut CallToolResult) {
        if result
            .structured_content
            .as_ref()
            .is_some_and(|value| !value.is_object())
        {
            result.structured_content = None;
        }
    }

    fn content(&self, content: &mut Content) {
        if let Content::ToolResult(result) = content
            && result
                .structured_content
                .as_ref()
                .is_some_and(|value| !value.is_object())
        {
            result.structured_content = None;
        }
    }

    fn code(&self, kind: Kind, method: &Method) -> Option<i64> {
        match kind {
            Kind::NotFound if *method == Method::ReadResource => {
                Some(ErrorObject::LEGACY_RESOURCE_NOT_FOUND)
            }
            // Codes that the specification gave their meaning later.
            Kind::HeaderMismatch | Kind::UnsupportedRevision => Some(ErrorObject::INVALID_REQUEST),
            Kind::MissingCapability => Some(ErrorObject::INVALID_PARAMS),
            _ => None,
        }
    }
}

/// Whether the schema says `"type": "object"`, which this revision requires.
fn is_object_schema(schema: &Raw) -> bool {
    schema
        .to_value()
        .get("type")
        .is_some_and(|kind| kind == "object")
}
