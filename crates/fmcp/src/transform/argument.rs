//! What becomes of one argument of a tool.

use std::{fmt, sync::Arc};

use fmcp_core::Context;
use serde_json::Value;

/// Computes a value for an argument that callers do not see.
pub(super) type Compute = Arc<dyn Fn(&Context) -> Value + Send + Sync>;

/// What becomes of one argument of a tool that is reshaped: everything that is not said stays as it is.
///
/// ```
/// use fmcp::{Reshape, transform::Argument};
///
/// let search = Reshape::new("search")
///     .argument("q", |a| a.rename("query").description("Words to look for").examples(["rust"]))
///     .argument("limit", |a| a.default(20).hide());
/// ```
#[derive(Clone, Default)]
#[must_use = "it says what becomes of an argument"]
pub struct Argument {
    pub(super) name: Option<Box<str>>,
    pub(super) description: Option<String>,
    pub(super) schema: Option<Value>,
    pub(super) default: Option<Value>,
    pub(super) compute: Option<Compute>,
    pub(super) examples: Option<Vec<Value>>,
    pub(super) required: Option<bool>,
    pub(super) hidden: bool,
}

impl Argument {
    /// As it is.
    pub fn new() -> Self {
        Default::default()
    }

    /// Gives it another name.
    pub fn rename(mut self, name: impl Into<Box<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Says something else about it.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets what it may be, as a JSON schema, in the place of what it could be. The tool still has its own say.
    pub fn schema(mut self, schema: impl Into<Value>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// Sets what it is where callers do not say.
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Computes what it is for each call; callers do not see it.
    pub fn compute(mut self, compute: impl Fn(&Context) -> Value + Send + Sync + 'static) -> Self {
        self.compute = Some(Arc::new(compute));
        self.hidden = true;
        self
    }

    /// Shows what it may look like.
    pub fn examples<V: Into<Value>>(mut self, examples: impl IntoIterator<Item = V>) -> Self {
        self.examples = Some(examples.into_iter().map(Into::into).collect());
        self
    }

    /// Sets whether callers must say it.
    pub fn required(mut self, required: bool) -> Self {
        self.required = Some(required);
        self
    }

    /// Keeps it from callers: it is what its default says, or what the tool makes of its absence.
    pub fn hide(mut self) -> Self {
        self.hidden = true;
        self
    }
}

impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Argument")
            .field("name", &self.name)
            .field("hidden", &self.hidden)
            .finish_non_exhaustive()
    }
}
