//! What a handler may give back.

use super::{Description, Fail, HandlerError};
use crate::{Context, Reply};

/// Something that a handler can give back, made into a reply. `Role` says what the handler is: the same
/// `String` is a tool's text, a resource's contents, or a prompt's message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given back by this handler",
    label = "not made into a reply ({Role})",
    note = "tools give back text, numbers, booleans, `Json<T>` (what is a struct or a list of yours goes in there: `Json<Vec<T>>`), content, `()`, `CallToolResult`, or an `Option` or `Result` of one, and streams as `#[tool]` or `fmcp::streamed` runs them; resources text, bytes, `Json<T>` or `ReadResourceResult`; prompts text, messages or `GetPromptResult`"
)]
pub trait IntoReply<Role>: Send {
    /// Makes it.
    ///
    /// # Errors
    /// When the value cannot be written, or is an error itself.
    fn into_reply(self, context: &Context) -> Result<Reply, HandlerError>;

    /// Adds what it says about the handler.
    fn describe(description: &mut Description) {
        let _ = description;
    }
}

/// The handler is a tool.
#[derive(Clone, Copy, Debug)]
pub enum AsTool {}

/// The handler reads a resource.
#[derive(Clone, Copy, Debug)]
pub enum AsResource {}

/// The handler fills in a prompt.
#[derive(Clone, Copy, Debug)]
pub enum AsPrompt {}

impl<Role, T: IntoReply<Role>, E: Fail> IntoReply<Role> for Result<T, E> {
    fn into_reply(self, context: &Context) -> Result<Reply, HandlerError> {
        self.map_err(Fail::fail)?.into_reply(context)
    }

    fn describe(description: &mut Description) {
        T::describe(description);
    }
}

impl<Role> IntoReply<Role> for Reply {
    fn into_reply(self, _: &Context) -> Result<Reply, HandlerError> {
        Ok(self)
    }
}
