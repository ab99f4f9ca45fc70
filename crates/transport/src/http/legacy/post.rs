//! What a POST does in a session, or opens one.

use std::{future::poll_fn, pin::Pin, sync::Arc, task::Poll};

use bytes::Bytes;
use fmcp_core::{
    Error, Kind, Notice, Session,
    protocol::{
        Answered, Method, Revision,
        jsonrpc::{Answer, Fault, Message, Notification, Request},
        model::ClientCapabilities,
        revision::{Handshake, lift},
    },
};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::json as value;
use tokio::time::{Sleep, sleep};

use super::{
    live::Live,
    moment::Moment,
    sessions::{Lost, Sessions},
};
use crate::http::{
    answer::{PROTOCOL_VERSION, Refusal, SESSION_ID, bare, events, json, refusal, refuse},
    body::Body,
    event_stream::{EventStream, Reader},
    fields::{Field, McpFields},
    post::run,
    running::{Next, Running},
    service::{Sender, Shared},
    sse::Sse,
};

/// Answers a message that does not say all by itself.
pub(crate) fn message(
    shared: &Arc<Shared>,
    sender: Sender,
    live: Option<Arc<Live>>,
    message: Message,
) -> Next {
    match message {
        Message::Request(request) if Handshake::is(&request) => {
            handshake(shared, sender, request, live.is_some())
        }
        Message::Request(request) => match live {
            Some(live) => call(shared, sender, live, request),
            None => alone(shared, sender, request),
        },
        message => no_request(shared, sender, live, message),
    }
}

// What is not a call is rarer than a call, and its code does not lie in the way of those.
#[inline(never)]
fn handshake(shared: &Arc<Shared>, sender: Sender, request: Request, is_open: bool) -> Next {
    let shared = Arc::clone(shared);
    Next::Wait(Box::pin(initialize(shared, sender, request, is_open)))
}

#[inline(never)]
fn no_request(
    shared: &Arc<Shared>,
    sender: Sender,
    live: Option<Arc<Live>>,
    message: Message,
) -> Next {
    match message {
        Message::Notification(notification) => {
            let shared = Arc::clone(shared);
            Next::Wait(Box::pin(async move {
                match hear(&shared, &sender, live.as_deref(), notification).await {
                    Ok(()) => bare(StatusCode::ACCEPTED),
                    Err(error) => refusal(StatusCode::SERVICE_UNAVAILABLE, None, &error),
                }
            }))
        }
        Message::Response(response) => match live {
            // Whether anybody still waits for it is no fault of whoever answers.
            Some(live) => {
                live.answer(response);
                bare(StatusCode::ACCEPTED).into()
            }
            None => refuse(StatusCode::BAD_REQUEST, "nobody has asked anything").into(),
        },
        // There are no other messages.
        _ => refuse(StatusCode::BAD_REQUEST, "this is no message").into(),
    }
}

/// The session that the request says it belongs to.
pub(crate) fn session(
    shared: &Shared,
    sender: &Sender,
    fields: &McpFields<'_>,
) -> Result<Option<Arc<Live>>, Refusal> {
    if fields.revision.is_none()
        && let Some(version) = only(fields.version, &PROTOCOL_VERSION)?
    {
        return Err(unsupported(version));
    }
    if !shared.settings.sessions {
        return Ok(None);
    }
    let Some(id) = only(fields.session, &SESSION_ID)? else {
        return Ok(None);
    };
    let found = shared.sessions.find(id.as_bytes(), sender.key.as_ref());
    let live = found.map_err(lost)?;
    // It was opened earlier, or elsewhere.
    attend(shared, sender, id.as_bytes(), &live, true);
    Ok(Some(live))
}

/// Tells the endpoint of a session that it does not know yet.
fn attend(shared: &Shared, sender: &Sender, id: &[u8], live: &Arc<Live>, is_ready: bool) {
    live.attend(|| {
        let principal = sender.principal.clone();
        let line = shared.sessions.line(id, live, principal, is_ready);
        shared.endpoint.connect(line)
    });
}

#[cold]
fn unsupported(version: &HeaderValue) -> Refusal {
    let Ok(version) = version.to_str() else {
        return unclear(&PROTOCOL_VERSION);
    };
    let error = Error::new(Kind::UnsupportedRevision, "Unsupported protocol version");
    let known = Revision::ALL.iter().rev();
    let supported: Vec<_> = known.map(|known| known.as_str()).collect();
    let error = error.data(value!({"supported": supported, "requested": version}));
    refusal(StatusCode::BAD_REQUEST, None, &error).into()
}

/// The one header of this name.
fn only<'a>(field: Field<'a>, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Refusal> {
    match field {
        Field::Absent => Ok(None),
        Field::Once(value) => Ok(Some(value)),
        Field::Repeated => Err(unclear(name)),
    }
}

#[cold]
fn unclear(name: &HeaderName) -> Refusal {
    let words = format!("there must be one {name} header, and it must be readable");
    refuse(StatusCode::BAD_REQUEST, words).into()
}

#[cold]
pub(super) fn lost(lost: Lost) -> Response<Body> {
    match lost {
        Lost::Unknown => {
            let words = "there is no such session (any more): open one with `initialize`";
            refuse(StatusCode::NOT_FOUND, words)
        }
        Lost::Full => {
            let words = "there is no room for another session";
            refuse(StatusCode::SERVICE_UNAVAILABLE, words)
        }
    }
}

/// Opens a session.
async fn initialize(
    shared: Arc<Shared>,
    sender: Sender,
    request: Request,
    is_open: bool,
) -> Response<Body> {
    let answer = Answer::to(Some(&request.id));
    if is_open {
        let error = Error::new(Kind::InvalidRequest, "this session is open already");
        return json(StatusCode::BAD_REQUEST, answer.error(&error.to_object()));
    }
    let handshake = match Handshake::read(&request.params) {
        Ok(handshake) => handshake,
        Err(error) => {
            let error = Revision::NEWEST_LEGACY.lower_error(&error, &request.method);
            return json(StatusCode::OK, answer.error(&error));
        }
    };
    let Some(name) = Sessions::name() else {
        return lost(Lost::Full);
    };
    let mut opening = None;
    let mut session = Arc::new(handshake.session(name));
    if shared.settings.sessions {
        opening = match shared.sessions.begin(&session, sender.key.as_ref()) {
            Ok(opening) => Some(opening),
            Err(full) => return lost(full),
        };
    }
    if let Some(opening) = &opening {
        session = Arc::clone(opening.session());
    }
    let permit = match shared.permit(&sender, false) {
        Ok(permit) => permit,
        Err(error) => {
            return refusal(StatusCode::SERVICE_UNAVAILABLE, Some(&request.id), &error);
        }
    };
    let call = Handshake::call(request, session);
    let again = sender.again();
    let Answered { body, fault } = shared.silent_work(sender, call).await;
    drop(permit);
    let mut response = json(StatusCode::OK, body);
    if fault.is_none()
        && let Some(opening) = opening
        && let Ok(id) = HeaderValue::try_from(opening.id())
    {
        let live = shared.sessions.open(opening);
        attend(&shared, &again, id.as_bytes(), &live, false);
        response.headers_mut().insert(SESSION_ID, id);
    }
    response
}

/// Answers a request without a session.
#[inline(never)]
fn alone(shared: &Shared, sender: Sender, request: Request) -> Next {
    let id = request.id.clone();
    let session = alone_in(shared, &sender);
    match lift(request, session) {
        Ok(call) => run(shared, sender, call),
        Err(error) => refusal(StatusCode::BAD_REQUEST, Some(&id), &error).into(),
    }
}

/// Where there are no sessions: what stands in for one while a request is answered.
fn alone_in(shared: &Shared, sender: &Sender) -> Option<Arc<Session>> {
    if shared.settings.sessions {
        return None;
    }
    let revision = McpFields::of(&sender.headers).revision;
    // What who does not name a revision speaks, as the specification has it.
    let revision = revision.unwrap_or(Revision::V2025_03_26);
    let nobody = ClientCapabilities::default();
    Some(Arc::new(Session::new("", revision, None, nobody)))
}

/// What an answer says again, of the request that it answers.
pub(crate) struct Asked {
    id: Bytes,
    method: Method,
    revision: Revision,
}

impl Asked {
    #[cold]
    fn refuse(&self, status: StatusCode, error: &Error) -> Response<Body> {
        let error = self.revision.lower_error(error, &self.method);
        json(status, Answer::to(Some(&self.id)).error(&error))
    }
}

/// Lets a request of a session run.
fn call(shared: &Shared, sender: Sender, live: Arc<Live>, request: Request) -> Next {
    let session = Arc::clone(&live.session);
    let asked = Asked {
        id: request.id.clone(),
        method: request.method.clone(),
        revision: session.revision(),
    };
    let call = match lift(request, Some(session)) {
        Ok(call) => call,
        Err(error) => return asked.refuse(StatusCode::OK, &error).into(),
    };
    let most = shared.settings.session_calls;
    let admitted = (shared.permit(&sender, false))
        .and_then(|permit| Ok((permit, live.call(&asked.id, most, shared.bounds())?)));
    let (permit, reader) = match admitted {
        Ok(admitted) => admitted,
        Err(error) => return asked.refuse(status_of(&error), &error).into(),
    };
    Next::Run(Running {
        accepts: sender.accepts,
        work: shared.work(sender, call, &reader),
        reader,
        permit,
        session: Some((live, asked)),
    })
}

/// Answers a request that was not answered at once, or has told something by then. It runs on even if the
/// caller goes.
pub(crate) async fn later(
    shared: Arc<Shared>,
    live: Arc<Live>,
    asked: Asked,
    running: Running,
    now: Poll<Answered>,
) -> Response<Body> {
    let Running {
        work,
        reader,
        permit,
        accepts,
        ..
    } = running;
    let stream = Arc::clone(reader.stream());
    match now {
        Poll::Ready(answered) => stream.finish(Some(answered.body)),
        Poll::Pending => {
            let fills = Arc::clone(&stream);
            let work = async move {
                let answered = work.await;
                fills.finish(Some(answered.body));
                drop(permit);
            };
            let most = shared.settings.session_calls;
            if let Err(error) = live.run(&asked.id, &stream, most, work) {
                return asked.refuse(status_of(&error), &error);
            }
        }
    }
    if accepts.json {
        let patience = shared.settings.stream_after;
        first(&reader, accepts.events.then_some(patience)).await;
        if let Some(answer) = stream.take_lone_answer() {
            return json(StatusCode::OK, answer);
        }
        if !accepts.events {
            let error = Error::new(Kind::Cancelled, "the request was cancelled");
            return asked.refuse(StatusCode::OK, &error);
        }
    }
    live.keep(&stream);
    let sse = read(&shared, &live, reader);
    events(prime(sse, &stream, shared.settings.retry))
}

/// The status that a request is refused by before it runs.
fn status_of(error: &Error) -> StatusCode {
    if error.kind() == Kind::Overloaded {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::BAD_REQUEST
    }
}

/// A stream of a session, as it is read. Its reader goes where it can come back: after a while, if the
/// server says so.
pub(super) fn read(shared: &Shared, live: &Arc<Live>, reader: Reader) -> Sse {
    let settings = &shared.settings;
    let stream = reader.stream();
    let after = (settings.poll_after).filter(|_| stream.is_primed() && stream.number().is_some());
    let live = Arc::clone(live);
    Sse::new(reader, settings.keep_alive)
        .poll_after(after, settings.retry)
        // Who has been reading has been here.
        .afterwards(move || live.touch(Moment::now()))
}

/// Lets the stream begin with an event that carries nothing but its id, where clients know such.
pub(super) fn prime(sse: Sse, stream: &EventStream, retry: std::time::Duration) -> Sse {
    if stream.is_primed() {
        sse.primed(retry)
    } else {
        sse
    }
}

/// Waits for something to be told or answered; for so long at most.
async fn first(reader: &Reader, patience: Option<std::time::Duration>) {
    let mut late: Option<Pin<Box<Sleep>>> = None;
    poll_fn(|cx| {
        if reader.poll_first(cx).is_ready() {
            return Poll::Ready(());
        }
        let Some(patience) = patience else {
            return Poll::Pending;
        };
        let late = late.get_or_insert_with(|| Box::pin(sleep(patience)));
        late.as_mut().poll(cx)
    })
    .await;
}

/// Hears a notification, if there is room for somebody to hear it. That something is not wanted any more
/// makes room, and is always heard.
async fn hear(
    shared: &Shared,
    sender: &Sender,
    live: Option<&Live>,
    notification: Notification,
) -> Result<(), Error> {
    let Notification { topic, params, .. } = notification;
    match (Notice::read(topic, params), live) {
        (Notice::Cancelled(cancelled), Some(live)) => {
            live.cancel(cancelled.request_id.as_json().as_bytes());
        }
        (Notice::Cancelled(_), None) => {}
        (notice, _) => {
            let _permit = shared.permit(sender, false)?;
            let attendant = live.and_then(Live::attended_by);
            let heard = attendant
                .as_ref()
                .unwrap_or(&shared.endpoint)
                .notify(notice);
            // Who hears too slowly does not hear: nobody waits for the answer to a notification.
            let _ = tokio::time::timeout(shared.settings.body_timeout, heard).await;
        }
    }
    Ok(())
}

/// Answers a batch, in the revision that has them.
pub(crate) async fn batch(
    shared: Arc<Shared>,
    sender: Sender,
    messages: Vec<Result<Message, Fault>>,
) -> Response<Body> {
    let live = match session(&shared, &sender, &McpFields::of(&sender.headers)) {
        Ok(live) => live,
        Err(refused) => return *refused,
    };
    let session = match &live {
        Some(live) => Some(Arc::clone(&live.session)),
        None => alone_in(&shared, &sender),
    };
    let Some(session) = session.filter(|session| session.revision().has_batches()) else {
        let words = "batches are part of revision 2025-03-26 only";
        return refuse(StatusCode::BAD_REQUEST, words);
    };
    let mut answers: Vec<Bytes> = Vec::new();
    for message in messages {
        match message {
            Err(fault) => answers.extend(fault.answer().map(Bytes::from)),
            Ok(Message::Request(request)) => {
                answers.push(answer_one(&shared, &sender, &session, request).await);
            }
            Ok(Message::Notification(notification)) => {
                let heard = hear(&shared, &sender, live.as_deref(), notification).await;
                if let Err(error) = heard {
                    tracing::debug!(%error, "a notification of a batch was not heard");
                }
            }
            Ok(Message::Response(response)) => {
                live.as_ref().map(|live| live.answer(response));
            }
            Ok(_) => {}
        }
    }
    if answers.is_empty() {
        return bare(StatusCode::ACCEPTED);
    }
    let mut body = vec![b'['];
    body.extend_from_slice(&answers.join(&b','));
    body.push(b']');
    json(StatusCode::OK, body)
}

/// Answers one request of a batch. What is told meanwhile has no stream of its own, and is not told.
async fn answer_one(
    shared: &Shared,
    sender: &Sender,
    session: &Arc<Session>,
    request: Request,
) -> Bytes {
    let answer = Answer::to(Some(&request.id));
    if Handshake::is(&request) || request.params.protocol_version().is_some() {
        let words = "only requests of the session's own revision may stand in a batch";
        let error = Error::new(Kind::InvalidRequest, words);
        return answer.error(&error.to_object()).into();
    }
    let (session, method) = (Arc::clone(session), request.method.clone());
    let revision = session.revision();
    let refused = |error: &Error| answer.error(&revision.lower_error(error, &method)).into();
    let call = match lift(request, Some(session)) {
        Ok(call) => call,
        Err(error) => return refused(&error),
    };
    let _permit = match shared.permit(sender, false) {
        Ok(permit) => permit,
        Err(error) => return refused(&error),
    };
    shared.silent_work(sender.again(), call).await.body.into()
}
