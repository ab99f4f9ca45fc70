//! What is read from one peer, and written to it.

use std::{
    future::{Future, poll_fn},
    io::{self, Write as _},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::{Buf as _, Bytes};
use http::{Request, response::Parts};
use http_body::{Body, Frame};
use tokio::{
    io::{AsyncRead as _, AsyncWrite as _, ReadBuf},
    time::{Instant, timeout_at},
};

use super::{
    request::{Found, MOST_BYTES, look},
    response::{Date, Framing, write_head},
};
use crate::net::{Settings, pulse::Pulse, tail::Failure, wire::Wire};

/// How long the rest of a request is waited for here; hyper has more patience, and knows what to say when it ends.
const PATIENCE: Duration = Duration::from_millis(500);

/// How much room there is at first.
const ROOM: usize = 2 * 1024;

/// How much is gathered before it is written.
const GATHERED: usize = 8 * 1024;

/// A piece of a body.
type Piece<E> = Result<Frame<Bytes>, E>;

/// What is read from one peer, and written to it.
pub(super) struct Talk<'a> {
    wire: &'a mut Wire,
    pulse: &'a Arc<Pulse>,
    /// What has come, up to `filled`.
    inbox: Vec<u8>,
    filled: usize,
    /// What is to be written, from `sent` on.
    outbox: Vec<u8>,
    sent: usize,
    date: Date,
    /// Something is running for what is being written: it is to end when the peer goes.
    watches: bool,
    /// Who hears of it when the connection is to end.
    heard_by: Option<Waker>,
}

impl<'a> Talk<'a> {
    pub(super) fn new(wire: &'a mut Wire, pulse: &'a Arc<Pulse>) -> Self {
        Self {
            wire,
            pulse,
            inbox: Vec::new(),
            filled: 0,
            outbox: Vec::new(),
            sent: 0,
            date: Date::default(),
            watches: false,
            heard_by: None,
        }
    }

    /// The next plain request. None if nothing came any more, or something else did, which is in the inbox.
    pub(super) async fn request(
        &mut self,
        settings: &Settings,
    ) -> io::Result<Option<Request<Bytes>>> {
        let (mut least, mut deadline) = (1, None);
        loop {
            if self.filled >= least {
                match look(&self.inbox[..self.filled], settings) {
                    Found::Whole(request, length) => {
                        self.forget(length);
                        return Ok(Some(request));
                    }
                    Found::Head(length) => {
                        // From here on it is a body that is waited for.
                        self.pulse.has_head();
                        (least, deadline) = (length, Some(Instant::now() + PATIENCE));
                    }
                    Found::Part => least = self.filled + 1,
                    Found::Other => return Ok(None),
                }
            }
            let more = poll_fn(|cx| self.poll_more(cx));
            let came = match deadline {
                None => more.await?,
                Some(deadline) => timeout_at(deadline, more).await.unwrap_or(Ok(false))?,
            };
            if !came {
                return Ok(None);
            }
        }
    }

    /// A request is answered: what came meanwhile is the next one's.
    pub(super) fn goes_on(&self) {
        if self.filled > 0 {
            self.pulse.heard();
        }
    }

    /// Lets what is in the inbox be read again, by somebody else. Whether there is anything.
    pub(super) fn give_back(mut self) -> bool {
        self.inbox.truncate(self.filled);
        let is_there = !self.inbox.is_empty();
        self.wire.give_back(self.inbox);
        is_there
    }

    /// Takes a request out of the inbox.
    fn forget(&mut self, length: usize) {
        self.inbox.copy_within(length..self.filled, 0);
        self.filled -= length;
    }

    /// Waits until something has come; false if nothing will. Whoever is asked to end while no request has begun does
    /// not wait.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let came = self.poll_read(cx);
        if came.is_pending() && self.pulse.must_end(cx, &mut self.heard_by) && self.is_idle() {
            self.filled = 0;
            return Poll::Ready(Ok(false));
        }
        came
    }

    /// Whether no request has begun: some peers end one with an empty line too many.
    fn is_idle(&self) -> bool {
        let came = &self.inbox[..self.filled];
        came.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if self.filled == self.inbox.len() {
            let room = (2 * self.filled).clamp(ROOM, MOST_BYTES);
            self.inbox.resize(room, 0);
        }
        let mut buf = ReadBuf::new(&mut self.inbox[self.filled..]);
        ready!(Pin::new(&mut *self.wire).poll_read(cx, &mut buf))?;
        let came = buf.filled().len();
        self.filled += came;
        Poll::Ready(Ok(came > 0))
    }

    /// Fails if the peer has gone. One that has said more is still there.
    fn look_for_peer(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while self.filled < MOST_BYTES {
            match self.poll_read(cx)? {
                Poll::Ready(true) => {}
                Poll::Ready(false) => {
                    return Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        "the peer has gone",
                    ));
                }
                Poll::Pending => break,
            }
        }
        Ok(())
    }

    /// The outcome of some work, unless the peer goes before.
    pub(super) async fn unless_gone<F: Future>(&mut self, work: F) -> io::Result<F::Output> {
        let mut work = pin!(work);
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Ok(done)),
            Poll::Pending => {
                self.look_for_peer(cx)?;
                Poll::Pending
            }
        })
        .await
    }

    /// Writes a head into the outbox.
    pub(super) fn begin(&mut self, head: &Parts, framing: Framing, closes: bool) {
        let date = self.date.at(self.pulse.unix_seconds());
        write_head(&mut self.outbox, head, framing, closes, date);
    }

    /// Writes a body, after what is in the outbox.
    pub(super) async fn give<B>(&mut self, body: B, framing: Framing) -> Result<(), Failure>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Failure>,
    {
        let mut body = pin!(body);
        let mut left = match framing {
            Framing::Nothing => 0,
            Framing::Length(length) => length,
            Framing::Chunks => u64::MAX,
        };
        while left > 0 {
            let Some(frame) = poll_fn(|cx| self.poll_frame(body.as_mut(), cx)).await? else {
                break;
            };
            let Ok(data) = frame.map_err(Into::into)?.into_data() else {
                continue;
            };
            left = left
                .checked_sub(data.len() as u64)
                .ok_or("a body was longer than it had said")?;
            self.watches = left > 0;
            self.put(data, framing).await?;
        }
        self.watches = false;
        if framing == Framing::Chunks {
            self.outbox.extend_from_slice(b"0\r\n\r\n");
        }
        self.send().await?;
        if matches!(framing, Framing::Length(_)) && left > 0 {
            return Err("a body was shorter than it had said".into());
        }
        Ok(())
    }

    /// The next piece of a body. Whoever has to wait for it has been given all there was before.
    fn poll_frame<B: Body<Data = Bytes>>(
        &mut self,
        body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Option<Piece<B::Error>>>> {
        if let Poll::Ready(frame) = body.poll_frame(cx) {
            return Poll::Ready(Ok(frame));
        }
        let _ = self.poll_send(cx)?;
        self.look_for_peer(cx)?;
        Poll::Pending
    }

    /// Puts a piece of a body where it will be written.
    async fn put(&mut self, data: Bytes, framing: Framing) -> io::Result<()> {
        // An empty chunk would be the end.
        if data.is_empty() {
            return Ok(());
        }
        if framing == Framing::Chunks {
            write!(self.outbox, "{:X}\r\n", data.len())?;
        }
        if self.outbox.len() + data.len() <= GATHERED {
            self.outbox.extend_from_slice(&data);
        } else {
            self.send().await?;
            self.write(data).await?;
        }
        if framing == Framing::Chunks {
            self.outbox.extend_from_slice(b"\r\n");
        }
        Ok(())
    }

    /// Writes what is too much to be gathered.
    async fn write(&mut self, mut data: Bytes) -> io::Result<()> {
        while data.has_remaining() {
            let count = poll_fn(|cx| self.poll_write(cx, &data)).await?;
            data.advance(count);
        }
        Ok(())
    }

    /// Writes all that is in the outbox.
    pub(super) async fn send(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_send(cx)).await
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.outbox.len() {
            // Taken out, so that it can be written and the peer looked for.
            let outbox = std::mem::take(&mut self.outbox);
            let outcome = self.poll_write(cx, &outbox[self.sent..]);
            self.outbox = outbox;
            self.sent += ready!(outcome)?;
        }
        self.outbox.clear();
        self.sent = 0;
        let outcome = Pin::new(&mut *self.wire).poll_flush(cx);
        self.unless_waiting(outcome, cx)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut *self.wire).poll_write(cx, data);
        if matches!(outcome, Poll::Ready(Ok(0))) {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.unless_waiting(outcome, cx)
    }

    /// The outcome of writing. Who waits for it looks for the peer, if anything runs meanwhile.
    fn unless_waiting<T>(
        &mut self,
        outcome: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_pending() && self.watches {
            self.look_for_peer(cx)?;
        }
        outcome
    }
}
