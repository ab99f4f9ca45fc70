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

/// Reads a body of at most `limit` bytes, and asks for room for each piece that has to wait for another one.
pub(crate) async fn gather<B: http_body::Body, E: From<Ungathered>>(
    body: B,
    limit: usize,
    mut room: impl FnMut(usize) -> Result<(), E>,
) -> Result<Bytes, E> {
    if body.size_hint().lower() > limit as u64 {
        return Err(Ungathered::TooLarge.into());
    }
    let mut body = pin!(body);
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let frame = frame.map_err(|_| Ungathered::Broken)?;
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        let size = data.remaining();
        if first.len() + rest.len() + size > limit {
            return Err(Ungathered::TooLarge.into());
        }
        let is_first = first.is_empty() && rest.is_empty();
        if is_first && body.is_end_stream() {
            // Most bodies come in one piece, which need not be copied, and waits for nothing.
            return Ok(data.copy_to_bytes(size));
        }
        room(size)?;
        if is_first {
            first = data.copy_to_bytes(size);
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
