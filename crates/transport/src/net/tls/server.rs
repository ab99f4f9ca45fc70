//! Handshakes, with the certificates of the moment.

use std::{
    future::pending,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fmcp_core::BoxFuture;
use tokio::{task::spawn_blocking, time::sleep};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::CertificateDer},
};

use super::{Files, TlsError, files::Contents};
use crate::net::{Secure, Secured, Stream};

/// TLS by rustls, for HTTP/1.1 and HTTP/2.
///
/// As long as a listener serves, the files are looked at again and again: new connections get the new
/// certificate, old ones live on. A certificate that cannot be used changes nothing and is logged. A clone
/// is the same.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    files: Option<Files>,
    state: Mutex<State>,
}

struct State {
    config: Arc<ServerConfig>,
    /// What was read last, whether it could be used or not.
    seen: Option<Contents>,
}

/// The certificates by which the peer of a connection has proved who it is, its own first. Among the
/// extensions of each of its requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificates(pub Arc<[CertificateDer<'static>]>);

impl Tls {
    /// Reads certificates.
    ///
    /// # Errors
    /// When they cannot be read, or cannot be used.
    pub fn open(files: Files) -> Result<Self, TlsError> {
        let contents = files.read()?;
        let config = Arc::new(files.config(&contents)?);
        Ok(Self::of(Some(files), config, Some(contents)))
    }

    /// TLS with settings of your own, which are never read again. They say which of `h2` and `http/1.1`
    /// are offered.
    #[must_use]
    pub fn with_config(config: Arc<ServerConfig>) -> Self {
        Self::of(None, config, None)
    }

    fn of(files: Option<Files>, config: Arc<ServerConfig>, seen: Option<Contents>) -> Self {
        Self(Arc::new(Inner {
            files,
            state: Mutex::new(State { config, seen }),
        }))
    }

    /// Looks at the files now; whether they had changed.
    ///
    /// # Errors
    /// When what they hold now cannot be used. What was used so far goes on being used.
    pub async fn reload(&self) -> Result<bool, TlsError> {
        let tls = self.clone();
        match spawn_blocking(move || tls.0.reload()).await {
            Ok(outcome) => outcome,
            // The runtime is coming to its end: nothing has changed.
            Err(_) => Ok(false),
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reload(&self) -> Result<bool, TlsError> {
        let Some(files) = &self.files else {
            return Ok(false);
        };
        let contents = files.read()?;
        if self.lock().seen.as_ref() == Some(&contents) {
            return Ok(false);
        }
        let config = files.config(&contents);
        let mut state = self.lock();
        state.seen = Some(contents);
        state.config = Arc::new(config?);
        Ok(true)
    }
}

impl Secure for Tls {
    fn secure(&self, stream: Stream) -> BoxFuture<'static, io::Result<Secured>> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.0.lock().config));
        Box::pin(async move {
            let stream = acceptor.accept(stream).await?;
            let (_, session) = stream.get_ref();
            let is_h2 = session.alpn_protocol() == Some(b"h2");
            let certificates = session
                .peer_certificates()
                .map(|chain| PeerCertificates(chain.iter().cloned().collect()));
            let mut secured = Secured::new(Stream::Over(Box::new(stream)));
            secured.is_h2 = is_h2;
            if let Some(certificates) = certificates {
                secured.extensions.insert(certificates);
            }
            Ok(secured)
        })
    }

    fn tend(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let Some(period) = self.0.files.as_ref().and_then(Files::period) else {
                return pending().await;
            };
            let mut last = None;
            loop {
                sleep(period).await;
                // Said once, not every time that it is looked at.
                let now = match self.reload().await {
                    Ok(true) => {
                        tracing::info!("new TLS certificates are in use");
                        None
                    }
                    Ok(false) => continue,
                    Err(error) => Some(error.to_string()),
                };
                if let Some(error) = now.as_ref().filter(|_| now != last) {
                    tracing::error!(%error, "new TLS certificates cannot be used; the old ones stay");
                }
                last = now;
            }
        })
    }
}
