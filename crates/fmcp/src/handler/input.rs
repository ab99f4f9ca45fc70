//! The arguments of a call.

use std::ops::Deref;

use fmcp_core::{Context, FromCall, HandlerError, handler::Description};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::schema;

/// All arguments of a call, as one type: the arguments of a tool or a prompt, or the variables in a
/// resource's URI. Its schema becomes the schema of the tool.
///
/// An argument that the type does not know is refused, whatever the type says of it; one that says
/// `deny_unknown_fields` itself spares every call a look into the schema.
///
/// ```
/// use fmcp::{Input, Tool};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// struct Add {
///     /// First addend
///     a: i64,
///     b: i64,
/// }
///
/// let tool = Tool::new("add", |Input(Add { a, b })| async move { a + b });
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Input<T>(pub T);

impl<T> Deref for Input<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + JsonSchema + Send> FromCall for Input<T> {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        Ok(Self(context.call().parse_arguments()?))
    }

    fn describe(description: &mut Description) {
        let mut promise = schema::promise_of::<T>(schema::Side::Input);
        // The type would pass over an argument that it does not know, so somebody else must look.
        let closed_here = close(&mut promise.schema);
        description.input = Some(promise.schema);
        description.input_enforced = promise.enforced && !closed_here;
    }
}

/// Says that the arguments are those and no others, unless the schema says something about others
/// itself; whether that was necessary.
fn close(schema: &mut Value) -> bool {
    const SPEAKS_OF_OTHERS: [&str; 8] = [
        "additionalProperties",
        "unevaluatedProperties",
        "patternProperties",
        "allOf",
        "anyOf",
        "oneOf",
        "$ref",
        "if",
    ];
    let Some(fields) = schema.as_object_mut() else {
        return false;
    };
    let is_object = fields.get("type").is_some_and(|kind| kind == "object");
    if !is_object || SPEAKS_OF_OTHERS.iter().any(|key| fields.contains_key(*key)) {
        return false;
    }
    fields.insert("additionalProperties".to_owned(), Value::Bool(false));
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_leaves_others_open_is_closed() {
        for (mut schema, closed) in [
            (
                json!({"type": "object", "properties": {"a": {"type": "string"}}}),
                true,
            ),
            (json!({"type": "object"}), true),
            (
                json!({"type": "object", "additionalProperties": false}),
                false,
            ),
            (
                json!({"type": "object", "additionalProperties": {"type": "string"}}),
                false,
            ),
            (json!({"type": "object", "oneOf": []}), false),
            (json!({"type": "string"}), false),
            (json!(true), false),
        ] {
            assert_eq!(close(&mut schema), closed, "{schema}");
            assert!(
                !closed || schema["additionalProperties"] == false,
                "{schema}"
            );
        }
    }
}
