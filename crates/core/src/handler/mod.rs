//! The seams of typed handlers: what a function may take, and what it may give back.
//!
//! A handler is an async function whose parameters are each [made from the call](FromCall) and whose
//! result is [made into a reply](IntoReply). Both ends can describe themselves, so that a tool's schema
//! needs no macro. Start at [`FromCall`].

mod description;
mod extension;
mod failure;
mod from_call;
mod into_prompt;
mod into_resource;
mod into_tool;
mod reply;

pub use description::Description;
pub use extension::Extension;
pub use failure::{Fail, Failure, HandlerError, PromptError, ResourceError, ToolError};
pub use from_call::FromCall;
pub use reply::{AsPrompt, AsResource, AsTool, IntoReply};
