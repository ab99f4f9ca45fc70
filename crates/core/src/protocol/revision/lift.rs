//! The first step of a request: whatever its revision, it becomes one call.

use std::sync::Arc;

use serde_json::json;

use super::Revision;
use crate::{
    Call, Error, Kind, Result, Session,
    protocol::{
        Era, Method, Params,
        jsonrpc::Request,
        model::{LogLevel, Meta},
    },
};

/// Makes a call of a request.
///
/// A request that says its revision is served by itself. One that does not belongs to `session`.
/// Handshakes are not lifted here: see [`Handshake`](super::Handshake).
///
/// # Errors
/// When the revision is not spoken here, required metadata is missing, there is no session for a
/// request that needs one, or the revision does not have the method.
pub fn lift(request: Request, session: Option<Arc<Session>>) -> Result<Call> {
    let Request {
        id, method, params, ..
    } = request;
    let (revision, session) = match (params.protocol_version(), session) {
        (Some(version), _) => match Revision::parse(&version) {
            Some(revision) if revision.era() == Era::Modern => (revision, None),
            _ => return Err(unsupported(&version)),
        },
        (None, Some(session)) => (session.revision(), Some(session)),
        // The one thing that a legacy client may ask before the handshake.
        (None, None) if method == Method::Ping => (Revision::NEWEST_LEGACY, None),
        (None, None) => return Err(missing(Meta::PROTOCOL_VERSION)),
    };
    let has_capabilities = || {
        params
            .client_capabilities()
            .is_some_and(|text| text.starts_with(b"{"))
    };
    if revision.era() == Era::Modern && !has_capabilities() {
        return Err(missing(Meta::CLIENT_CAPABILITIES));
    }
    if params.has_log_level() && revision.era() == Era::Modern {
        check_level(&params)?;
    }
    if !revision.speaks(&method) {
        return Err(unknown_method(method.as_str()));
    }
    Ok(Call::received(method, params, revision, Some(id), session))
}

#[cold]
fn check_level(params: &Params) -> Result<()> {
    match params.log_level() {
        Some(level) if level.parse::<LogLevel>().is_err() => Err(Error::invalid_params(format!(
            "`{}` is no level of the log",
            Meta::LOG_LEVEL
        ))),
        _ => Ok(()),
    }
}

/// A legacy revision asked for in a request's metadata is not offered again: it takes a handshake.
#[cold]
fn unsupported(version: &str) -> Error {
    let supported: Vec<_> = Revision::ALL
        .iter()
        .rev()
        .map(|revision| revision.as_str())
        .filter(|supported| *supported != version)
        .collect();
    Error::new(Kind::UnsupportedRevision, "Unsupported protocol version")
        .data(json!({"supported": supported, "requested": version}))
}

#[cold]
fn missing(key: &str) -> Error {
    Error::invalid_params(format!(
        "the request's `_meta` lacks a well-formed `{key}` (or send `initialize` first, for a revision that has sessions)"
    ))
}

/// The answer to a method that nobody has.
#[cold]
pub(crate) fn unknown_method(method: &str) -> Error {
    let shown: String = method.chars().take(100).collect();
    Error::new(Kind::MethodNotFound, format!("Method not found: {shown}"))
}
