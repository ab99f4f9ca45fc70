//! The seam to whoever asks a user.

use fmcp_core::{BoxFuture, Result};

/// Asks a user to let the client in.
pub trait Consent: Send + Sync + 'static {
    /// Gets ready for one answer. `before` is where a user came back to earlier: the authorization server
    /// knows that address already, and another one may have to be registered first.
    fn begin<'a>(&'a self, before: Option<&'a str>) -> BoxFuture<'a, Result<Box<dyn Visit>>>;
}

/// One user's way to the authorization server and back.
pub trait Visit: Send + Sync {
    /// Where the user comes back to.
    fn redirect_uri(&self) -> &str;

    /// Sends the user to `url`, and waits for the address that the user comes back to: all of it, as it is.
    /// Nobody has to look into it.
    fn send(self: Box<Self>, url: String) -> BoxFuture<'static, Result<String>>;
}
