//! A piece of a body, by position: what lets a call own its bytes once and hand out slices of them.

use bytes::Bytes;

/// A piece of a body. Empty means absent, which no JSON value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// From `start` up to `end`. Bodies are bounded far below 4 GiB by [`Limits`](super::Limits).
    pub(crate) fn new(start: usize, end: usize) -> Self {
        debug_assert!(u32::try_from(end).is_ok());
        #[allow(clippy::cast_possible_truncation)]
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    pub(crate) fn is_absent(self) -> bool {
        self.end == 0
    }

    /// Where the piece stands in a text that begins at `base` of the old one, and in which everything from
    /// `cut` on has moved by `by`.
    pub(crate) fn moved(self, base: u32, cut: u32, by: i64) -> Self {
        if self.is_absent() {
            return self;
        }
        let to = |place: u32| {
            let by = if place >= cut { by } else { 0 };
            u32::try_from(i64::from(place) - i64::from(base) + by).unwrap_or_default()
        };
        Self {
            start: to(self.start),
            end: to(self.end),
        }
    }

    pub(crate) fn start(self) -> u32 {
        self.start
    }

    pub(crate) fn end(self) -> u32 {
        self.end
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
