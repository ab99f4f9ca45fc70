//! A peer, without the wire: messages in, messages out.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use fmcp_core::{
    Call, Endpoint, Error, Kind, Notice, Session,
    protocol::{
        Exchange, Method, Revision, Topic,
        jsonrpc::{Answer, Fault, Frame, Message, Notification, Request},
        model::{ListenParams, SubscriptionFilter},
    },
};
use tokio::{
    task::{AbortHandle, JoinSet},
    time::{Instant, Sleep, timeout_at},
};

use super::Settings;
use crate::{
    drain::{Drain, Ending},
    peer::{Out, Way},
    text::one_line,
};

/// One peer: takes its messages and gives those for it.
///
/// A call that is answered at once is answered here and now; any other gets a task of its own, which
/// ends with the connection.
pub struct Connection {
    exchange: Arc<Exchange>,
    endpoint: Arc<dyn Endpoint>,
    out: Arc<Out>,
    settings: Settings,
    ending: Drain,
    tasks: JoinSet<Done>,
    /// The calls that run, by the ids that the peer gave them.
    running: HashMap<Bytes, Running>,
    streams: usize,
    /// Until when what runs may go on, once nothing more comes in.
    until: Option<Pin<Box<Sleep>>>,
}

/// A call that runs.
struct Running {
    task: AbortHandle,
    way: Arc<Way>,
    is_stream: bool,
}

/// What a task leaves behind: the id of its call, and the answer to it.
#[derive(Default)]
struct Done {
    id: Option<Bytes>,
    answer: Option<Vec<u8>>,
}

/// A call that is about to run.
struct Begun {
    id: Bytes,
    way: Arc<Way>,
    is_stream: bool,
}

/// The work on one message: what comes of it, if anything does.
type Work = Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send>>;

/// What the listener that a legacy session gets unasked is called. No request has such an id: ids are
/// strings or numbers.
const UNASKED: Bytes = Bytes::from_static(b"session");

impl Connection {
    /// A peer that has not said anything yet, in front of `endpoint`.
    #[must_use]
    pub fn new(endpoint: Arc<dyn Endpoint>, settings: Settings) -> Self {
        let ending = Drain::new();
        let endpoint: Arc<dyn Endpoint> = Arc::new(Ending::new(endpoint, ending.clone()));
        let mut exchange = Exchange::new(Arc::clone(&endpoint)).limits(settings.limits.clone());
        if let Some(principal) = &settings.principal {
            exchange = exchange.principal(Arc::clone(principal));
        }
        if let Some(id) = &settings.session_id {
            exchange = exchange.session_id(Arc::clone(id));
        }
        Self {
            exchange: Arc::new(exchange),
            endpoint,
            out: Arc::new(Out::new(
                settings.unread_bytes,
                settings.rates,
                settings.question_timeout,
            )),
            settings,
            ending,
            tasks: JoinSet::new(),
            running: HashMap::new(),
            streams: 0,
            until: None,
        }
    }

    /// The settings that it was made with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the peer should be read from. It is not while it does not read its answers.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.until.is_none() && self.out.queue.has_room()
    }

    /// Takes a message of the peer.
    pub fn take(&mut self, message: Bytes) {
        match self.exchange.read(message) {
            Frame::One(Ok(message)) => self.message(message),
            Frame::One(Err(fault)) => {
                if let Some(answer) = fault.answer() {
                    self.out.queue.append(one_line(answer));
                }
            }
            Frame::Batch(messages) => self.batch(messages),
            // There are no other frames.
            _ => {}
        }
    }

    fn message(&mut self, message: Message) {
        match message {
            Message::Request(request) => self.request(request),
            Message::Notification(notification) => self.hear(notification),
            Message::Response(response) => {
                // An answer that nobody waits for came too late; there is nobody to tell.
                let _ = self.out.questions.answer(response);
            }
            // There are no other messages.
            _ => {}
        }
    }

    /// Says that a message was larger than it may be, and has been skipped.
    pub fn refuse_oversized(&mut self) {
        let error = Error::new(Kind::InvalidRequest, "the message is larger than it may be");
        (self.out.queue).append(Answer::to(None).error(&error.to_object()));
    }

    /// Nothing more comes in: what runs may finish, streams of notifications end.
    pub fn finish(&mut self) {
        if self.until.is_none() {
            self.until = Some(Box::pin(tokio::time::sleep(self.settings.grace)));
            self.ending.begin();
            // What a peer was asked, it will not answer any more.
            self.out.questions.close();
        }
    }

    /// The next message for the peer; `None` when there will not be any more.
    pub fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        while let Poll::Ready(Some(done)) = self.tasks.poll_join_next(cx) {
            // A task that has failed was cancelled, and is forgotten already; panics stay in the endpoint.
            let Done { id, answer } = done.unwrap_or_default();
            if let Some(running) = id.and_then(|id| self.running.remove(&id)) {
                running.way.end();
                self.streams -= usize::from(running.is_stream);
            }
            if let Some(answer) = answer {
                self.out.queue.append(one_line(answer));
            }
        }
        if let Poll::Ready(message) = self.out.queue.poll_pop(cx) {
            return Poll::Ready(message);
        }
        let Some(until) = &mut self.until else {
            return Poll::Pending;
        };
        if !self.tasks.is_empty() && until.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.tasks.abort_all();
        Poll::Ready(None)
    }

    fn request(&mut self, request: Request) {
        let (id, is_stream) = (request.id.clone(), request.method == Method::Listen);
        if let Some(refusal) = self.refusal(&id, is_stream) {
            let answer = Answer::to(Some(&id)).error(&refusal.to_object());
            self.out.queue.append(answer);
            return;
        }
        let mut way = self.way(self.exchange.revision_of(&request));
        if is_stream {
            way = way.subscription(&id);
        }
        let (way, exchange) = (Arc::new(way), Arc::clone(&self.exchange));
        let peer = Arc::clone(&way);
        let work = async move { Some(exchange.answer_request(request, Some(peer as _)).await) };
        let begun = Begun { id, way, is_stream };
        self.run(Box::pin(work), Some(begun));
    }

    fn way(&self, revision: Revision) -> Way {
        Way::new(Arc::clone(&self.out), revision)
    }

    /// Why one more request cannot be answered, if it cannot.
    fn refusal(&self, id: &Bytes, is_stream: bool) -> Option<Error> {
        if self.running.contains_key(id) {
            let words = "another request of this id is being answered";
            return Some(Error::new(Kind::InvalidRequest, words));
        }
        let full = if is_stream {
            self.streams >= self.settings.streams
        } else {
            self.running.len() - self.streams >= self.settings.calls
        };
        full.then(|| Error::new(Kind::Overloaded, "too much is being answered at once"))
    }

    /// The requests of a batch are answered in one task, for their answers go out together.
    fn batch(&mut self, messages: Vec<Result<Message, Fault>>) {
        let session = self.exchange.session();
        let Some(revision) = session
            .map(|session| session.revision())
            .filter(|r| r.has_batches())
        else {
            // Refused as a whole, by the one who knows the words.
            let exchange = Arc::clone(&self.exchange);
            let work = async move { exchange.answer_frame(Frame::Batch(messages), None).await };
            return self.run(Box::pin(work), None);
        };
        let mut rest = Vec::with_capacity(messages.len());
        for message in messages {
            match message {
                Ok(Message::Request(_)) | Err(_) => rest.push(message),
                Ok(message) => self.message(message),
            }
        }
        if rest.is_empty() {
            return;
        }
        let way = Arc::new(self.way(revision));
        let exchange = Arc::clone(&self.exchange);
        let work = async move {
            let peer = Some(Arc::clone(&way) as _);
            let answer = exchange.answer_frame(Frame::Batch(rest), peer).await;
            way.end();
            answer
        };
        self.run(Box::pin(work), None);
    }

    fn hear(&mut self, notification: Notification) {
        let Notification { topic, params, .. } = notification;
        let is_opened = topic == Topic::Initialized;
        match Notice::read(topic, params) {
            Notice::Cancelled(cancelled) => self.cancel(cancelled.request_id.as_json().as_bytes()),
            notice => {
                let endpoint = Arc::clone(&self.endpoint);
                let work = async move {
                    endpoint.notify(notice).await;
                    None
                };
                self.run(Box::pin(work), None);
            }
        }
        if is_opened {
            self.listen();
        }
    }

    /// Legacy sessions hear of changes unasked: the connection listens on their behalf.
    fn listen(&mut self) {
        let Some(session) = self.exchange.session() else {
            return;
        };
        let way = Arc::new(self.way(session.revision()));
        let Ok(call) = listen_for(session) else {
            return;
        };
        if self.running.contains_key(&UNASKED) {
            return;
        }
        let (call, endpoint) = (
            call.with_peer(Arc::clone(&way) as _),
            Arc::clone(&self.endpoint),
        );
        let work = async move {
            let _ = endpoint.call(call).await;
            None
        };
        let begun = Begun {
            id: UNASKED,
            way,
            is_stream: true,
        };
        self.run(Box::pin(work), Some(begun));
    }

    /// Does the work now as far as it goes, and the rest in a task.
    fn run(&mut self, mut work: Work, begun: Option<Begun>) {
        // The task polls again, with a waker of its own.
        let now = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(answer) = now {
            if let Some(begun) = begun {
                begun.way.end();
            }
            if let Some(answer) = answer {
                self.out.queue.append(one_line(answer));
            }
            return;
        }
        let deadline = Instant::now() + self.settings.call_timeout;
        let Some(Begun { id, way, is_stream }) = begun else {
            self.tasks.spawn(async move {
                let answer = timeout_at(deadline, work).await.ok().flatten();
                Done { id: None, answer }
            });
            return;
        };
        let key = id.clone();
        let task = self.tasks.spawn(async move {
            let answer = if is_stream {
                work.await
            } else {
                let answer = timeout_at(deadline, work).await;
                answer.unwrap_or_else(|_| Some(late(&id)))
            };
            Done {
                id: Some(id),
                answer,
            }
        });
        self.streams += usize::from(is_stream);
        let running = Running {
            task,
            way,
            is_stream,
        };
        self.running.insert(key, running);
    }

    /// Ends a call without an answer: whoever cancels does not want one.
    fn cancel(&mut self, id: &[u8]) {
        if let Some(running) = self.running.remove(id) {
            running.way.end();
            running.task.abort();
            self.streams -= usize::from(running.is_stream);
        }
    }
}

/// The call that hears of all changes on behalf of a legacy session.
pub(crate) fn listen_for(session: Arc<Session>) -> fmcp_core::Result<Call> {
    let filter = SubscriptionFilter::new()
        .tools_list_changed(true)
        .prompts_list_changed(true)
        .resources_list_changed(true);
    let call = Call::of(Method::Listen, &ListenParams::new(filter))?;
    Ok(call.with_session(session))
}

fn late(id: &[u8]) -> Vec<u8> {
    let error = Error::new(Kind::Timeout, "the call took too long");
    Answer::to(Some(id)).error(&error.to_object())
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.out.close();
    }
}
