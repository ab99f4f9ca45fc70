//! What a handler's types say about it.

use serde_json::Value;

/// What a handler's types say about it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Description {
    /// The schema of its arguments, where it takes any.
    pub input: Option<Value>,
    /// The schema of what it gives back, where that is promised.
    pub output: Option<Value>,
    /// Whether no arguments that the types take break a rule of the input's schema, so that nobody need
    /// check them first.
    pub input_enforced: bool,
    /// Whether no value of the type breaks a rule of the output's schema.
    pub output_enforced: bool,
}
