//! Why nobody is answered any more.

use std::{error::Error as _, sync::Arc};

use fmcp_core::{Error, Kind, Origin};

/// An error that many hear of.
#[derive(Clone, Debug)]
pub(super) struct Fault(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    kind: Kind,
    origin: Origin,
    message: String,
    source: Option<String>,
}

impl Fault {
    pub(super) fn of(error: &Error) -> Self {
        Self(Arc::new(Parts {
            kind: error.kind(),
            origin: error.origin().clone(),
            message: error.message().to_owned(),
            source: error.source().map(ToString::to_string),
        }))
    }

    /// The link has been closed by whoever has it.
    pub(super) fn closed() -> Self {
        Self::of(&Error::new(Kind::Unavailable, "the link has been closed"))
    }

    /// The error for one of them.
    pub(super) fn error(&self) -> Error {
        let Parts {
            kind,
            origin,
            message,
            source,
        } = &*self.0;
        let error = Error::new(*kind, message.clone()).from_origin(origin.clone());
        match source {
            Some(source) => error.caused_by(source.clone()),
            None => error,
        }
    }
}
