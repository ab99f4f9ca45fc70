//! What is left of a connection whose last answer is a stream that may stay open for very long: the stream
//! and the socket. Everything else, buffers for one, would wait for a next request for as long.

use std::{
    error::Error,
    future::poll_fn,
    io::{self, Write as _},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::Body;
use tokio::io::{AsyncRead as _, AsyncWriteExt as _, ReadBuf};

use super::{pulse::Running, wire::Wire};

pub(super) type Failure = Box<dyn Error + Send + Sync>;

/// Says of a response, among its extensions, that its body may last for very long, and that the body of its
/// request has been read. On HTTP/1.1 its connection is then closed after it, if the request was plain.
#[derive(Clone, Copy)]
pub(crate) struct Lasting;

/// A body that lasts, which is being given as long as this is there.
pub(super) struct Stream<B> {
    pub(super) body: Pin<Box<B>>,
    pub(super) _running: Running,
}

/// Gives the rest of a body whose head, which promised chunks, has been written. Whether all of it was given:
/// it is not if the peer goes.
pub(super) async fn pour<B>(mut stream: Stream<B>, wire: &mut Wire) -> Result<bool, Failure>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Failure>,
{
    loop {
        match poll_fn(|cx| stream.poll_next(wire, cx)).await? {
            Found::Data(data) => {
                wire.write_all(&chunk(&data)?).await?;
                wire.flush().await?;
            }
            Found::End => break,
            Found::Nobody => return Ok(false),
        }
    }
    wire.write_all(b"0\r\n\r\n").await?;
    wire.shutdown().await?;
    Ok(true)
}

/// What there is to do for a stream.
enum Found {
    Data(Bytes),
    End,
    /// The peer has gone.
    Nobody,
}

impl<B> Stream<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Failure>,
{
    fn poll_next(&mut self, wire: &mut Wire, cx: &mut Context<'_>) -> Poll<Result<Found, Failure>> {
        if poll_gone(wire, cx).is_ready() {
            return Poll::Ready(Ok(Found::Nobody));
        }
        loop {
            let Some(frame) = ready!(self.body.as_mut().poll_frame(cx)) else {
                return Poll::Ready(Ok(Found::End));
            };
            match frame.map_err(Into::into)?.into_data() {
                // An empty chunk would be the end.
                Ok(data) if !data.is_empty() => return Poll::Ready(Ok(Found::Data(data))),
                _ => {}
            }
        }
    }
}

fn chunk(data: &[u8]) -> io::Result<Vec<u8>> {
    let mut chunk = Vec::with_capacity(data.len() + 16);
    write!(chunk, "{:X}\r\n", data.len())?;
    chunk.extend_from_slice(data);
    chunk.extend_from_slice(b"\r\n");
    Ok(chunk)
}

/// Whether the peer has gone. What it says is thrown away: it was told that nobody listens any more.
fn poll_gone(wire: &mut Wire, cx: &mut Context<'_>) -> Poll<()> {
    let mut scrap = [0; 256];
    loop {
        let mut buf = ReadBuf::new(&mut scrap);
        match Pin::new(&mut *wire).poll_read(cx, &mut buf) {
            Poll::Ready(Ok(())) if !buf.filled().is_empty() => {}
            Poll::Ready(_) => return Poll::Ready(()),
            Poll::Pending => return Poll::Pending,
        }
    }
}
