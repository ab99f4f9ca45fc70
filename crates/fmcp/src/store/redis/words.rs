//! What is said of a server that does not do what it is asked.

use ::redis::RedisError;
use fmcp_core::{Error, Kind};

/// The error of a command. Where the server is, and what it says, is for the log.
pub(crate) fn failed(why: RedisError) -> Error {
    let error = if why.is_timeout() {
        Error::new(Kind::Timeout, "the store did not answer in time")
    } else if why.is_io_error() || why.is_connection_refusal() || why.is_unrecoverable_error() {
        Error::new(Kind::Unavailable, "the store cannot be reached")
    } else if why.code() == Some("OOM") {
        Error::new(Kind::Overloaded, "the store is full")
    } else {
        Error::internal("the store refuses a command")
    };
    error.caused_by(why)
}
