//! What went wrong, in words that say what to do and hold nothing secret.

use std::{error::Error as StdError, io};

use fmcp_core::{Error, Kind};
use http::Uri;
use hyper_util::client::legacy;
use tokio_rustls::rustls;

type AnyError = dyn StdError + 'static;

/// The server of `uri`, without what else stands in an address: names, passwords, tokens.
pub(in crate::client) fn server(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("http");
    let host = uri.host().unwrap_or("nowhere");
    match uri.port() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }
}

/// A request that has not been answered.
pub(super) fn unanswered(uri: &Uri, error: legacy::Error) -> Error {
    // What the connector has said is said already.
    if let Some(known) = cause::<Error>(&error) {
        return Error::new(known.kind(), known.message().to_owned())
            .caused_by(error)
            .unsent();
    }
    let words = format!(
        "the connection to {} broke before an answer came",
        server(uri)
    );
    Error::new(Kind::Unavailable, words).caused_by(error)
}

/// A connection that has not come about, with `who`.
pub(super) fn unconnected(who: &str, error: impl StdError + Send + Sync + 'static) -> Error {
    if let Some(known) = cause::<Error>(&error) {
        return Error::new(known.kind(), known.message().to_owned()).caused_by(error);
    }
    let why = match cause::<io::Error>(&error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => {
            "nobody listens there; is the server running, and the port right?"
        }
        Some(io::ErrorKind::TimedOut) => "it does not answer",
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            "it cannot be reached from here; is the network up?"
        }
        _ => "the connection broke at once",
    };
    Error::new(Kind::Unavailable, format!("cannot connect to {who}: {why}")).caused_by(error)
}

/// TLS that has not come about, with `who`.
pub(super) fn insecure(who: &str, error: io::Error) -> Error {
    let why = match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(why @ rustls::Error::InvalidCertificate(_)) => format!(
            "{why}; if the certificate is your own, add its authority to those that this client trusts"
        ),
        Some(rustls::Error::InvalidMessage(_)) => {
            "it does not speak TLS; is it a server for http, not https?".to_owned()
        }
        Some(why) => why.to_string(),
        None => "the connection broke at once".to_owned(),
    };
    let words = format!("cannot come to terms with {who} on TLS: {why}");
    Error::new(Kind::Unavailable, words).caused_by(error)
}

/// The first of `error` and its causes that is an `E`.
fn cause<E: StdError + 'static>(error: &AnyError) -> Option<&E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_without_secrets() {
        for (uri, expect) in [
            (
                "https://user:secret@a.example/secret?secret",
                "https://a.example",
            ),
            ("http://[::1]:8000/mcp", "http://[::1]:8000"),
        ] {
            assert_eq!(server(&Uri::from_static(uri)), expect);
        }
    }

    #[test]
    fn a_cause_is_found_however_deep() {
        let wrapped = Error::internal("outer").caused_by(io::Error::from(io::ErrorKind::TimedOut));
        let found = cause::<io::Error>(&wrapped).map(io::Error::kind);
        assert_eq!(found, Some(io::ErrorKind::TimedOut));
        assert_eq!(cause::<Error>(&wrapped).unwrap().message(), "outer");
        assert!(cause::<rustls::Error>(&wrapped).is_none());
    }
}
