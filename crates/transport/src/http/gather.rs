//! A body as a whole, bounded in size.

use std::{future::poll_fn, pin::pin};

use bytes::{Buf, Bytes, BytesMut};

/// Why a body is not there as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ungathered {
    /// It is larger than it may be.
    TooLarge,
    /// It did not arrive whole.
    Broken,
}

/// Reads a body of at most `limit` bytes.
pub(crate) async fn gather<B: http_body::Body>(body: B, limit: usize) -> Result<Bytes, Ungathered> {
    if body.size_hint().lower() > limit as u64 {
        return Err(Ungathered::TooLarge);
    }
    let mut body = pin!(body);
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let frame = frame.map_err(|_| Ungathered::Broken)?;
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        if first.len() + rest.len() + data.remaining() > limit {
            return Err(Ungathered::TooLarge);
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
