//! A piece of a body, by position: what lets a call own its bytes once and hand out slices of them.

use bytes::Bytes;
use serde_json::value::RawValue;

/// A piece of a body. Empty means absent, which no JSON value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Where `raw` stands in `body`, which it must have been read from.
    pub(crate) fn of(body: &[u8], raw: &RawValue) -> Self {
        let start = raw.get().as_ptr() as usize - body.as_ptr() as usize;
        debug_assert!(
            start + raw.get().len() <= body.len(),
            "raw was read from another body"
        );
        // Bodies are bounded far below 4 GiB by `Limits`, which refuses to be set higher.
        Self {
            start: start as u32,
            end: (start + raw.get().len()) as u32,
        }
    }

    pub(crate) fn is_absent(self) -> bool {
        self.end == 0
    }

    /// The piece.
    pub(crate) fn get(self, body: &[u8]) -> Option<&[u8]> {
        if self.is_absent() {
            None
        } else {
            body.get(self.start as usize..self.end as usize)
        }
    }

    /// The piece, sharing the body's memory.
    pub(crate) fn slice(self, body: &Bytes) -> Option<Bytes> {
        if self.is_absent() {
            None
        } else {
            Some(body.slice(self.start as usize..self.end as usize))
        }
    }
}
