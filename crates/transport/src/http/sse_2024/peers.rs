//! Opening streams, and finding the stream that a POST belongs to.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fmcp_core::{
    Carrier,
    protocol::jsonrpc::{self, Frame},
};
use futures_util::FutureExt as _;
use http::{HeaderValue, Method, Response, StatusCode, Uri, header, request::Parts};

use super::{calls::Calls, paths::Sse2024, stream::Stream};
use crate::{
    duplex::{self, Connection},
    http::{
        answer::{bare, json, lasting_events, refuse},
        body::Body,
        fields::HttpFields,
        legacy::Sessions,
        service::{Sender, Shared, not_json},
    },
    notice::Queue,
};

/// The parameter of a POST that says which stream it belongs to.
const SESSION: &str = "session_id";

/// Everybody whose stream is open.
pub(crate) struct Peers {
    paths: Sse2024,
    open: Table,
}

type Table = Arc<Mutex<HashMap<Arc<str>, Arc<Inbox>>>>;

/// What a peer has posted and nobody has read yet.
pub(super) struct Inbox {
    pub(super) messages: Queue,
    /// Whose it is.
    principal: Option<Arc<str>>,
}

/// A peer's place among the others, as long as its stream is open.
pub(super) struct Place {
    name: Arc<str>,
    inbox: Arc<Inbox>,
    open: Table,
}

impl Place {
    pub(super) fn messages(&self) -> &Queue {
        &self.inbox.messages
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Whoever has found it just now is told that it is gone.
        self.inbox.messages.close();
        lock(&self.open).remove(&self.name);
    }
}

impl Peers {
    pub(crate) fn new(paths: Sse2024) -> Self {
        Self {
            paths,
            open: Table::default(),
        }
    }

    /// Whether a path is one of these.
    pub(crate) fn are_at(&self, path: &str) -> bool {
        self.paths.methods(path).is_some()
    }

    /// Answers a request to one of the two paths. Who may call at all has been checked.
    pub(crate) async fn answer<B>(
        &self,
        shared: &Arc<Shared>,
        parts: Parts,
        body: B,
    ) -> Response<Body>
    where
        B: http_body::Body + Send,
        B::Data: Send,
    {
        let Some(cors) = &shared.settings.cors else {
            return self.route(shared, parts, body).await;
        };
        let (asked, is_preflight) = (parts.headers.clone(), parts.method == Method::OPTIONS);
        let mut response = if is_preflight {
            bare(StatusCode::NO_CONTENT)
        } else {
            self.route(shared, parts, body).await
        };
        cors.decorate(&asked, response.headers_mut(), is_preflight);
        response
    }

    async fn route<B>(&self, shared: &Arc<Shared>, parts: Parts, body: B) -> Response<Body>
    where
        B: http_body::Body + Send,
        B::Data: Send,
    {
        let path = parts.uri.path();
        let methods = self.paths.methods(path).unwrap_or_default();
        if shared.drain.has_begun() {
            return refuse(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping");
        }
        match parts.method {
            Method::GET if path == self.paths.stream_path() => self.stream(shared, parts).await,
            Method::POST if path == self.paths.messages_path() => {
                self.message(shared, parts, body).await
            }
            _ => {
                let words = format!("this method is not for here; there is {methods}");
                let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, words);
                let allowed = HeaderValue::from_static(methods);
                response.headers_mut().insert(header::ALLOW, allowed);
                response
            }
        }
    }

    /// GET: opens a stream.
    async fn stream(&self, shared: &Arc<Shared>, parts: Parts) -> Response<Body> {
        let accepts = HttpFields::of(&parts.headers).accepts();
        let sender = match shared.sender(parts, accepts).await {
            Ok(sender) => sender,
            Err(refused) => return *refused,
        };
        if !sender.accepts.events {
            let words = "a stream is text/event-stream: accept it";
            return refuse(StatusCode::NOT_ACCEPTABLE, words);
        }
        let full = || {
            let words = "too many streams are open";
            refuse(StatusCode::SERVICE_UNAVAILABLE, words)
        };
        let Some(permit) = shared.streams.enter(sender.key.as_ref()) else {
            return full();
        };
        // The name is all that stands between a stream and whoever would post to it, so it is not told to
        // handlers, who might write it down.
        let Some(name) = Sessions::name() else {
            return full();
        };
        let endpoint = format!("{}?{SESSION}={name}", self.paths.messages_path());
        let calls = Arc::new(Calls::new(shared, &sender));
        let connection = Connection::new(calls, settings(shared, &sender));
        let place = self.place(name, &sender, shared.settings.unread_bytes);
        let stream = Stream::new(connection, place, shared, &endpoint);
        lasting_events(stream.permit(permit))
    }

    fn place(&self, name: String, sender: &Sender, bound: usize) -> Place {
        let name: Arc<str> = name.into();
        let inbox = Arc::new(Inbox {
            messages: Queue::new(bound.max(1)),
            principal: sender.key.clone(),
        });
        lock(&self.open).insert(Arc::clone(&name), Arc::clone(&inbox));
        Place {
            name,
            inbox,
            open: Arc::clone(&self.open),
        }
    }

    /// POST: takes a message, or a batch of them. What comes of it goes over the stream.
    async fn message<B>(&self, shared: &Arc<Shared>, parts: Parts, body: B) -> Response<Body>
    where
        B: http_body::Body + Send,
        B::Data: Send,
    {
        let fields = HttpFields::of(&parts.headers);
        if !fields.is_json() {
            return not_json();
        }
        let accepts = fields.accepts();
        let found = name(&parts.uri).and_then(|name| lock(&self.open).get(name).cloned());
        let sender = match shared.sender(parts, accepts).await {
            Ok(sender) => sender,
            Err(refused) => return *refused,
        };
        let Some(inbox) = found.filter(|inbox| inbox.principal == sender.key) else {
            return self.gone();
        };
        let settings = &shared.settings;
        let (body, _held) = match shared.read(body).await {
            Ok(received) => received,
            Err(refused) => return *refused,
        };
        // Read here, too, so that who writes nonsense learns of it at once: an answer to nobody's id would
        // confuse the reader of the stream.
        if let Frame::One(Err(fault)) = jsonrpc::read(body.clone(), &settings.limits) {
            return json(StatusCode::BAD_REQUEST, fault.answer().unwrap_or_default());
        }
        match inbox.messages.push(body).now_or_never() {
            Some(Ok(_)) => bare(StatusCode::ACCEPTED),
            Some(Err(_)) => self.gone(),
            None => {
                let words = "too many messages wait to be read: read the stream";
                refuse(StatusCode::SERVICE_UNAVAILABLE, words)
            }
        }
    }

    fn gone(&self) -> Response<Body> {
        let words = format!(
            "there is no such stream (any more): open one with GET {}, and post to where its first event says",
            self.paths.stream_path()
        );
        refuse(StatusCode::NOT_FOUND, words)
    }
}

/// Which stream a POST says it belongs to.
fn name(uri: &Uri) -> Option<&str> {
    let mut pairs = uri
        .query()?
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    pairs.find_map(|(name, value)| (name == SESSION).then_some(value))
}

fn lock(open: &Table) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Inbox>>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a peer may do: as much as a session on the endpoint.
fn settings(shared: &Shared, sender: &Sender) -> duplex::Settings {
    let settings = &shared.settings;
    duplex::Settings {
        limits: settings.limits.clone(),
        calls: settings.session_calls,
        unread_bytes: settings.unread_bytes,
        call_timeout: settings.call_timeout,
        question_timeout: settings.question_timeout,
        // Whoever drains the server says how long calls may go on.
        grace: settings.call_timeout,
        rates: settings.rates,
        principal: sender.principal.clone(),
        carrier: Carrier::Sse,
        ..duplex::Settings::default()
    }
}
