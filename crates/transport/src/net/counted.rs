//! A service whose connection knows whether it is being used.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http::{Extensions, Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{
    incoming::Incoming,
    pulse::{Pulse, Running},
};

/// The service for one connection: tells the pulse from when to when a request is answered, and adds what
/// is known of the peer.
pub(super) struct Counted<S> {
    pub(super) service: S,
    pub(super) pulse: Arc<Pulse>,
    pub(super) extensions: Extensions,
}

impl<S> Counted<S> {
    /// A request that carries what is known of the peer.
    pub(super) fn told(&self, mut request: Request<Incoming>) -> Request<Incoming> {
        if !self.extensions.is_empty() {
            request.extensions_mut().extend(self.extensions.clone());
        }
        request
    }
}

impl<S, B> hyper::service::Service<Request<hyper::body::Incoming>> for Counted<S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone,
{
    type Response = Response<Answer<B>>;
    type Error = Infallible;
    type Future = Answering<S>;

    fn call(&self, request: Request<hyper::body::Incoming>) -> Self::Future {
        let running = Some(self.pulse.begin());
        let request = self.told(request.map(Incoming::from));
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
        Answering { state, running }
    }
}

pin_project! {
    /// A request, until its answer's head is there.
    pub(super) struct Answering<S: Service<Request<Incoming>>> {
        #[pin]
        state: State<S, S::Future>,
        running: Option<Running>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, F> {
        Waiting { service: S, request: Option<Box<Request<Incoming>>> },
        Called { #[pin] answer: F },
    }
}

impl<S, B> Future for Answering<S>
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
                    return Poll::Ready(Ok(answer.map(|body| Answer {
                        body,
                        _running: running,
                    })));
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

pin_project! {
    /// The body of an answer, which is being given until this goes.
    pub(super) struct Answer<B> {
        #[pin]
        body: B,
        _running: Option<Running>,
    }
}

impl<B: Body<Data = Bytes>> Body for Answer<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
