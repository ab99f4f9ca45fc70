//! Messages in frames.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Instant, Sleep, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::counted::Counted;
use crate::duplex::Party;

/// How much is read at once, and collected before it is written.
const CHUNK: usize = 8 * 1024;

/// How long a peer may take to close its side, once ours is closed.
const FAREWELL: Duration = Duration::from_secs(2);

/// How much of what it still says then is thrown away.
const FAREWELL_BYTES: u64 = 1024 * 1024;

/// How a WebSocket came to its end.
#[derive(Debug)]
pub(crate) enum End {
    /// The peer has closed it, or is gone.
    Closed,
    /// We were told to stop, and the peer has its answers.
    Stopped,
    /// The peer does not read.
    Stalled,
    /// The peer does not answer when it is asked whether it is there.
    Silent,
    /// The peer said what it may not say.
    Refused(CloseCode, &'static str),
    /// The stream broke.
    Broken(Error),
}

impl End {
    /// What the peer is told, if it can be told anything.
    fn farewell(&self, goodbye: Goodbye) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Stopped => goodbye,
            Self::Refused(code, reason) => (*code, *reason),
            // Our half of the peer's own farewell goes out without our doing.
            Self::Closed | Self::Stalled | Self::Silent | Self::Broken(_) => return None,
        };
        Some(CloseFrame {
            code,
            reason: Utf8Bytes::from_static(reason),
        })
    }

    /// What went wrong, if anything did.
    fn trouble(&self) -> Option<String> {
        match self {
            Self::Closed | Self::Stopped => None,
            Self::Stalled => Some("the peer does not read".to_owned()),
            Self::Silent => Some("the peer does not answer".to_owned()),
            Self::Refused(_, reason) => Some((*reason).to_owned()),
            Self::Broken(error) => Some(error.to_string()),
        }
    }

    fn of(error: Error) -> Self {
        match error {
            Error::ConnectionClosed | Error::AlreadyClosed => Self::Closed,
            Error::Capacity(_) => {
                Self::Refused(CloseCode::Size, "the message is larger than it may be")
            }
            Error::Utf8(_) => Self::Refused(CloseCode::Invalid, "text must be UTF-8"),
            Error::Protocol(_) => Self::Refused(CloseCode::Protocol, "this is no WebSocket"),
            other => Self::Broken(other),
        }
    }
}

/// What the peer is told when we stop.
pub(crate) type Goodbye = (CloseCode, &'static str);

/// How large frames may be, and how much is read and written at once.
pub(crate) fn config(limit: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(CHUNK)
        .write_buffer_size(CHUNK)
        .max_message_size(Some(limit))
        .max_frame_size(Some(limit))
}

/// A stream that has been upgraded, on the side of the server.
pub(super) async fn accepted<T>(io: T, limit: usize) -> WebSocketStream<Counted<T>>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let io = Counted::new(io);
    WebSocketStream::from_raw_socket(io, Role::Server, Some(config(limit))).await
}

/// Carries messages between a peer and its connection, until one of the two goes, or `stop` says that it
/// is enough; then the peer hears `goodbye`.
pub(crate) async fn carry<T, P, S>(
    socket: WebSocketStream<Counted<T>>,
    party: P,
    ping_every: Duration,
    goodbye: Goodbye,
    stop: S,
) -> End
where
    T: AsyncRead + AsyncWrite + Unpin,
    P: Party,
    S: Future<Output = ()>,
{
    let mut carrier = Carrier {
        socket,
        patience: party.write_timeout(),
        party,
        ping_every,
        beat: Box::pin(sleep(ping_every)),
        was_heard: true,
        is_over: false,
        must_flush: false,
        stall: None,
    };
    let (mut stop, mut stopped) = (pin!(stop), false);
    let end = poll_fn(|cx| {
        if !stopped && stop.as_mut().poll(cx).is_ready() {
            stopped = true;
            carrier.is_over = true;
            // A peer that does not read does not delay the end for longer than its calls may.
            carrier.patience = carrier.patience.min(carrier.party.grace());
            carrier.stall = None;
            carrier.party.finish();
        }
        carrier.poll(cx)
    })
    .await;
    let Carrier {
        socket, mut party, ..
    } = carrier;
    if let Some(why) = end.trouble() {
        party.broken(&why);
    }
    // What runs is for nobody any more.
    drop(party);
    let farewell = end.farewell(goodbye);
    // An error says that the peer does not want to hear it.
    let _ = timeout(FAREWELL, part(socket, &end, farewell)).await;
    end
}

/// Closes our side, and waits for the peer to close its own.
async fn part<T: AsyncRead + AsyncWrite + Unpin>(
    mut socket: WebSocketStream<Counted<T>>,
    end: &End,
    farewell: Option<CloseFrame>,
) -> Result<(), Error> {
    match end {
        End::Closed => return socket.close(None).await,
        End::Stalled | End::Silent | End::Broken(_) => return Ok(()),
        End::Stopped | End::Refused(..) => socket.close(farewell).await?,
    }
    while let Some(Ok(frame)) = socket.next().await {
        if frame.is_close() {
            return Ok(());
        }
    }
    // To go while it still speaks would make the system take back what it was told.
    let io = socket.get_mut();
    io.shutdown().await?;
    let mut rest = io.take(FAREWELL_BYTES);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}

struct Carrier<T, P> {
    socket: WebSocketStream<Counted<T>>,
    party: P,
    patience: Duration,
    ping_every: Duration,
    /// Runs until it is time to ask whether the peer is there.
    beat: Pin<Box<Sleep>>,
    /// The peer has said something since it was asked.
    was_heard: bool,
    /// Nothing more comes in.
    is_over: bool,
    must_flush: bool,
    /// Runs while the peer does not read; with how much it had read when that began.
    stall: Option<(Pin<Box<Sleep>>, u64)>,
}

impl<T: AsyncRead + AsyncWrite + Unpin, P: Party> Carrier<T, P> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            if self.poll_beat(cx) {
                return Poll::Ready(End::Silent);
            }
            match self.poll_write(cx) {
                Poll::Ready(Err(error)) => return Poll::Ready(End::of(error)),
                Poll::Ready(Ok(is_all)) => {
                    self.stall = None;
                    if is_all {
                        return Poll::Ready(End::Stopped);
                    }
                }
                Poll::Pending => {
                    if self.poll_stall(cx).is_ready() {
                        return Poll::Ready(End::Stalled);
                    }
                }
            }
            // What was read may have an answer at once.
            match ready!(self.poll_read(cx)) {
                Some(end) => return Poll::Ready(end),
                None => self.was_heard = true,
            }
        }
    }

    /// Asks whether the peer is there, when it is time to; whether it did not answer the last time.
    fn poll_beat(&mut self, cx: &mut Context<'_>) -> bool {
        while self.beat.as_mut().poll(cx).is_ready() {
            // Whoever is not read from cannot be heard.
            let is_read = !self.is_over && self.stall.is_none() && self.party.has_room();
            if is_read && !self.was_heard {
                return true;
            }
            self.beat.as_mut().reset(Instant::now() + self.ping_every);
            // What waits to be written asks as well: it is watched until it is read.
            if self.stall.is_none()
                && self
                    .socket
                    .start_send_unpin(Message::Ping(Bytes::new()))
                    .is_ok()
            {
                (self.was_heard, self.must_flush) = (false, true);
            }
        }
        false
    }

    /// Writes what there is; whether that was all there will ever be.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        loop {
            ready!(self.socket.poll_ready_unpin(cx))?;
            let is_all = match self.party.poll_message(cx) {
                Poll::Ready(Some(message)) => {
                    self.send(message)?;
                    continue;
                }
                Poll::Ready(None) => true,
                Poll::Pending => false,
            };
            if self.must_flush {
                ready!(self.socket.poll_flush_unpin(cx))?;
                self.must_flush = false;
            }
            return Poll::Ready(Ok(is_all));
        }
    }

    fn send(&mut self, message: Bytes) -> Result<(), Error> {
        let Ok(text) = Utf8Bytes::try_from(message) else {
            tracing::error!("a message that is no text was left out");
            return Ok(());
        };
        self.must_flush = true;
        self.socket.start_send_unpin(Message::Text(text))
    }

    fn poll_stall(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (written, patience) = (self.socket.get_ref().written, self.patience);
        loop {
            let (stall, since) = self
                .stall
                .get_or_insert_with(|| (Box::pin(sleep(patience)), written));
            if *since == written {
                return stall.as_mut().poll(cx);
            }
            // It does read, if slowly.
            self.stall = None;
        }
    }

    /// Takes one frame, where there is room for its answer; what it ends, if it does.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<End>> {
        // Whoever does not read its answers is not read from.
        if self.is_over || self.stall.is_some() || !self.party.has_room() {
            return Poll::Pending;
        }
        let frame = ready!(self.socket.poll_next_unpin(cx));
        Poll::Ready(match frame {
            Some(Ok(Message::Text(text))) => {
                self.party.take(text.into());
                None
            }
            Some(Ok(Message::Binary(_))) => Some(End::Refused(
                CloseCode::Unsupported,
                "messages are text frames",
            )),
            Some(Ok(Message::Ping(_))) => {
                // The answer lies ready, and has to go out.
                self.must_flush = true;
                None
            }
            Some(Ok(Message::Pong(_) | Message::Frame(_))) => None,
            Some(Ok(Message::Close(_))) | None => Some(End::Closed),
            Some(Err(error)) => Some(End::of(error)),
        })
    }
}
