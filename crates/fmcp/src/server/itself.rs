//! A server that its own handlers take as a parameter, to change it while it runs.

use std::sync::Weak;

use fmcp_core::{Context, Error, FromCall, HandlerError};

use super::{Server, build::Inner};

/// The server that handlers see, among its state. State that held the server itself would keep it alive
/// for ever.
pub(super) struct Itself(pub(super) Weak<Inner>);

/// The server that answers the call.
///
/// ```
/// use fmcp::{Server, tags, tool};
///
/// /// Show the tools that are still being tried out.
/// #[tool]
/// async fn show_beta(#[ctx] server: Server) -> usize {
///     server.enable(tags(["beta"]))
/// }
/// ```
impl FromCall for Server {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        let itself = context.state::<Itself>();
        let server = itself.and_then(|itself| itself.0.upgrade().map(Self));
        Ok(server.ok_or_else(|| Error::internal("this call is not answered by a server"))?)
    }
}
