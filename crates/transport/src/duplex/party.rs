//! One side of a stream of messages, as its carrier sees it.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;

/// One side of a stream of messages in each direction: what a carrier, which knows nothing of messages but
/// where they begin and end, asks of it.
pub(crate) trait Party {
    /// How large a message may be that comes in.
    fn message_bytes(&self) -> usize;

    /// How long the peer may not read at all while something waits for it.
    fn write_timeout(&self) -> Duration;

    /// The same, once there is nothing more to come.
    fn grace(&self) -> Duration;

    /// Whether the peer should be read from.
    fn has_room(&self) -> bool;

    /// Takes a message of the peer.
    fn take(&mut self, message: Bytes);

    /// Hears that a message is larger than it may be, with how it begins.
    fn refuse_oversized(&mut self, head: &[u8]);

    /// Hears how that message ended.
    fn end_oversized(&mut self, tail: &[u8]) {
        let _ = tail;
    }

    /// Hears that the way to the peer is broken, in words for the log.
    fn broken(&mut self, why: &str) {
        let _ = why;
    }

    /// Nothing more comes in.
    fn finish(&mut self);

    /// The next message for the peer; `None` when there will not be any more.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>>;

    /// Hears that all messages that it gave have gone out.
    fn has_sent(&mut self) {}

    /// Whether something has been written beside what it gave that has still to go out.
    fn must_flush(&mut self) -> bool {
        false
    }
}
