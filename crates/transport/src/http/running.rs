//! A call that has been let in, from its first step to its response.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use fmcp_core::{BoxFuture, protocol::Answered};
use http::{Response, StatusCode};
use tokio::time::{Sleep, sleep};

use super::{
    accept::Accepts,
    answer::{Refusal, events, json, lasting_events, status},
    body::Body,
    event_stream::Reader,
    gate::Permit,
    legacy::{self, Asked, Live},
    service::Shared,
    sse::Sse,
};

/// The work of answering one call.
pub(crate) type Work = BoxFuture<'static, Answered>;

/// What comes after a message. It is small, and so is what it is made by: whatever is handed on is copied,
/// in futures more often than one would think.
pub(crate) enum Next {
    /// The message is answered.
    Answer(Refusal),
    /// A call runs.
    Run(Running),
    /// What is rare takes a way of its own.
    Wait(BoxFuture<'static, Response<Body>>),
}

impl From<Response<Body>> for Next {
    fn from(response: Response<Body>) -> Self {
        Self::Answer(response.into())
    }
}

/// A call that has been let in.
pub(crate) struct Running {
    pub(crate) work: Work,
    pub(crate) reader: Reader,
    pub(crate) permit: Permit,
    pub(crate) accepts: Accepts,
    /// The session that it belongs to, and what was asked.
    pub(crate) session: Option<(Arc<Live>, Asked)>,
}

impl Running {
    /// Lets it go as far as it can at once. Most calls are answered then.
    pub(crate) async fn now(&mut self) -> Poll<Answered> {
        poll_fn(|cx| Poll::Ready(self.work.as_mut().poll(cx))).await
    }

    /// The answer as JSON, if it is all there is to say, and may be said so.
    pub(crate) fn json(&self, answered: &mut Answered) -> Option<Response<Body>> {
        let stream = self.reader.stream();
        let status = status(stream.revision(), answered.fault);
        // What says more than that there is an answer cannot be said by a stream.
        let may_be_json = (self.accepts.json || status != StatusCode::OK) && stream.is_silent();
        may_be_json.then(|| json(status, std::mem::take(&mut answered.body)))
    }

    /// Answers what was not answered at once, or has told something by then.
    pub(crate) async fn later(
        mut self,
        shared: Arc<Shared>,
        now: Poll<Answered>,
    ) -> Response<Body> {
        if let Some((live, asked)) = self.session.take() {
            return legacy::later(shared, live, asked, self, now).await;
        }
        let settings = &shared.settings;
        let after = if self.accepts.events {
            settings.stream_after
        } else {
            settings.call_timeout.saturating_mul(2)
        };
        let first = match now {
            Poll::Ready(answered) => Some(answered),
            Poll::Pending => self.first(after).await,
        };
        let stream = Arc::clone(self.reader.stream());
        let Some(mut answered) = first else {
            let work = self.work;
            let sse = Sse::new(self.reader, settings.keep_alive).permit(Some(self.permit));
            let lasts = stream.is_subscription();
            let sse = sse.work(async move {
                let answered = work.await;
                stream.finish(Some(answered.body));
            });
            return if lasts {
                lasting_events(sse)
            } else {
                events(sse)
            };
        };
        if let Some(response) = self.json(&mut answered) {
            return response;
        }
        stream.finish(Some(answered.body));
        events(Sse::new(self.reader, settings.keep_alive).permit(Some(self.permit)))
    }

    /// Waits for the answer, or for something that comes before it; for longer than `after`, and it is as
    /// if something had.
    async fn first(&mut self, after: Duration) -> Option<Answered> {
        let mut late: Option<Pin<Box<Sleep>>> = None;
        poll_fn(|cx: &mut Context<'_>| {
            if let Poll::Ready(answered) = self.work.as_mut().poll(cx) {
                return Poll::Ready(Some(answered));
            }
            if self.reader.poll_first(cx).is_ready() {
                return Poll::Ready(None);
            }
            let late = late.get_or_insert_with(|| Box::pin(sleep(after)));
            late.as_mut().poll(cx).map(|()| None)
        })
        .await
    }
}
