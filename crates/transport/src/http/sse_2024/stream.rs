//! The stream to one peer, as the body of a response. The peer lives as long as it is read.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use fmcp_core::BoxFuture;
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep};

use super::peers::Place;
use crate::{
    duplex::Connection,
    http::{body::BoxError, gate::Permit, service::Shared},
};

/// The stream to one peer. Whoever reads it also has the peer's messages answered; whoever drops it ends
/// what runs.
pub(super) struct Stream {
    connection: Connection,
    place: Place,
    /// Where the peer posts to, which it has to be told before everything else.
    first: Option<Vec<u8>>,
    keep_alive: Duration,
    silence: Pin<Box<Sleep>>,
    drain: Option<BoxFuture<'static, ()>>,
    is_over: bool,
    /// What stands for this stream where streams are counted.
    permit: Option<Permit>,
}

impl Stream {
    pub(super) fn new(
        connection: Connection,
        place: Place,
        shared: &Arc<Shared>,
        endpoint: &str,
    ) -> Self {
        let (drain, keep_alive) = (shared.drain.clone(), shared.settings.keep_alive);
        Self {
            connection,
            place,
            first: Some(event("endpoint", endpoint.as_bytes())),
            keep_alive,
            silence: Box::pin(sleep(keep_alive)),
            drain: Some(Box::pin(async move { drain.begun().await })),
            is_over: false,
            permit: None,
        }
    }

    pub(super) fn permit(mut self, permit: Permit) -> Self {
        self.permit = Some(permit);
        self
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Vec<u8>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        if let Some(drain) = &mut self.drain
            && drain.as_mut().poll(cx).is_ready()
        {
            // What has been accepted is answered, nothing more is.
            self.place.messages().close();
            self.drain = None;
        }
        loop {
            let has_heard_all = self.hear(cx);
            match self.connection.poll_message(cx) {
                Poll::Ready(Some(message)) => {
                    self.silence
                        .as_mut()
                        .reset(Instant::now() + self.keep_alive);
                    return Poll::Ready(Some(event("message", &message)));
                }
                Poll::Ready(None) => {
                    self.is_over = true;
                    self.permit = None;
                    return Poll::Ready(None);
                }
                // What ended without a word may have made room.
                Poll::Pending if !has_heard_all && self.connection.has_room() => {}
                Poll::Pending => break,
            }
        }
        if self.silence.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        // A comment, which readers skip, and which keeps the connection from being closed.
        self.silence
            .as_mut()
            .reset(Instant::now() + self.keep_alive);
        Poll::Ready(Some(b":\n\n".to_vec()))
    }

    /// Takes what the peer has posted, as far as there is room for it. Whether that is all.
    fn hear(&mut self, cx: &mut Context<'_>) -> bool {
        while self.connection.has_room() {
            match self.place.messages().poll_pop(cx) {
                Poll::Ready(Some(message)) => self.connection.take(message),
                Poll::Ready(None) => self.connection.finish(),
                Poll::Pending => return true,
            }
        }
        false
    }
}

/// An event of one line. Messages have no others.
fn event(name: &str, data: &[u8]) -> Vec<u8> {
    let mut event = Vec::with_capacity(name.len() + data.len() + 16);
    for part in [b"event: ", name.as_bytes(), b"\ndata: ", data, b"\n\n"] {
        event.extend_from_slice(part);
    }
    event
}

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = self.get_mut().poll(cx);
        frame.map(|frame| frame.map(|bytes| Ok(Frame::data(bytes.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_over
    }
}
