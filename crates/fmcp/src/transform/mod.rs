//! How components look from outside: tools in another shape, what is hidden, which versions count.
//!
//! What belongs here: [`Transform`](crate::Transform)s that everybody wants, and tools made of a server's prompts and
//! resources. What does not: where components come from. Start at [`Reshape`].

mod argument;
mod as_tools;
mod filed;
mod limit;
mod plan;
mod read;
mod reshape;
mod visibility;

pub use argument::Argument;
pub use as_tools::{prompts_as_tools, resources_as_tools};
pub(crate) use filed::Filed;
pub use limit::ResponseLimit;
pub use reshape::{Inner, Reshape};
pub use visibility::{Versions, Visibility};
