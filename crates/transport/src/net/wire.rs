//! A connection that tells how it is doing.

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    Stream,
    pulse::{Open, Pulse},
};

/// What a peer on HTTP/2 says first.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection that tells its [`Pulse`] what happens on it.
pub(super) struct Wire {
    stream: Stream,
    pulse: Arc<Pulse>,
    /// What was read too early, to find out which HTTP it is, or whether the peer is still there; from
    /// `early_from` on, it is still wanted.
    early: Vec<u8>,
    early_from: usize,
    is_stuck: bool,
    /// The last time it was read from, there was something; there may be more.
    is_unread: bool,
    watches: bool,
    _open: Open,
}

impl Wire {
    pub(super) fn new(stream: Stream, pulse: Arc<Pulse>, open: Open) -> Self {
        Self {
            stream,
            pulse,
            early: Vec::new(),
            early_from: 0,
            is_stuck: false,
            is_unread: false,
            watches: false,
            _open: open,
        }
    }

    /// Whether the peer begins to speak HTTP/2; `None` if it said nothing and went, or is to go.
    pub(super) async fn speaks_h2(&mut self) -> io::Result<Option<bool>> {
        poll_fn(|cx| self.poll_h2(cx)).await
    }

    fn poll_h2(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<bool>>> {
        loop {
            let at = self.early.len();
            if self.early != PREFACE[..at] {
                return Poll::Ready(Ok(Some(false)));
            }
            if at == PREFACE.len() {
                return Poll::Ready(Ok(Some(true)));
            }
            if self.pulse.poll_end(cx) && at == 0 {
                return Poll::Ready(Ok(None));
            }
            let mut more = [0; PREFACE.len()];
            let mut buf = ReadBuf::new(&mut more[at..]);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buf))?;
            if buf.filled().is_empty() {
                return Poll::Ready(Ok((at > 0).then_some(false)));
            }
            self.early.extend_from_slice(buf.filled());
        }
    }

    /// Takes back what was read, to be read again.
    pub(super) fn give_back(&mut self, bytes: Vec<u8>) {
        debug_assert!(!self.is_early(), "what came after it was not read");
        (self.early, self.early_from) = (bytes, 0);
    }

    fn is_early(&self) -> bool {
        self.early_from < self.early.len()
    }

    /// From now on, or no more: while something is being answered, looks whether the peer has gone. Then nothing
    /// can be written any more.
    pub(super) fn watch(&mut self, watches: bool) {
        self.watches = watches;
    }

    /// Looks whether the peer has gone, if that is wanted, and if nobody else is about to find out. A peer that
    /// has said more is still there.
    fn look(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if !self.watches || self.is_early() || !self.pulse.is_busy() {
            return Ok(());
        }
        let mut some = [0; 16];
        let mut buf = ReadBuf::new(&mut some);
        if let Poll::Ready(outcome) = Pin::new(&mut self.stream).poll_read(cx, &mut buf) {
            outcome?;
            self.early.extend_from_slice(buf.filled());
            if buf.filled().is_empty() {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the peer has gone",
                ));
            }
        }
        Ok(())
    }

    /// Whether the peer may have said more than was read.
    pub(super) fn is_unread(&self) -> bool {
        self.is_unread || self.is_early()
    }

    fn note<T>(&mut self, outcome: Poll<T>) -> Poll<T> {
        if outcome.is_pending() != self.is_stuck {
            self.is_stuck = !self.is_stuck;
            if self.is_stuck {
                self.pulse.cannot_write();
            } else {
                self.pulse.can_write();
            }
        }
        outcome
    }

    fn read_early(&mut self, buf: &mut ReadBuf<'_>) {
        let early = &self.early[self.early_from..];
        let n = early.len().min(buf.remaining());
        buf.put_slice(&early[..n]);
        self.early_from += n;
        if !self.is_early() {
            (self.early, self.early_from) = (Vec::new(), 0);
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_early() {
            self.read_early(buf);
            self.is_unread = true;
            self.pulse.heard();
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.is_unread = outcome.is_ready() && buf.filled().len() > before;
        if self.is_unread {
            self.pulse.heard();
        }
        outcome
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, buf);
        if outcome.is_pending() {
            self.look(cx)?;
        }
        self.note(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        if outcome.is_pending() {
            self.look(cx)?;
        }
        self.note(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        // Hyper flushes whenever it has done what it can, last of all.
        self.look(cx)?;
        // Nobody flushes before all is written: what is done here is done.
        self.note(outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.note(outcome)
    }
}
