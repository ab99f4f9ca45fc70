//! How requests find their way.

use std::{sync::Arc, time::Duration};

use fmcp_core::{Error, Result};
use tokio_rustls::rustls::{
    ClientConfig,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::{Proxy, Reach};

/// How requests find their way, and how long that may take.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// How long it may take until a connection can be used: names, proxies and TLS included.
    pub connect_timeout: Duration,
    /// How long a connection is kept that nobody uses.
    pub idle_timeout: Duration,
    /// How many connections to one server are kept that nobody uses.
    pub idle_connections: usize,
    /// Authorities that are trusted beside those of the system.
    pub roots: Vec<CertificateDer<'static>>,
    /// TLS with settings of your own (certificates of the client, for one) instead of the system's
    /// authorities and [`roots`](Self::roots). Which protocols are offered is set here in any case.
    pub tls: Option<Arc<ClientConfig>>,
    /// Through whom requests go.
    pub proxy: Proxy,
    /// Where requests may go.
    pub reach: Reach,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            idle_connections: 32,
            roots: Vec::new(),
            tls: None,
            proxy: Proxy::default(),
            reach: Reach::default(),
        }
    }
}

impl Settings {
    /// Trusts the authorities in `pem`, too.
    ///
    /// # Errors
    /// When there is no certificate in it.
    pub fn trust(mut self, pem: &[u8]) -> Result<Self> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = certificates
            .map_err(|e| Error::invalid_params("the certificates are not PEM").caused_by(e))?;
        if certificates.is_empty() {
            let words = "there is no certificate in what is to be trusted, in PEM";
            return Err(Error::invalid_params(words));
        }
        self.roots.extend(certificates);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_no_certificate_is_not_trusted() {
        for pem in ["", "hello", "-----BEGIN CERTIFICATE-----\n!!!"] {
            assert!(Settings::default().trust(pem.as_bytes()).is_err(), "{pem}");
        }
    }
}
