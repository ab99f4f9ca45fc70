//! Calls that travel in secret.

use std::sync::Arc;

use fmcp_core::Error;
use fmcp_transport::net::{
    Secure,
    tls::{Files, Tls},
};

use super::options::Http;

impl Http {
    /// Serves over TLS, with these certificates. They may be changed while the server runs: new connections
    /// get the new ones.
    ///
    /// ```no_run
    /// use fmcp::{Http, Server, net::tls::Files};
    ///
    /// # async fn main_() -> fmcp::Result<()> {
    /// let https = Http::new("0.0.0.0:8443").tls(Files::new("server.crt", "server.key"));
    /// Server::new("crm").run_http(https).await
    /// # }
    /// ```
    #[must_use]
    pub fn tls(mut self, files: Files) -> Self {
        self.secure = Some(Arc::new(move || match Tls::open(files.clone()) {
            Ok(tls) => Ok(Arc::new(tls) as Arc<dyn Secure>),
            Err(error) => Err(Error::internal(error.to_string()).caused_by(error)),
        }));
        self
    }

    /// As [`Http::tls`], with a [`Tls`] that you keep a clone of: to tell it when certificates have changed.
    #[must_use]
    pub fn tls_with(mut self, tls: Tls) -> Self {
        self.secure = Some(Arc::new(move || {
            Ok(Arc::new(tls.clone()) as Arc<dyn Secure>)
        }));
        self
    }
}
