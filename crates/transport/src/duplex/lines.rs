//! Messages over bytes: one a line.

use std::{
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    time::{Sleep, sleep, timeout},
};
use tokio_util::io::poll_read_buf;

use super::{Connection, Party};

/// How much is read at once.
const CHUNK: usize = 16 * 1024;

/// From how many bytes on what is to be written goes out before more is collected.
const FULL: usize = 64 * 1024;

/// Up to how many bytes a message is copied rather than shared with what it came in with.
const SMALL: usize = 16 * 1024;

/// How long saying goodbye may take, for streams that do so.
const GOODBYE: Duration = Duration::from_secs(1);

/// How a connection came to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum End {
    /// The peer has said all, or was told to stop, and has its answers.
    Done,
    /// The peer does not read.
    Stalled,
    /// The stream broke.
    Broken(io::Error),
}

/// How much of the end of a line that is too long is kept: whose answer it is may stand there.
const TAIL: usize = 128;

/// Carries messages between a peer and its connection, one a line, until the peer has said all, or `stop`
/// says that it is enough.
pub async fn lines<R, W, S>(read: R, write: W, connection: Connection, stop: S) -> End
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
    S: Future<Output = ()>,
{
    carry(read, write, connection, stop).await
}

/// The same for either side.
pub(crate) async fn carry<R, W, P, S>(read: R, write: W, party: P, stop: S) -> End
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
    P: Party,
    S: Future<Output = ()>,
{
    let mut lines = Lines {
        read,
        write,
        limit: party.message_bytes(),
        patience: party.write_timeout(),
        party,
        input: BytesMut::new(),
        scanned: 0,
        skipping: false,
        is_over: false,
        output: BytesMut::new(),
        must_flush: false,
        stall: None,
    };
    let mut stop = pin!(stop);
    let mut stopped = false;
    let end = poll_fn(|cx| {
        if !stopped && stop.as_mut().poll(cx).is_ready() {
            stopped = true;
            lines.finish();
        }
        lines.poll(cx)
    })
    .await;
    match &end {
        End::Done => {}
        End::Stalled => lines.party.broken("the peer does not read"),
        End::Broken(error) => lines.party.broken(&error.to_string()),
    }
    if matches!(end, End::Done) {
        // Whether the peer hears of the end or not: it has its answers.
        let _ = timeout(GOODBYE, lines.write.shutdown()).await;
    }
    end
}

struct Lines<R, W, P> {
    read: R,
    write: W,
    party: P,
    limit: usize,
    patience: Duration,
    input: BytesMut,
    /// How much of the input is known to hold no end of a line.
    scanned: usize,
    /// The line that is being read is too long, and is thrown away up to its end.
    skipping: bool,
    /// Nothing more comes in.
    is_over: bool,
    output: BytesMut,
    must_flush: bool,
    /// Runs while the peer does not read.
    stall: Option<Pin<Box<Sleep>>>,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin, P: Party> Lines<R, W, P> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            let ended = self.collect(cx);
            let wrote = match self.poll_write(cx) {
                Poll::Ready(Err(error)) => return Poll::Ready(End::Broken(error)),
                Poll::Ready(Ok(wrote)) => wrote,
                Poll::Pending => {
                    if self.poll_stall(cx).is_ready() {
                        return Poll::Ready(End::Stalled);
                    }
                    false
                }
            };
            if ended && self.output.is_empty() && !self.must_flush {
                return Poll::Ready(End::Done);
            }
            let took = match self.poll_read(cx) {
                Poll::Ready(Err(error)) => return Poll::Ready(End::Broken(error)),
                Poll::Ready(Ok(())) => true,
                Poll::Pending => false,
            };
            if !took && !wrote {
                return Poll::Pending;
            }
        }
    }

    fn finish(&mut self) {
        if !self.is_over {
            self.is_over = true;
            self.party.finish();
            // A peer that does not read does not delay the end for longer than calls may.
            self.patience = self.patience.min(self.party.grace());
            self.stall = None;
        }
    }

    /// Collects messages to be written; whether there will not be any more.
    fn collect(&mut self, cx: &mut Context<'_>) -> bool {
        while self.output.len() < FULL {
            match self.party.poll_message(cx) {
                Poll::Ready(Some(message)) => {
                    self.output.reserve(message.len() + 1);
                    self.output.extend_from_slice(&message);
                    self.output.extend_from_slice(b"\n");
                }
                Poll::Ready(None) => return true,
                Poll::Pending => break,
            }
        }
        self.must_flush |= self.party.must_flush();
        false
    }

    /// Writes what there is; whether that was anything.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut wrote = false;
        while !self.output.is_empty() {
            let n = ready!(Pin::new(&mut self.write).poll_write(cx, &self.output))?;
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.output.advance(n);
            (self.stall, self.must_flush, wrote) = (None, true, true);
        }
        if self.must_flush {
            ready!(Pin::new(&mut self.write).poll_flush(cx))?;
            (self.stall, self.must_flush) = (None, false);
            self.party.has_sent();
        }
        if self.output.capacity() > FULL {
            self.output = BytesMut::new();
        }
        Poll::Ready(Ok(wrote))
    }

    fn poll_stall(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let patience = self.patience;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(patience)));
        stall.as_mut().poll(cx)
    }

    /// Reads until there is at least one line, or nothing more, and takes the lines that there are.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            // Whoever does not read its answers is not read from.
            if self.is_over || self.output.len() >= FULL || !self.party.has_room() {
                return Poll::Pending;
            }
            if self.take_line() {
                return Poll::Ready(Ok(()));
            }
            self.input.reserve(CHUNK);
            let n = ready!(poll_read_buf(Pin::new(&mut self.read), cx, &mut self.input))?;
            if n == 0 {
                self.take_rest();
                self.finish();
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Takes the lines that have come in whole, as long as their answers have room; whether there was one.
    fn take_line(&mut self) -> bool {
        let mut any = false;
        while self.party.has_room() {
            let Some(at) = memchr::memchr(b'\n', &self.input[self.scanned..]) else {
                self.scanned = self.input.len();
                self.skip_oversized();
                break;
            };
            let end = self.scanned + at;
            self.scanned = 0;
            any = true;
            if std::mem::take(&mut self.skipping) {
                let tail = self.input.split_to(end);
                self.party.end_oversized(&tail);
            } else {
                self.take(end);
            }
            self.input.advance(1);
        }
        if self.input.is_empty() && self.input.capacity() > FULL {
            self.input = BytesMut::new();
        }
        any
    }

    /// Takes the first `end` bytes of the input for a message.
    fn take(&mut self, end: usize) {
        let line = self.input[..end].trim_ascii();
        if (1..SMALL).contains(&line.len()) && line.len() <= self.limit {
            // A small message that is worked on for long must not keep all that it came in with.
            let message = Bytes::copy_from_slice(line);
            self.input.advance(end);
            return self.party.take(message);
        }
        let line = self.input.split_to(end).freeze();
        let message = line.slice_ref(line.trim_ascii());
        if message.len() > self.limit {
            self.party.refuse_oversized(&message);
            self.party.end_oversized(&message);
        } else if !message.is_empty() {
            self.party.take(message);
        }
    }

    /// Throws away what has come of a line that is too long already.
    fn skip_oversized(&mut self) {
        // Its end may have come by half.
        if self.skipping || self.input.len() > self.limit + 1 {
            if !self.skipping {
                self.skipping = true;
                self.party.refuse_oversized(&self.input);
            }
            let tail = self.input.len().saturating_sub(TAIL);
            self.input = BytesMut::from(&self.input[tail..]);
            self.scanned = self.input.len();
        }
    }

    /// The last line may lack its end.
    fn take_rest(&mut self) {
        if !self.skipping {
            self.take(self.input.len());
        }
    }
}
