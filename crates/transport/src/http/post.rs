//! POST: one message, or in one revision several.

use std::{convert::Infallible, sync::Arc, task::Poll, time::Duration};

use bytes::Bytes;
use fmcp_core::{
    Call, Endpoint, Error, Kind,
    protocol::{
        Answered, Method, Params, Revision, answer_call,
        jsonrpc::{self, Answer, Frame, Message, Request},
        revision::lift,
    },
};
use http::{Response, StatusCode, request::Parts};

use super::{
    accept::Accepts,
    answer::{Refusal, json, refusal, refuse, status},
    body::Body,
    event_stream::{Bounds, EventStream, Reader},
    fields::McpFields,
    gate::Permit,
    legacy, modern,
    patience::within,
    running::{Next, Running, Work},
    service::{Sender, Served, Shared, at_once},
};

/// Answers a POST of JSON.
pub(crate) fn post<B>(shared: Arc<Shared>, parts: Parts, accepts: Accepts, body: B) -> Served
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
{
    if !accepts.json && !accepts.events {
        let words = "answers are application/json or text/event-stream: accept them";
        return at_once(Ok(refuse(StatusCode::NOT_ACCEPTABLE, words)));
    }
    if shared.settings.authenticator.is_none() {
        let sender = Sender::new(parts, accepts, None);
        return Box::pin(hear(shared, sender, body));
    }
    Box::pin(async move {
        match shared.sender(parts, accepts).await {
            Ok(sender) => hear(shared, sender, body).await,
            Err(refused) => Ok(*refused),
        }
    })
}

/// Reads the message of somebody who is known, and answers it.
async fn hear<B>(shared: Arc<Shared>, sender: Sender, body: B) -> Result<Response<Body>, Infallible>
where
    B: http_body::Body,
{
    let (body, _held) = match shared.read(body).await {
        Ok(received) => received,
        Err(refused) => return Ok(*refused),
    };
    let mut running = match begin(&shared, sender, body) {
        Next::Run(running) => running,
        Next::Answer(response) => return Ok(*response),
        Next::Wait(answering) => return Ok(answering.await),
    };
    let mut now = running.now().await;
    if let Poll::Ready(answered) = &mut now
        && let Some(response) = running.json(answered)
    {
        return Ok(response);
    }
    // Boxed, so that what is answered at once does not carry the room that this needs.
    Ok(Box::pin(running.later(shared, now)).await)
}

/// Makes of a body what comes after it.
fn begin(shared: &Arc<Shared>, sender: Sender, body: Bytes) -> Next {
    match jsonrpc::read(body, &shared.settings.limits) {
        Frame::One(Ok(message)) => begin_one(shared, sender, message),
        frame => begin_rare(shared, sender, frame),
    }
}

#[cold]
fn begin_rare(shared: &Arc<Shared>, sender: Sender, frame: Frame) -> Next {
    match frame {
        Frame::Batch(messages) => {
            let batch = legacy::batch(Arc::clone(shared), sender, messages);
            Next::Wait(Box::pin(batch))
        }
        Frame::One(Err(fault)) => {
            json(StatusCode::BAD_REQUEST, fault.answer().unwrap_or_default()).into()
        }
        // There are no other frames.
        _ => refuse(StatusCode::BAD_REQUEST, "this is no message").into(),
    }
}

fn begin_one(shared: &Arc<Shared>, sender: Sender, message: Message) -> Next {
    let fields = McpFields::of(&sender.headers);
    match message {
        Message::Request(request) if modern::is_modern(&fields, &request) => {
            match lifted(&fields, request) {
                Ok(call) if *call.method() == Method::Listen => {
                    run(shared, sender.on_its_own(), own(call))
                }
                Ok(call) => run(shared, sender, call),
                Err(refused) => Next::Answer(refused),
            }
        }
        message => match legacy::session(shared, &sender, &fields) {
            Ok(live) => legacy::message(shared, sender, live, message),
            Err(refused) => Next::Answer(refused),
        },
    }
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
fn lifted(fields: &McpFields<'_>, request: Request) -> Result<Call, Refusal> {
    let (id, method) = (request.id.clone(), request.method.clone());
    let lifted = modern::check(fields, &request).and_then(|()| lift(request, None));
    lifted.map_err(|error| {
        let status = match status(Revision::NEWEST, Some(error.kind())) {
            StatusCode::OK => StatusCode::BAD_REQUEST,
            status => status,
        };
        let error = Revision::NEWEST.lower_error(&error, &method);
        json(status, Answer::to(Some(&id)).error(&error)).into()
    })
}

/// Lets a call run in the task of its connection: it ends with the connection, too.
pub(crate) fn run(shared: &Shared, sender: Sender, call: Call) -> Next {
    let is_stream = *call.method() == Method::Listen;
    let accepts = sender.accepts;
    if is_stream && !accepts.events {
        let words = "a stream of notifications is text/event-stream: accept it";
        return refuse(StatusCode::NOT_ACCEPTABLE, words).into();
    }
    let permit = match shared.permit(&sender, is_stream) {
        Ok(permit) => permit,
        Err(error) => {
            let id = call.id().map(AsRef::as_ref);
            return refusal(StatusCode::SERVICE_UNAVAILABLE, id, &error).into();
        }
    };
    let mut stream = EventStream::new(call.revision(), shared.bounds());
    if is_stream && let Some(id) = call.id() {
        stream = stream.subscription(id);
    }
    let reader = stream.first_reader();
    Next::Run(Running {
        work: shared.work(sender, call, &reader),
        reader,
        permit,
        accepts,
        session: None,
    })
}

impl Shared {
    /// How much a stream may hold.
    pub(crate) fn bounds(&self) -> Bounds {
        Bounds {
            // Without any room, nothing would ever be read.
            unread: self.settings.unread_bytes.max(1),
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

    /// The work of answering `call`, which tells its caller what `reader` reads, if the caller takes that.
    pub(crate) fn work(&self, sender: Sender, call: Call, reader: &Reader) -> Work {
        if sender.accepts.events {
            let peer = Arc::clone(reader.stream());
            self.silent_work(sender, call.with_peer(peer as _))
        } else {
            self.silent_work(sender, call)
        }
    }

    /// The work of answering `call`, which cannot tell its caller anything meanwhile.
    pub(crate) fn silent_work(&self, sender: Sender, mut call: Call) -> Work {
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
