//! Assertions about types, for the macros: they make the compiler complain on the line, and in the words,
//! that help.

use fmcp_core::{
    FromCall, IntoReply,
    handler::{AsPrompt, AsResource, AsTool},
};

use crate::{Argument, Part};

/// `T` can be made from a call.
pub const fn from_call<T: FromCall>() {}

/// `T` can be an argument.
pub const fn argument<T: Argument>() {}

/// `R` can be given back by a tool.
pub const fn tool_reply<R: IntoReply<AsTool>>() {}

/// `R` can be given back by a resource.
pub const fn resource_reply<R: IntoReply<AsResource>>() {}

/// `R` can be given back by a prompt.
pub const fn prompt_reply<R: IntoReply<AsPrompt>>() {}

/// `T` can be an item of the stream that a tool gives back.
pub const fn tool_part<T: Part>() {}
