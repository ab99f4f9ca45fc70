//! What a client says about HTTP.

use fmcp_transport::client::web::Web;

use super::ClientBuilder;

impl ClientBuilder {
    /// Sets how servers at an address are reached: through which proxy, trusting whom. Without it, as all
    /// clients of the process do that say nothing: by the environment's proxies, trusting whom the system
    /// does.
    ///
    /// ```no_run
    /// use fmcp::Client;
    /// use fmcp::web::{Settings, Web};
    ///
    /// # async fn connect() -> fmcp::Result<()> {
    /// let ours = b"-----BEGIN CERTIFICATE-----";
    /// let web = Web::new(Settings::default().trust(ours)?)?;
    /// let client = Client::builder("https://internal.example/mcp").web(web).connect().await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn web(self, web: Web) -> Self {
        self.carry(web)
    }
}
