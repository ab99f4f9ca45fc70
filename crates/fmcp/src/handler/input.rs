//! The arguments of a call.

use std::ops::Deref;

use fmcp_core::{Context, FromCall, HandlerError, handler::Description};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::schema;

/// All arguments of a call, as one type: the arguments of a tool or a prompt, or the variables in a
/// resource's URI. Its schema becomes the schema of the tool.
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
        let promise = schema::promise_of::<T>(schema::Side::Input);
        description.input = Some(promise.schema);
        description.input_enforced = promise.enforced;
    }
}
