//! Certificates on disk.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio_rustls::rustls::{
    RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};

use super::TlsError;

/// Where the certificates are, all in PEM, and what is asked of clients.
#[derive(Clone, Debug)]
pub struct Files {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
    is_client_required: bool,
    reload_every: Option<Duration>,
}

/// What the files hold.
#[derive(PartialEq, Eq)]
pub(super) struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl Files {
    /// The server's certificate, with those between it and its authority, and its key.
    pub fn new(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self {
            certificate: certificate.into(),
            key: key.into(),
            client_ca: None,
            is_client_required: false,
            reload_every: Some(Duration::from_secs(10)),
        }
    }

    /// Clients need a certificate that one of these authorities has signed.
    #[must_use]
    pub fn client_ca(mut self, path: impl Into<PathBuf>) -> Self {
        self.client_ca = Some(path.into());
        self.is_client_required = true;
        self
    }

    /// Clients may show a certificate that one of these authorities has signed. A wrong one is refused.
    #[must_use]
    pub fn optional_client_ca(mut self, path: impl Into<PathBuf>) -> Self {
        self.client_ca = Some(path.into());
        self.is_client_required = false;
        self
    }

    /// How often to look whether the files have changed: every ten seconds, unless told otherwise. `None`
    /// for never.
    #[must_use]
    pub fn reload_every(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.reload_every = time.into();
        self
    }

    pub(super) fn period(&self) -> Option<Duration> {
        self.reload_every
    }

    pub(super) fn read(&self) -> Result<Contents, TlsError> {
        Ok(Contents {
            certificate: read(&self.certificate)?,
            key: read(&self.key)?,
            client_ca: self.client_ca.as_deref().map(read).transpose()?,
        })
    }

    /// What `contents`, read from these files, come to.
    pub(super) fn config(&self, contents: &Contents) -> Result<ServerConfig, TlsError> {
        let chain = certificates(&contents.certificate, &self.certificate)?;
        let key =
            PrivateKeyDer::from_pem_slice(&contents.key).map_err(|_| TlsError::Malformed {
                path: self.key.clone(),
                expected: "private key",
            })?;
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unusable)?;
        let builder = match (&self.client_ca, &contents.client_ca) {
            (Some(path), Some(pem)) => {
                builder.with_client_cert_verifier(self.verifier(path, pem, provider)?)
            }
            _ => builder.with_no_client_auth(),
        };
        let mut config = builder
            .with_single_cert(chain, key)
            .map_err(TlsError::Unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn verifier(
        &self,
        path: &Path,
        pem: &[u8],
        provider: Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(pem, path)? {
            roots
                .add(certificate)
                .map_err(|error| TlsError::UnusableClientCa(error.to_string()))?;
        }
        let mut verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        if !self.is_client_required {
            verifier = verifier.allow_unauthenticated();
        }
        verifier
            .build()
            .map_err(|error| TlsError::UnusableClientCa(error.to_string()))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn certificates(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or_else(|| TlsError::Malformed {
            path: path.to_owned(),
            expected: "certificate",
        })
}
