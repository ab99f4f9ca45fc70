//! The body of a request, bounded in size and time.

use std::{future::poll_fn, pin::pin, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};

use super::{
    answer::{Refusal, refuse},
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
    let collected = within(patience, collect(body, limit)).await;
    collected.unwrap_or_else(|| {
        let words = "the request's body took too long to arrive";
        Err(refuse(StatusCode::REQUEST_TIMEOUT, words).into())
    })
}

async fn collect<B: http_body::Body>(body: B, limit: usize) -> Result<Bytes, Refusal> {
    let mut body = pin!(body);
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let frame = frame.map_err(|_| {
            let words = "the request's body did not arrive whole";
            Refusal::from(refuse(StatusCode::BAD_REQUEST, words))
        })?;
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        if first.len() + rest.len() + data.remaining() > limit {
            return Err(too_large(limit));
        }
        if first.is_empty() && rest.is_empty() {
            // Most bodies come in one piece, which need not be copied.
            first = data.copy_to_bytes(data.remaining());
            continue;
        }
        if rest.is_empty() {
            rest.extend_from_slice(&first);
            first.clear();
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            rest.extend_from_slice(chunk);
            let read = chunk.len();
            data.advance(read);
        }
    }
    Ok(if rest.is_empty() {
        first
    } else {
        rest.freeze()
    })
}

fn too_large(limit: usize) -> Refusal {
    let words = format!("the request's body is larger than {limit} bytes");
    refuse(StatusCode::PAYLOAD_TOO_LARGE, words).into()
}
