//! Why certificates cannot be used.

use std::{error::Error, fmt, io, path::PathBuf};

use tokio_rustls::rustls;

/// Why certificates cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it should, in PEM.
    Malformed {
        /// Which.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// Certificate and key do not go together, or cannot be used.
    Unusable(rustls::Error),
    /// The certificates of those who may sign for clients cannot be used.
    UnusableClientCa(String),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, .. } => write!(f, "cannot read {}", path.display()),
            Self::Malformed { path, expected } => {
                write!(f, "there is no {expected} in {}, in PEM", path.display())
            }
            Self::Unusable(error) => {
                write!(f, "the certificate and its key cannot be used: {error}")
            }
            Self::UnusableClientCa(error) => {
                write!(f, "the authority for clients cannot be used: {error}")
            }
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } => Some(source),
            Self::Unusable(error) => Some(error),
            Self::Malformed { .. } | Self::UnusableClientCa(_) => None,
        }
    }
}
