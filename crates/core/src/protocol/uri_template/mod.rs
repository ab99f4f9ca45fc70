//! URI templates: from `notes://{id}` and a URI to values, and from values back to a URI.
//!
//! What belongs here: the supported part of RFC 6570, the two directions, and the policy that
//! refuses values which would leave a directory. What does not: turning the strings into typed
//! arguments, and choosing among several templates. Start at [`UriTemplate`]; [`Safety`] comes next.

mod error;
mod expand;
mod matching;
mod parse;
mod query;
mod safety;
mod template;
#[cfg(test)]
mod tests;
mod units;
mod value;

pub use error::{TemplateError, TemplateFault};
pub use expand::ExpandError;
pub use matching::MAX_URI_LEN;
pub use parse::{MAX_TEMPLATE_LEN, MAX_VARIABLES};
pub use safety::{Safety, Unsafe, UnsafeReason};
pub use template::{UriTemplate, Variable};
pub use value::{Match, Value};
