//! Which server, and how it is spoken with.

use std::{fmt, sync::Arc, time::Duration};

use ::redis::{Client, ConnectionAddr, IntoConnectionInfo as _, TlsCertificates};
use fmcp_core::{Error, Result};
use rustls::{
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::{Again, Link, link::Patience};

/// Keeps values in Redis (or Valkey, or whoever speaks like it), where all replicas of a server find them.
///
/// It speaks with one server, not with a cluster. The connection is opened with the first use, and opened
/// again whenever it breaks; what is safe to repeat is then repeated once. What it is full, the server
/// decides (`maxmemory`). Values lie there as they are: [`Encrypted`](super::super::Encrypted) seals them.
///
/// ```no_run
/// use fmcp::{Server, store::Redis};
///
/// # fn main() -> fmcp::Result<()> {
/// let redis = Redis::new("rediss://user:password@redis.example.com/0")?.prefix("shop");
/// let server = Server::new("shop").shared(redis);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Redis {
    pub(crate) link: Link,
    pub(crate) prefix: Arc<str>,
}

impl Redis {
    /// The server at `redis://…`, `rediss://…` (with TLS) or `unix:…`. Nothing is opened yet.
    ///
    /// # Errors
    /// When the address cannot be one.
    pub fn new(url: impl AsRef<str>) -> Result<Self> {
        // What is wrong is said without the address, which may have a password in it.
        let unusable = |why| Error::internal("the address of Redis cannot be used").caused_by(why);
        let about = url.as_ref().into_connection_info().map_err(unusable)?;
        if matches!(about.addr(), ConnectionAddr::TcpTls { insecure: true, .. }) {
            return Err(Error::internal(
                "the address of Redis says not to look at certificates; give it those to trust instead",
            ));
        }
        if matches!(about.addr(), ConnectionAddr::TcpTls { .. })
            && CryptoProvider::get_default().is_none()
        {
            // The client of Redis takes the process's own; where there is none, what all else here takes.
            let _ = ring::default_provider().install_default();
        }
        let client = Client::open(about).map_err(unusable)?;
        Ok(Self {
            link: Link::new(
                client,
                Patience {
                    connect: Duration::from_secs(5),
                    answer: Duration::from_secs(5),
                },
            ),
            prefix: "fmcp:".into(),
        })
    }

    /// As [`Redis::new`], and looks whether the server answers.
    ///
    /// # Errors
    /// When it cannot be reached, or refuses.
    pub async fn connect(url: impl AsRef<str>) -> Result<Self> {
        let redis = Self::new(url)?;
        redis.ping().await?;
        Ok(redis)
    }

    /// Whether the server answers.
    ///
    /// # Errors
    /// When it cannot be reached, or refuses.
    pub async fn ping(&self) -> Result<()> {
        self.link.ask(Again::Yes, &::redis::cmd("PING")).await
    }

    /// Sets what every key begins with, and a colon. Servers with the same share what they keep; without it,
    /// `fmcp`.
    #[must_use]
    pub fn prefix(mut self, prefix: impl fmt::Display) -> Self {
        self.prefix = format!("{prefix}:").into();
        self
    }

    /// Sets how long a connection may take. Without it, 5 seconds.
    #[must_use]
    pub fn connect_timeout(self, time: Duration) -> Self {
        let patience = Patience {
            connect: time,
            ..self.link.patience()
        };
        self.patient(patience)
    }

    /// Sets how long an answer may take. Without it, 5 seconds.
    #[must_use]
    pub fn response_timeout(self, time: Duration) -> Self {
        let patience = Patience {
            answer: time,
            ..self.link.patience()
        };
        self.patient(patience)
    }

    /// Trusts the certificates in this PEM, and no others, where the address is `rediss://…`. Without it, those
    /// of the authorities that browsers trust; what the system has besides, and `SSL_CERT_FILE`, are not looked at.
    ///
    /// # Errors
    /// When there is no certificate in it, or the address is without TLS.
    pub fn trust(self, pem: impl Into<Vec<u8>>) -> Result<Self> {
        let pem = pem.into();
        if CertificateDer::pem_slice_iter(&pem).next().is_none() {
            return Err(Error::internal(
                "there is no certificate to trust in this PEM",
            ));
        }
        let about = self.link.client().get_connection_info().clone();
        let certificates = TlsCertificates {
            client_tls: None,
            root_cert: Some(pem),
        };
        let client = Client::build_with_tls(about, certificates)
            .map_err(|why| Error::internal("these certificates cannot be used").caused_by(why))?;
        Ok(Self {
            link: Link::new(client, self.link.patience()),
            ..self
        })
    }

    fn patient(self, patience: Patience) -> Self {
        Self {
            link: Link::new(self.link.client().clone(), patience),
            ..self
        }
    }
}

/// Without the password.
impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("link", &self.link)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
