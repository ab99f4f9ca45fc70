//! Whom to trust.

use std::sync::Arc;

use fmcp_core::{Error, Kind, Result};
use rustls_platform_verifier::Verifier;
use tokio::{sync::OnceCell, task::spawn_blocking};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};

/// What TLS is made with, for each kind of use.
#[derive(Clone)]
pub(super) struct Configs {
    /// For requests: HTTP/2 where the server speaks it.
    pub(super) requests: Arc<ClientConfig>,
    /// For what begins as a request of HTTP/1.1 and goes on as something else.
    pub(super) raw: Arc<ClientConfig>,
}

/// TLS that is made when it is first needed: reading what the system trusts takes a while, and a machine
/// without any certificates can still speak to servers without TLS.
pub(super) struct Trust {
    roots: Vec<CertificateDer<'static>>,
    own: Option<Arc<ClientConfig>>,
    made: OnceCell<Configs>,
}

/// What the system alone trusts, read once.
static SYSTEM: OnceCell<Configs> = OnceCell::const_new();

impl Trust {
    pub(super) fn new(
        roots: Vec<CertificateDer<'static>>,
        own: Option<Arc<ClientConfig>>,
    ) -> Result<Self> {
        // A root that cannot be read is found now, not with the first request.
        let mut store = RootCertStore::empty();
        for root in &roots {
            store.add(root.clone()).map_err(|e| {
                Error::invalid_params("a certificate that is to be trusted cannot be read")
                    .caused_by(e)
            })?;
        }
        Ok(Self {
            roots,
            own,
            made: OnceCell::new(),
        })
    }

    pub(super) async fn configs(&self) -> Result<&Configs> {
        let cell = match (&self.own, self.roots.is_empty()) {
            (None, true) => &SYSTEM,
            _ => &self.made,
        };
        cell.get_or_try_init(|| self.make()).await
    }

    async fn make(&self) -> Result<Configs> {
        if let Some(own) = &self.own {
            return Ok(Configs::of((**own).clone()));
        }
        let roots = self.roots.clone();
        let made = spawn_blocking(move || trusting(roots)).await;
        let config = made.unwrap_or_else(|e| {
            Err(Error::new(Kind::Unavailable, "the program is coming to its end").caused_by(e))
        })?;
        Ok(Configs::of(config))
    }
}

impl Configs {
    fn of(mut config: ClientConfig) -> Self {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let raw = Arc::new(config.clone());
        config.alpn_protocols.insert(0, b"h2".to_vec());
        Self {
            requests: Arc::new(config),
            raw,
        }
    }
}

fn trusting(roots: Vec<CertificateDer<'static>>) -> Result<ClientConfig> {
    // Named, because what the process has by default is not for a library to choose.
    let provider = Arc::new(ring::default_provider());
    let unusable = |e| {
        let words = "TLS cannot be used: what this system trusts cannot be read; install its \
                     certificates (often a package `ca-certificates`), or name your own";
        Error::new(Kind::Unavailable, words).caused_by(e)
    };
    let verifier =
        Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(unusable)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}
