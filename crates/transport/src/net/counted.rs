//! A service whose connection knows whether it is being used.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http::{Extensions, HeaderValue, Request, Response, Version, header};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{
    pulse::{Pulse, Running},
    tail::{Handover, Lasting, Stream},
};

/// The service for one connection: tells the pulse from when to when a request is answered, and adds what
/// is known of the peer.
pub(super) struct Counted<S, B> {
    pub(super) service: S,
    pub(super) pulse: Arc<Pulse>,
    pub(super) extensions: Extensions,
    /// Where bodies go that last, where the connection can do nothing else beside them.
    pub(super) handover: Option<Arc<Handover<B>>>,
}

impl<S, B> hyper::service::Service<Request<Incoming>> for Counted<S, B>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone,
{
    type Response = Response<Answer<B>>;
    type Error = Infallible;
    type Future = Answering<S, B>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let running = Some(self.pulse.begin());
        if !self.extensions.is_empty() {
            request.extensions_mut().extend(self.extensions.clone());
        }
        // Before 1.1, there are no chunks.
        let is_chunked = request.version() == Version::HTTP_11;
        let handover = self.handover.clone().filter(|_| is_chunked);
        let mut service = self.service.clone();
        // Most services are ready whenever they are asked, and need not be waited for by anybody.
        let state = match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => State::Called {
                answer: service.call(request),
            },
            Poll::Pending => State::Waiting {
                service,
                request: Some(Box::new(request)),
            },
        };
        Answering {
            state,
            running,
            handover,
        }
    }
}

pin_project! {
    /// A request, until its answer's head is there.
    pub(super) struct Answering<S: Service<Request<Incoming>>, B> {
        #[pin]
        state: State<S, S::Future>,
        running: Option<Running>,
        handover: Option<Arc<Handover<B>>>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, F> {
        Waiting { service: S, request: Option<Box<Request<Incoming>>> },
        Called { #[pin] answer: F },
    }
}

impl<S, B> Future for Answering<S, B>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
{
    type Output = Result<Response<Answer<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let answer = match this.state.as_mut().project() {
                StateProjection::Called { answer } => {
                    let answer = ready!(answer.poll(cx))?;
                    let running = this.running.take();
                    return Poll::Ready(Ok(given(answer, running, this.handover.take())));
                }
                StateProjection::Waiting { service, request } => {
                    ready!(service.poll_ready(cx))?;
                    let Some(request) = request.take() else {
                        // It was taken when the state last changed, and this is another state.
                        return Poll::Pending;
                    };
                    service.call(*request)
                }
            };
            this.state.set(State::Called { answer });
        }
    }
}

/// An answer as it is given: by hyper, or by what is left of the connection once the head is out.
fn given<B>(
    mut answer: Response<B>,
    running: Option<Running>,
    handover: Option<Arc<Handover<B>>>,
) -> Response<Answer<B>> {
    match handover {
        Some(handover) if answer.extensions().get::<Lasting>().is_some() => {
            let close = HeaderValue::from_static("close");
            answer.headers_mut().insert(header::CONNECTION, close);
            answer.map(|body| Answer::Lasting {
                stream: Some(Stream {
                    body: Box::pin(body),
                    _running: running,
                }),
                handover,
            })
        }
        _ => answer.map(|body| Answer::Brief {
            body,
            _running: running,
        }),
    }
}

pin_project! {
    /// The body of an answer, which is being given until this goes.
    #[project = AnswerProjection]
    pub(super) enum Answer<B> {
        Brief { #[pin] body: B, _running: Option<Running> },
        /// To hyper, it has nothing to give.
        Lasting { stream: Option<Stream<B>>, handover: Arc<Handover<B>> },
    }
}

impl<B: Body<Data = Bytes>> Body for Answer<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.project() {
            AnswerProjection::Brief { body, .. } => body.poll_frame(cx),
            AnswerProjection::Lasting { stream, handover } => {
                // Whoever asks has made the head. The connection looks for this as soon as hyper has done
                // what it can.
                if let Some(stream) = stream.take() {
                    handover.put(stream);
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Brief { body, .. } => body.is_end_stream(),
            Self::Lasting { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Brief { body, .. } => body.size_hint(),
            Self::Lasting { .. } => SizeHint::default(),
        }
    }
}
