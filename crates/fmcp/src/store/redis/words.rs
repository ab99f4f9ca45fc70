//! What is said of a server that does not do what it is asked.

use std::{error::Error as _, io, sync::Arc};

use ::redis::RedisError;
use fmcp_core::{Error, Kind};

/// The error of a command. Where the server is, and what it says, is for the log.
pub(crate) fn failed(why: RedisError) -> Error {
    let error = if why.is_timeout() {
        Error::new(Kind::Timeout, "the store did not answer in time")
    } else if distrusts(&why) {
        let words = "the store cannot be reached: its certificate is not trusted";
        Error::new(Kind::Unavailable, words)
    } else if why.is_io_error() || why.is_connection_refusal() || why.is_unrecoverable_error() {
        Error::new(Kind::Unavailable, "the store cannot be reached")
    } else if why.code() == Some("OOM") {
        Error::new(Kind::Overloaded, "the store is full")
    } else {
        Error::internal("the store refuses a command")
    };
    error.caused_by(why)
}

/// Whether the server was there, but has shown a certificate that is not one to trust.
fn distrusts(why: &RedisError) -> bool {
    let cause = why.source().and_then(|cause| {
        // It is shared, and a reader of it does not see through that.
        let shared = cause.downcast_ref::<Arc<dyn std::error::Error + Send + Sync>>();
        let cause = shared.map_or(cause, |shared| &**shared);
        // The source of such an error is not what is in it, but what is in that.
        cause.downcast_ref::<io::Error>()?.get_ref()
    });
    let tls = cause.and_then(|cause| cause.downcast_ref::<rustls::Error>());
    matches!(tls, Some(rustls::Error::InvalidCertificate(_)))
}
