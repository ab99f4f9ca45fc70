//! What a POST does in a session, or opens one.

use std::{future::poll_fn, pin::Pin, sync::Arc, task::Poll};

use bytes::Bytes;
use fmcp_core::{
    Error, Kind, Notice, Session,
    protocol::{
        Answered, Method, Revision, answer_call,
        jsonrpc::{Answer, Fault, Message, Notification, Request},
        model::ClientCapabilities,
        revision::{Handshake, lift},
    },
};
use http::{HeaderValue, Response, StatusCode};
use tokio::time::{Sleep, sleep};

use super::{
    live::Live,
    sessions::{Lost, Sessions},
};
use crate::http::{
    answer::{PROTOCOL_VERSION, Refusal, SESSION_ID, bare, events, json, refusal, refuse},
    body::Body,
    event_stream::EventStream,
    post::{Work, here},
    service::{Answering, Sender, Shared, at_once},
    sse::Sse,
};

/// Answers a message that does not say all by itself.
pub(crate) fn message(shared: Arc<Shared>, sender: Sender, message: Message) -> Answering {
    let live = match session(&shared, &sender) {
        Ok(live) => live,
        Err(refused) => return at_once(*refused),
    };
    match message {
        Message::Request(request) if Handshake::is(&request) => {
            Box::pin(initialize(shared, sender, request, live.is_some()))
        }
        Message::Request(request) => match live {
            Some(live) => call(shared, sender, live, request),
            None => alone(shared, sender, request),
        },
        Message::Notification(notification) => Box::pin(async move {
            hear(&shared, live.as_deref(), notification).await;
            bare(StatusCode::ACCEPTED)
        }),
        Message::Response(response) => at_once(match live {
            Some(live) if live.questions().answer(response) => bare(StatusCode::ACCEPTED),
            Some(_) => bare(StatusCode::ACCEPTED),
            None => refuse(StatusCode::BAD_REQUEST, "nobody has asked anything"),
        }),
        // There are no other messages.
        _ => at_once(refuse(StatusCode::BAD_REQUEST, "this is no message")),
    }
}

/// The session that the request says it belongs to.
pub(super) fn session(shared: &Shared, sender: &Sender) -> Result<Option<Arc<Live>>, Refusal> {
    if let Some(version) = sender.headers.get(PROTOCOL_VERSION)
        && !version
            .to_str()
            .is_ok_and(|version| Revision::parse(version).is_some())
    {
        let words = "the revision that the MCP-Protocol-Version header names is not spoken here";
        return Err(refuse(StatusCode::BAD_REQUEST, words).into());
    }
    let Some(id) = sender
        .headers
        .get(SESSION_ID)
        .filter(|_| shared.settings.sessions)
    else {
        return Ok(None);
    };
    let found = match id.to_str() {
        Ok(id) => shared.sessions.find(id, sender.key.as_ref()),
        Err(_) => Err(Lost::Unknown),
    };
    found.map(Some).map_err(|reason| lost(reason).into())
}

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
    let room = match shared.settings.sessions {
        true => match shared.sessions.room(sender.key.as_ref()) {
            Ok(permit) => Some(permit),
            Err(full) => return lost(full),
        },
        false => None,
    };
    let session = Arc::new(handshake.session(name));
    let mut call = Handshake::call(request, Arc::clone(&session)).with_headers(sender.headers);
    if let Some(principal) = sender.principal {
        call = call.with_principal(principal);
    }
    let Answered { body, fault } = answer_call(&*shared.endpoint, call).await;
    let mut response = json(StatusCode::OK, body);
    if fault.is_none()
        && let Some(permit) = room
    {
        let id = shared.sessions.open(session, sender.key, permit);
        let Some(id) = id.and_then(|id| HeaderValue::try_from(id).ok()) else {
            return lost(Lost::Full);
        };
        response.headers_mut().insert(SESSION_ID, id);
    }
    response
}

/// Answers a request without a session.
fn alone(shared: Arc<Shared>, sender: Sender, request: Request) -> Answering {
    let id = request.id.clone();
    let session = (!shared.settings.sessions).then(|| {
        let revision = sender
            .headers
            .get(PROTOCOL_VERSION)
            .and_then(|version| Revision::parse(version.to_str().ok()?));
        // What who does not name a revision speaks, as the specification has it.
        let revision = revision.unwrap_or(Revision::V2025_03_26);
        let nobody = ClientCapabilities::default();
        Arc::new(Session::new("", revision, None, nobody))
    });
    match lift(request, session) {
        Ok(call) => here(shared, sender, call),
        Err(error) => at_once(refusal(StatusCode::BAD_REQUEST, Some(&id), &error)),
    }
}

/// What an answer says again, of the request that it answers.
struct Asked {
    id: Bytes,
    method: Method,
    revision: Revision,
}

impl Asked {
    fn refuse(&self, status: StatusCode, error: &Error) -> Response<Body> {
        let error = self.revision.lower_error(error, &self.method);
        json(status, Answer::to(Some(&self.id)).error(&error))
    }
}

/// Answers a request of a session. What is not answered at once runs on even if the caller goes.
fn call(shared: Arc<Shared>, sender: Sender, live: Arc<Live>, request: Request) -> Answering {
    let session = Arc::clone(&live.session);
    let asked = Asked {
        id: request.id.clone(),
        method: request.method.clone(),
        revision: session.revision(),
    };
    let call = match lift(request, Some(session)) {
        Ok(call) => call,
        Err(error) => return at_once(asked.refuse(StatusCode::OK, &error)),
    };
    let permit = match shared.permit(&sender, false) {
        Ok(permit) => permit,
        Err(error) => return at_once(asked.refuse(StatusCode::SERVICE_UNAVAILABLE, &error)),
    };
    let accepts = sender.accepts;
    let stream = Arc::new(live.stream(shared.bounds()));
    let work = shared.work(sender, call, accepts.events.then(|| Arc::clone(&stream)));
    Box::pin(async move {
        let mut work = work;
        let now = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await;
        match now {
            Poll::Ready(answered) if accepts.json && stream.is_silent() => {
                return json(StatusCode::OK, answered.body);
            }
            Poll::Ready(answered) => stream.finish(Some(answered.body)),
            Poll::Pending => {
                let fills = Arc::clone(&stream);
                let work = async move {
                    let answered = work.await;
                    fills.finish(Some(answered.body));
                    drop(permit);
                };
                let most = shared.settings.session_calls;
                if let Err(error) = live.run(&asked.id, Arc::clone(&stream), most, work) {
                    return asked.refuse(StatusCode::OK, &error);
                }
            }
        }
        if accepts.json {
            let patience = shared.settings.stream_after;
            first(&stream, accepts.events.then_some(patience)).await;
            if let Some(answer) = stream.take_lone_answer() {
                return json(StatusCode::OK, answer);
            }
        }
        live.keep(&stream, false);
        events(read(&shared, &stream))
    })
}

/// The stream of a call, to be read.
pub(super) fn read(shared: &Shared, stream: &Arc<EventStream>) -> Sse {
    let settings = &shared.settings;
    let after = settings.poll_after.filter(|_| stream.is_primed());
    let sse =
        Sse::new(Arc::clone(stream), settings.keep_alive, None).poll_after(after, settings.retry);
    prime(sse, stream, settings.retry)
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
async fn first(stream: &EventStream, patience: Option<std::time::Duration>) {
    let mut late: Option<Pin<Box<Sleep>>> = None;
    poll_fn(|cx| {
        if stream.poll_first(cx).is_ready() {
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

async fn hear(shared: &Shared, live: Option<&Live>, notification: Notification) {
    let Notification { topic, params, .. } = notification;
    match (Notice::read(topic, params), live) {
        (Notice::Cancelled(cancelled), Some(live)) => {
            live.cancel(cancelled.request_id.as_json().as_bytes());
        }
        (Notice::Cancelled(_), None) => {}
        (notice, _) => {
            let heard = shared.endpoint.notify(notice);
            // Who hears too slowly does not hear: nobody waits for the answer to a notification.
            let _ = tokio::time::timeout(shared.settings.body_timeout, heard).await;
        }
    }
}

/// Answers a batch, in the revision that has them.
pub(crate) async fn batch(
    shared: Arc<Shared>,
    sender: Sender,
    messages: Vec<Result<Message, Fault>>,
) -> Response<Body> {
    let live = match session(&shared, &sender) {
        Ok(live) => live,
        Err(refused) => return *refused,
    };
    let Some(live) = live.filter(|live| live.session.revision().has_batches()) else {
        let words = "batches are part of revision 2025-03-26 only";
        return refuse(StatusCode::BAD_REQUEST, words);
    };
    let mut answers: Vec<Bytes> = Vec::new();
    for message in messages {
        match message {
            Err(fault) => answers.extend(fault.answer().map(Bytes::from)),
            Ok(Message::Request(request)) => {
                answers.push(answer_one(&shared, &sender, &live, request).await);
            }
            Ok(Message::Notification(notification)) => {
                hear(&shared, Some(&*live), notification).await;
            }
            Ok(Message::Response(response)) => drop(live.questions().answer(response)),
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
async fn answer_one(shared: &Shared, sender: &Sender, live: &Live, request: Request) -> Bytes {
    let answer = Answer::to(Some(&request.id));
    if Handshake::is(&request) || request.params.protocol_version().is_some() {
        let words = "only requests of the session's own revision may stand in a batch";
        let error = Error::new(Kind::InvalidRequest, words);
        return answer.error(&error.to_object()).into();
    }
    let (session, method) = (Arc::clone(&live.session), request.method.clone());
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
    let alike = Sender {
        headers: Arc::clone(&sender.headers),
        extensions: sender.extensions.clone(),
        principal: sender.principal.clone(),
        key: sender.key.clone(),
        accepts: sender.accepts,
    };
    let work: Work = shared.work(alike, call, None);
    work.await.body.into()
}
