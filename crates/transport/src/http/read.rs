//! The body of a request, bounded in size and time.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

use super::{
    answer::{Refusal, refuse},
    gather::{Ungathered, gather},
    patience::within,
};

/// Reads a body of at most `limit` bytes that arrives within `patience`.
pub(crate) async fn read<B>(
    headers: &HeaderMap,
    body: B,
    limit: usize,
    patience: Duration,
) -> Result<Bytes, Refusal>
where
    B: http_body::Body,
{
    let promised = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if promised.is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit));
    }
    let words = match within(patience, gather(body, limit)).await {
        Some(Ok(body)) => return Ok(body),
        Some(Err(Ungathered::TooLarge)) => return Err(too_large(limit)),
        Some(Err(Ungathered::Broken)) => {
            let words = "the request's body did not arrive whole";
            return Err(refuse(StatusCode::BAD_REQUEST, words).into());
        }
        None => "the request's body took too long to arrive",
    };
    Err(refuse(StatusCode::REQUEST_TIMEOUT, words).into())
}

fn too_large(limit: usize) -> Refusal {
    let words = format!("the request's body is larger than {limit} bytes");
    refuse(StatusCode::PAYLOAD_TOO_LARGE, words).into()
}
