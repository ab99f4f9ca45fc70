//! What a tool may give back.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use super::{AsTool, Description, HandlerError, IntoReply};
use crate::{
    Context, Raw, Reply,
    protocol::model::{CallToolResult, Content, InputRequiredResult},
};

macro_rules! into_tool {
    ($($ty:ty: |$value:ident| $result:expr;)*) => { $(
        impl IntoReply<AsTool> for $ty {
            fn into_reply(self, _: &Context) -> Result<Reply, HandlerError> {
                let $value = self;
                Ok(Reply::from($result))
            }
        }
    )* };
}

into_tool! {
    (): |_nothing| CallToolResult::new([]);
    String: |text| CallToolResult::text(text);
    &'static str: |text| CallToolResult::text(text);
    Cow<'static, str>: |text| CallToolResult::text(text);
    Content: |content| CallToolResult::new([content]);
    Vec<Content>: |content| CallToolResult::new(content);
    CallToolResult: |result| result;
    InputRequiredResult: |questions| questions;
}

/// A value that is its own text, and structured content for machines.
fn plain(value: &impl Serialize) -> Result<Reply, HandlerError> {
    let structured = Raw::from_serialize(value)?;
    let mut result = CallToolResult::text(structured.as_str());
    result.structured_content = Some(structured);
    Ok(result.into())
}

macro_rules! plain_values {
    ($($ty:ty: $schema:tt),* $(,)?) => { $(
        impl IntoReply<AsTool> for $ty {
            fn into_reply(self, _: &Context) -> Result<Reply, HandlerError> {
                plain(&self)
            }

            fn describe(description: &mut Description) {
                description.output = Some(json!($schema));
                description.output_enforced = true;
            }
        }
    )* };
}

plain_values! {
    bool: {"type": "boolean"},
    i8: {"type": "integer"},
    i16: {"type": "integer"},
    i32: {"type": "integer"},
    i64: {"type": "integer"},
    i128: {"type": "integer"},
    isize: {"type": "integer"},
    u8: {"type": "integer", "minimum": 0},
    u16: {"type": "integer", "minimum": 0},
    u32: {"type": "integer", "minimum": 0},
    u64: {"type": "integer", "minimum": 0},
    u128: {"type": "integer", "minimum": 0},
    usize: {"type": "integer", "minimum": 0},
}

macro_rules! floats {
    ($($ty:ty),*) => { $(
        impl IntoReply<AsTool> for $ty {
            fn into_reply(self, _: &Context) -> Result<Reply, HandlerError> {
                if !self.is_finite() {
                    return Err(HandlerError::hidden(format!(
                        "the result is {self}, a number that JSON does not have"
                    )));
                }
                plain(&self)
            }

            fn describe(description: &mut Description) {
                description.output = Some(json!({"type": "number"}));
                description.output_enforced = true;
            }
        }
    )* };
}

floats!(f32, f64);

/// A tree of JSON, whose shape nobody has promised.
impl IntoReply<AsTool> for Value {
    fn into_reply(self, _: &Context) -> Result<Reply, HandlerError> {
        match self {
            Self::String(text) => Ok(CallToolResult::text(text).into()),
            Self::Null => Ok(CallToolResult::new([]).into()),
            other => plain(&other),
        }
    }
}

/// `None` has no content; for machines it is `null`.
impl<T: IntoReply<AsTool>> IntoReply<AsTool> for Option<T> {
    fn into_reply(self, context: &Context) -> Result<Reply, HandlerError> {
        if let Some(value) = self {
            return value.into_reply(context);
        }
        let mut result = CallToolResult::new([]);
        result.structured_content = Some(Value::Null.into());
        Ok(result.into())
    }

    fn describe(description: &mut Description) {
        T::describe(description);
        if let Some(schema) = description.output.take() {
            description.output = Some(json!({"anyOf": [schema, {"type": "null"}]}));
        }
    }
}
