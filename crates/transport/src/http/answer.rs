//! Responses, and which status says what.

use bytes::Bytes;
use fmcp_core::{
    Error, Kind,
    protocol::{Era, Revision, jsonrpc::Answer},
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use super::body::{Body, BoxError};
use crate::net::Lasting;

/// A response that turns a request away before it is answered.
pub(crate) type Refusal = Box<Response<Body>>;

/// The header of legacy sessions.
pub(crate) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

/// The header that names the revision.
pub(crate) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A response without a body.
pub(crate) fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A response of JSON.
pub(crate) fn json(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, JSON);
    if matches!(
        status,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
    ) {
        come_later(headers);
    }
    response
}

#[cold]
fn come_later(headers: &mut HeaderMap) {
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
}

/// A response that is a stream of events.
pub(crate) fn events<B>(body: B) -> Response<Body>
where
    B: http_body::Body<Data = Bytes, Error = BoxError> + Send + 'static,
{
    let mut response = Response::new(Body::stream(body));
    let headers = response.headers_mut();
    let events = HeaderValue::from_static("text/event-stream");
    headers.insert(header::CONTENT_TYPE, events);
    let fresh = HeaderValue::from_static("no-cache");
    headers.insert(header::CACHE_CONTROL, fresh);
    // Proxies shall hand events on as they come.
    let unbuffered = HeaderValue::from_static("no");
    headers.insert(HeaderName::from_static("x-accel-buffering"), unbuffered);
    response
}

/// As [`events`], of a stream that stays open until somebody has enough of it, in answer to a request whose
/// body has been read.
pub(crate) fn lasting_events<B>(body: B) -> Response<Body>
where
    B: http_body::Body<Data = Bytes, Error = BoxError> + Send + 'static,
{
    let mut response = events(body);
    response.extensions_mut().insert(Lasting);
    response
}

/// A refusal, with the words as a JSON-RPC error.
#[cold]
pub(crate) fn refusal(status: StatusCode, id: Option<&[u8]>, error: &Error) -> Response<Body> {
    json(status, Answer::to(id).error(&error.to_object()))
}

/// A refusal before anything of the message is known.
#[cold]
pub(crate) fn refuse(status: StatusCode, words: impl Into<String>) -> Response<Body> {
    let kind = match status {
        StatusCode::UNAUTHORIZED => Kind::Unauthenticated,
        StatusCode::FORBIDDEN => Kind::Forbidden,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Kind::Overloaded,
        _ => Kind::InvalidRequest,
    };
    refusal(status, None, &Error::new(kind, words.into()))
}

/// The status that goes with an error of a request that says all by itself.
pub(crate) fn status(revision: Revision, fault: Option<Kind>) -> StatusCode {
    if revision.era() == Era::Legacy {
        // There, 404 means that the session is over.
        return StatusCode::OK;
    }
    match fault {
        Some(Kind::MethodNotFound) => StatusCode::NOT_FOUND,
        Some(Kind::HeaderMismatch | Kind::MissingCapability | Kind::UnsupportedRevision) => {
            StatusCode::BAD_REQUEST
        }
        Some(Kind::Unauthenticated) => StatusCode::UNAUTHORIZED,
        Some(Kind::Forbidden) => StatusCode::FORBIDDEN,
        _ => StatusCode::OK,
    }
}
