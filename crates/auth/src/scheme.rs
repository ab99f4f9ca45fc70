//! What becomes credentials for a server.

use std::sync::Arc;

use fmcp_core::{Credentials, Result};

/// A way to be authorized: what a client is given before it knows more of a server than its address.
///
/// It can be used for many servers; the credentials of one are never shown to another.
///
/// ```
/// use fmcp_auth::{Bearer, Scheme};
///
/// # fn main() -> fmcp_core::Result<()> {
/// let credentials = Bearer::new("a token").credentials("https://example.com/mcp")?;
/// # Ok(()) }
/// ```
pub trait Scheme: Send + Sync + 'static {
    /// The credentials for the server at an address.
    ///
    /// # Errors
    /// When the settings cannot work, or the address is none.
    fn credentials(&self, server: &str) -> Result<Arc<dyn Credentials>>;
}

impl<S: Scheme + ?Sized> Scheme for Arc<S> {
    fn credentials(&self, server: &str) -> Result<Arc<dyn Credentials>> {
        (**self).credentials(server)
    }
}
