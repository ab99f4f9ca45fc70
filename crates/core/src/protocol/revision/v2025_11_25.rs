//! 2025-11-25: sessions with a handshake. Cannot say what kind a result is, how long it keeps, and structured
//! output that is not an object. Has tasks in another form, made when the client asks for one. Extensions are not in its text, but were agreed on in its handshakes; what does
//! not know the field overlooks it.

use serde_json::json;

use super::{
    dialect::{Dialect, unstructure},
    head::Head,
    tasks::{self, TaskTerms},
};
use crate::{
    Call, Extra, Kind, Raw, Reply,
    protocol::{
        Method,
        model::{CallToolResult, Content, DiscoverResult, ErrorObject, Meta, Task, Tool},
    },
};

pub(super) struct V2025_11_25;

impl Dialect for V2025_11_25 {
    fn speaks(&self, method: &Method) -> bool {
        !matches!(
            method,
            Method::Discover | Method::Listen | Method::UpdateTask
        )
    }

    fn task_terms(&self, call: &Call) -> TaskTerms {
        tasks::wish(call)
    }

    fn reply(&self, reply: &mut Reply) {
        tasks::lower(reply);
    }

    /// Tasks were no extension, but a capability of their own.
    fn discover(&self, result: &mut DiscoverResult) {
        if let Some(all) = &mut result.capabilities.extensions {
            all.remove(Task::EXTENSION);
            if all.is_empty() {
                result.capabilities.extensions = None;
            }
        }
    }

    fn head(&self, head: Head<'_>) {
        *head.result_type = None;
        if let Some((ttl_ms, scope)) = head.cache {
            (*ttl_ms, *scope) = (None, None);
        }
        if let Some(fields) = head.meta {
            let server = fields.remove(Meta::SERVER_INFO);
            let subscription = fields.remove(Meta::SUBSCRIPTION_ID);
            if server.or(subscription).is_some() && fields.is_empty() {
                *head.meta = None;
            }
        }
    }

    fn tool(&self, tool: &mut Tool) {
        tool.output_schema = tool.output_schema.take().filter(is_of_objects);
        tool.input_schema = narrow(&tool.input_schema);
        tool.output_schema = tool.output_schema.as_ref().map(narrow);
    }

    fn tool_result(&self, result: &mut CallToolResult) {
        if result
            .structured_content
            .as_ref()
            .is_some_and(|value| !value.is_object())
        {
            unstructure(result);
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
        match (kind, method) {
            (Kind::NotFound, Method::ReadResource | Method::Subscribe | Method::Unsubscribe) => {
                Some(ErrorObject::LEGACY_RESOURCE_NOT_FOUND)
            }
            // Codes that the specification gave their meaning later.
            (Kind::HeaderMismatch | Kind::UnsupportedRevision, _) => {
                Some(ErrorObject::INVALID_REQUEST)
            }
            (Kind::MissingCapability, _) => Some(ErrorObject::INVALID_PARAMS),
            // Codes that the specification withdrew later.
            (
                Kind::Other(
                    code @ (ErrorObject::LEGACY_RESOURCE_NOT_FOUND
                    | ErrorObject::URL_ELICITATION_REQUIRED),
                ),
                _,
            ) => Some(code),
            _ => None,
        }
    }
}

/// Whether the schema says `"type": "object"`, which this revision requires.
fn is_of_objects(schema: &Raw) -> bool {
    schema
        .to_value()
        .get("type")
        .is_some_and(|kind| kind == "object")
}

/// The schema with an object for every property: this revision has no `true` and `false` there.
fn narrow(schema: &Raw) -> Raw {
    let narrowed = || {
        let mut fields: Extra = schema.parse().ok()?;
        let mut properties: Extra = fields.get("properties")?.parse().ok()?;
        let names = properties.iter().filter(|(_, schema)| !schema.is_object());
        let names: Vec<_> = names
            .map(|(name, schema)| (name.to_owned(), schema.clone()))
            .collect();
        for (name, schema) in &names {
            let anything = schema.as_str() != "false";
            let object = if anything {
                json!({})
            } else {
                json!({"not": {}})
            };
            properties.insert(name.clone(), object);
        }
        fields.insert("properties", Raw::from_serialize(&properties).ok()?);
        (!names.is_empty()).then_some(Raw::from_serialize(&fields).ok()?)
    };
    narrowed().unwrap_or_else(|| schema.clone())
}
