//! A value for machines and people alike.

use fmcp_core::{
    Context, HandlerError, IntoReply, Raw, Reply,
    handler::{AsPrompt, AsResource, AsTool, Description},
    protocol::model::{CallToolResult, GetPromptResult, PromptMessage, Role},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Content, schema};

/// A value that a handler gives back as JSON.
///
/// A tool shows it to people as text and to machines as structured content, with its schema. A resource
/// gives it as `application/json`. A prompt gives it as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize + JsonSchema + Send> IntoReply<AsTool> for Json<T> {
    fn into_reply(self, _: &Context) -> Result<Reply, HandlerError> {
        let structured = Raw::from_serialize(&self.0)?;
        let mut result = CallToolResult::text(structured.as_str());
        result.structured_content = Some(structured);
        Ok(result.into())
    }

    fn describe(description: &mut Description) {
        // A type that may be anything (`serde_json::Value`) promises nothing.
        let promise = schema::promise_of::<T>(schema::Side::Output);
        let schema = promise.schema;
        let says_nothing = schema.as_object().is_some_and(serde_json::Map::is_empty);
        description.output = (!says_nothing).then_some(schema);
        description.output_enforced = promise.enforced;
    }
}

impl<T: Serialize + Send> IntoReply<AsResource> for Json<T> {
    fn into_reply(self, context: &Context) -> Result<Reply, HandlerError> {
        let value = serde_json::to_value(&self.0)?;
        IntoReply::<AsResource>::into_reply(value, context)
    }
}

impl<T: Serialize + Send> IntoReply<AsPrompt> for Json<T> {
    fn into_reply(self, _: &Context) -> Result<Reply, HandlerError> {
        let text = serde_json::to_string(&self.0)?;
        Ok(GetPromptResult::new([PromptMessage::new(Role::User, Content::text(text))]).into())
    }
}
