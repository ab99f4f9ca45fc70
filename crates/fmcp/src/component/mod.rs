//! What authors give to a server: tools, resources, prompts, and completions of their arguments.
//!
//! Each is a handler with words about it, and becomes a [`Component`](fmcp_core::Component). Start at
//! [`Tool`].

mod about;
mod complete;
mod filing;
mod output;
pub(crate) mod page;
mod prompt;
mod resource;
mod tool;
mod whole;

pub use complete::{Completer, Completions};
pub use prompt::Prompt;
pub use resource::Resource;
pub use tool::Tool;
pub use whole::Whole;

pub(crate) use about::{Behind, Policy, say_versions};
pub(crate) use filing::Filing;
pub(crate) use resource::Templated;
