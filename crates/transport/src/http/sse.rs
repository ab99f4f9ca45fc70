//! An event stream as the body of a response.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use fmcp_core::BoxFuture;
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep};

use super::{
    body::BoxError,
    event_stream::{Found, Reader},
    gate::Permit,
};

/// A stream as the body of a response. The work that fills the stream may be done here, too: then it ends
/// with its reader.
pub(crate) struct Sse {
    reader: Reader,
    /// What goes out before everything else.
    first: Option<Vec<u8>>,
    work: Option<BoxFuture<'static, ()>>,
    keep_alive: Duration,
    silence: Option<Pin<Box<Sleep>>>,
    /// When the reader is sent away to come back for the rest.
    until: Option<Pin<Box<Sleep>>>,
    retry: Duration,
    is_over: bool,
    /// What happens when the reader goes, whether there was more for it or not.
    afterwards: Option<Box<dyn FnOnce() + Send>>,
    /// What stands for this stream where streams are counted.
    _permit: Option<Permit>,
}

impl Sse {
    /// What `reader` reads.
    pub(crate) fn new(reader: Reader, keep_alive: Duration) -> Self {
        Self {
            reader,
            first: None,
            work: None,
            keep_alive,
            silence: None,
            until: None,
            retry: Duration::from_secs(1),
            is_over: false,
            afterwards: None,
            _permit: None,
        }
    }

    /// Does the work that fills the stream.
    pub(crate) fn work(mut self, work: impl Future<Output = ()> + Send + 'static) -> Self {
        self.work = Some(Box::pin(work));
        self
    }

    /// Does something when the reader goes.
    pub(crate) fn afterwards(mut self, then: impl FnOnce() + Send + 'static) -> Self {
        self.afterwards = Some(Box::new(then));
        self
    }

    /// Begins with an event that carries nothing but its id: with it, a reader can come back even if it has
    /// not seen any other.
    pub(crate) fn primed(mut self, retry: Duration) -> Self {
        if let Some(number) = self.reader.stream().number() {
            let event = format!("id: {number}-0\nretry: {}\ndata: \n\n", retry.as_millis());
            self.first = Some(event.into_bytes());
        }
        self
    }

    /// Sends the reader away after a while, to come back for the rest.
    pub(crate) fn poll_after(mut self, after: Option<Duration>, retry: Duration) -> Self {
        self.until = after.map(|after| Box::pin(sleep(after)));
        self.retry = retry;
        self
    }

    pub(crate) fn permit(mut self, permit: Option<Permit>) -> Self {
        self._permit = permit;
        self
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Vec<u8>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        loop {
            match self.reader.poll(cx) {
                Poll::Ready(Found::Events(events)) => {
                    self.silence = None;
                    return Poll::Ready(Some(events));
                }
                Poll::Ready(Found::End | Found::Superseded) => return self.end(None),
                Poll::Ready(Found::HangUp(retry)) => return self.end(Some(retry)),
                Poll::Pending => {}
            }
            let Some(work) = &mut self.work else { break };
            if work.as_mut().poll(cx).is_pending() {
                // It may have told something and gone on to wait for something else.
                if let Poll::Ready(()) = self.reader.poll_first(cx) {
                    continue;
                }
                break;
            }
            self.work = None;
        }
        if let Some(until) = &mut self.until
            && until.as_mut().poll(cx).is_ready()
        {
            return self.end(Some(self.retry));
        }
        self.poll_silence(cx)
    }

    fn end(&mut self, retry: Option<Duration>) -> Poll<Option<Vec<u8>>> {
        self.is_over = true;
        Poll::Ready(retry.map(|retry| format!("retry: {}\n\n", retry.as_millis()).into_bytes()))
    }

    /// A comment now and then, which readers skip, and which keeps the connection from being closed.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<Option<Vec<u8>>> {
        if self.keep_alive.is_zero() {
            return Poll::Pending;
        }
        let silence = (self.silence).get_or_insert_with(|| Box::pin(sleep(self.keep_alive)));
        if silence.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        silence.as_mut().reset(Instant::now() + self.keep_alive);
        // Registered anew, or it would never fire again.
        let _ = silence.as_mut().poll(cx);
        Poll::Ready(Some(b":\n\n".to_vec()))
    }
}

impl http_body::Body for Sse {
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

impl Drop for Sse {
    fn drop(&mut self) {
        if let Some(then) = self.afterwards.take() {
            then();
        }
    }
}
