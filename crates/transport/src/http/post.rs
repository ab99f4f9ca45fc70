//! POST: one message, or in one revision several.

use std::{future::poll_fn, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind,
    protocol::{
        Answered, Method, Params, Revision, answer_call,
        jsonrpc::{self, Answer, Frame, Message, Request},
        revision::lift,
    },
};
use futures_util::FutureExt as _;
use http::{Response, StatusCode, request::Parts};
use tokio::time::{Sleep, sleep};

use super::{
    accept::is_json,
    answer::{Refusal, events, json, refusal, refuse, status},
    body::Body,
    event_stream::{Bounds, EventStream, Reader},
    gate::Permit,
    legacy, modern,
    patience::within,
    read::read,
    service::{Answering, Sender, Served, Shared, at_once},
    sse::Sse,
};

/// The work of answering one call.
pub(crate) type Work = BoxFuture<'static, Answered>;

/// Answers a POST.
pub(crate) fn post<B>(shared: Arc<Shared>, parts: Parts, body: B) -> Served
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
{
    if !is_json(&parts.headers) {
        let words = "a message is JSON: `Content-Type: application/json`, and not packed";
        return at_once(Ok(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, words)));
    }
    if shared.settings.authenticator.is_none() {
        let sender = Sender::new(parts, None);
        return Box::pin(hear(shared, sender, body).map(Ok));
    }
    Box::pin(async move {
        Ok(match shared.sender(parts).await {
            Ok(sender) => hear(shared, sender, body).await,
            Err(refused) => *refused,
        })
    })
}

/// Reads the message of somebody who is known, and answers it.
async fn hear<B>(shared: Arc<Shared>, sender: Sender, body: B) -> Response<Body>
where
    B: http_body::Body,
{
    if !sender.accepts.json && !sender.accepts.events {
        let words = "answers are application/json or text/event-stream: accept them";
        return refuse(StatusCode::NOT_ACCEPTABLE, words);
    }
    let settings = &shared.settings;
    let limit = settings.limits.max_message_bytes();
    let body = match read(&sender.headers, body, limit, settings.body_timeout).await {
        Ok(body) => body,
        Err(refused) => return *refused,
    };
    let answer = match jsonrpc::read(body, &settings.limits) {
        Frame::One(Ok(Message::Request(request)))
            if modern::is_modern(&sender.headers, &request) =>
        {
            let is_stream = request.method == Method::Listen;
            match lifted(&sender, request) {
                Ok(call) if is_stream => here(shared, sender.on_its_own(), own(call)),
                Ok(call) => here(shared, sender, call),
                Err(refused) => return *refused,
            }
        }
        Frame::One(Ok(message)) => legacy::message(shared, sender, message),
        Frame::Batch(messages) => Box::pin(legacy::batch(shared, sender, messages)),
        Frame::One(Err(fault)) => {
            return json(StatusCode::BAD_REQUEST, fault.answer().unwrap_or_default());
        }
        // There are no other frames.
        _ => return refuse(StatusCode::BAD_REQUEST, "this is no message"),
    };
    answer.await
}

/// A call in bytes of its own, for streams that stay open: as it came it shares its connection's buffer.
fn own(call: Call) -> Call {
    let id = call.id().map(|id| Bytes::copy_from_slice(id));
    let params = (call.params().raw()).map(|text| Params::new(Bytes::copy_from_slice(text)));
    match (id, params) {
        (Some(id), Some(Ok(params))) => call.with_id(id).with_params(params),
        _ => call,
    }
}

/// The call that a request makes which says all by itself.
fn lifted(sender: &Sender, request: Request) -> Result<Call, Refusal> {
    let (id, method) = (request.id.clone(), request.method.clone());
    let lifted = modern::check(&sender.headers, &request).and_then(|()| lift(request, None));
    lifted.map_err(|error| {
        let status = match status(Revision::NEWEST, Some(error.kind())) {
            StatusCode::OK => StatusCode::BAD_REQUEST,
            status => status,
        };
        let error = Revision::NEWEST.lower_error(&error, &method);
        json(status, Answer::to(Some(&id)).error(&error)).into()
    })
}

/// Answers a call in the task of its connection: it ends with the connection, too.
pub(crate) fn here(shared: Arc<Shared>, sender: Sender, call: Call) -> Answering {
    let (revision, is_stream) = (call.revision(), *call.method() == Method::Listen);
    let id = call.id().cloned().unwrap_or_default();
    if is_stream && !sender.accepts.events {
        let words = "a stream of notifications is text/event-stream: accept it";
        return at_once(refuse(StatusCode::NOT_ACCEPTABLE, words));
    }
    let permit = match shared.permit(&sender, is_stream) {
        Ok(permit) => permit,
        Err(error) => {
            let refused = refusal(StatusCode::SERVICE_UNAVAILABLE, Some(&id), &error);
            return at_once(refused);
        }
    };
    let mut stream = EventStream::new(revision, shared.bounds());
    if is_stream {
        stream = stream.subscription(&id);
    }
    let (stream, accepts) = (Arc::new(stream), sender.accepts);
    let reader = stream.reader(None);
    let work = shared.work(sender, call, accepts.events.then(|| Arc::clone(&stream)));
    Box::pin(async move {
        let mut work = work;
        let settings = &shared.settings;
        let after = if accepts.events {
            settings.stream_after
        } else {
            settings.call_timeout.saturating_mul(2)
        };
        let first = first(&mut work, &reader, after).await;
        let sse = || Sse::new(reader, settings.keep_alive).permit(Some(permit));
        match first {
            Some(answered) => {
                let status = status(revision, answered.fault);
                // What says more than that there is an answer cannot be said by a stream.
                if (accepts.json || status != StatusCode::OK) && stream.is_silent() {
                    return json(status, answered.body);
                }
                stream.finish(Some(answered.body));
                events(sse())
            }
            None => events(sse().work(async move {
                let answered = work.await;
                stream.finish(Some(answered.body));
            })),
        }
    })
}

/// Waits for the answer, or for something that comes before it; for longer than `after`, and it is as if
/// something had.
async fn first(work: &mut Work, reader: &Reader, after: Duration) -> Option<Answered> {
    let mut late: Option<Pin<Box<Sleep>>> = None;
    poll_fn(|cx| {
        if let std::task::Poll::Ready(answered) = work.as_mut().poll(cx) {
            return std::task::Poll::Ready(Some(answered));
        }
        if reader.poll_first(cx).is_ready() {
            return std::task::Poll::Ready(None);
        }
        let late = late.get_or_insert_with(|| Box::pin(sleep(after)));
        late.as_mut().poll(cx).map(|()| None)
    })
    .await
}

impl Shared {
    /// How much a stream may hold.
    pub(crate) fn bounds(&self) -> Bounds {
        Bounds {
            unread: self.settings.unread_bytes,
            replay: self.settings.replay_bytes,
            rates: self.settings.rates,
            patience: self.settings.question_timeout,
        }
    }

    /// Lets one more call or stream in.
    pub(crate) fn permit(&self, sender: &Sender, is_stream: bool) -> Result<Permit, Error> {
        let gate = if is_stream {
            &self.streams
        } else {
            &self.calls
        };
        (gate.enter(sender.key.as_ref()))
            .ok_or_else(|| Error::new(Kind::Overloaded, "too much is being answered at once"))
    }

    /// The work of answering `call`, which tells its caller through `stream`.
    pub(crate) fn work(
        &self,
        sender: Sender,
        mut call: Call,
        stream: Option<Arc<EventStream>>,
    ) -> Work {
        let Sender {
            headers,
            extensions,
            principal,
            ..
        } = sender;
        call = call.with_headers(headers);
        if let Some(principal) = principal {
            call = call.with_principal(principal);
        }
        if let Some(stream) = stream {
            call = call.with_peer(stream as _);
        }
        if !extensions.is_empty() {
            call.extensions_mut().insert(extensions);
        }
        in_time(Arc::clone(&self.endpoint), call, self.settings.call_timeout)
    }
}

/// The answer to `call`, within `patience`. Streams of notifications may take as long as they like.
fn in_time(endpoint: Arc<dyn Endpoint>, call: Call, patience: Duration) -> Work {
    if *call.method() == Method::Listen {
        return Box::pin(async move { answer_call(&*endpoint, call).await });
    }
    Box::pin(async move {
        let (revision, method, id) = (call.revision(), call.method().clone(), call.id().cloned());
        let answered = within(patience, answer_call(&*endpoint, call)).await;
        answered.unwrap_or_else(|| {
            let error = Error::new(Kind::Timeout, "the call took too long");
            Answered {
                body: Answer::to(id.as_deref()).error(&revision.lower_error(&error, &method)),
                fault: Some(error.kind()),
            }
        })
    })
}
