//! TLS for a [`Listener`](super::Listener).
//!
//! What belongs here: certificates, from files to handshakes. What does not: who a certificate stands for,
//! which is an authenticator's to say, by [`PeerCertificates`]. Start at [`Tls`].
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use fmcp_transport::net::{Listener, tls::{Files, Tls}};
//! # async fn secure() -> Result<(), Box<dyn std::error::Error>> {
//! let tls = Tls::open(Files::new("server.crt", "server.key"))?;
//! let listener = Listener::bind("127.0.0.1:8443").await?.secured_by(Arc::new(tls));
//! # Ok(())
//! # }
//! ```

mod error;
mod files;
mod server;

pub use error::TlsError;
pub use files::Files;
pub use server::{PeerCertificates, Tls};
