//! A peer, without the wire: messages in, messages out.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::Bytes;
use fmcp_core::{
    Call, Endpoint, Error, Kind, Notice, Session,
    protocol::{
        Exchange, Method, Revision, Topic,
        jsonrpc::{Answer, Fault, Frame, Message, Notification, Request},
        model::{ListenParams, SubscriptionFilter},
        revision::Handshake,
    },
};
use futures_util::FutureExt as _;
use tokio::{
    task::{self, AbortHandle, JoinSet},
    time::{Instant, Sleep},
};

use super::{
    Party, Settings,
    line::{Line, Ties},
    work::{Done, Task, done},
};
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
    batches: usize,
    notices: usize,
    /// The handshake that is being answered: what it decides, what comes behind it must not precede.
    opening: Option<Bytes>,
    /// Until when what runs may go on, once nothing more comes in.
    until: Option<Pin<Box<Sleep>>>,
    /// What ran has been ended.
    is_cut: bool,
    /// Who hears what the peer tells, once it has a session; dropped, it hears that the session is over.
    attendant: Option<Arc<dyn Endpoint>>,
    /// What whoever holds the session's line knows of this, once there is a session.
    ties: Option<Arc<Ties>>,
}

/// A call that runs.
struct Running {
    task: AbortHandle,
    way: Arc<Way>,
    is_stream: bool,
}

/// How long calls that have been ended may take to clear up after themselves.
const CLEARING: Duration = Duration::from_secs(1);

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
                // Without any room, nothing would ever be read.
                settings.unread_bytes.max(1),
                settings.rates,
                settings.question_timeout,
            )),
            settings,
            ending,
            tasks: JoinSet::new(),
            running: HashMap::new(),
            streams: 0,
            batches: 0,
            notices: 0,
            opening: None,
            until: None,
            is_cut: false,
            attendant: None,
            ties: None,
        }
    }

    /// The settings that it was made with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the peer should be read from. It is not while it does not read its answers, nor while its
    /// handshake is being answered.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.until.is_none() && self.opening.is_none() && self.out.queue.has_room()
    }

    /// Takes a message of the peer.
    pub fn take(&mut self, message: Bytes) {
        if let Some(ties) = &self.ties {
            ties.touch();
        }
        match self.exchange.read(message) {
            Frame::One(Ok(message)) => self.message(message),
            Frame::One(Err(fault)) => {
                self.broken("the peer says what is no message");
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
        if let Some(ties) = &self.ties
            && ties.poll_close(cx).is_ready()
        {
            self.finish();
        }
        while let Poll::Ready(Some(done)) = self.tasks.poll_join_next_with_id(cx) {
            // One that was ended is forgotten already.
            if let Ok((task, done)) = done {
                self.settle(task, done);
            }
        }
        if let Poll::Ready(message) = self.out.queue.poll_pop(cx) {
            return Poll::Ready(message);
        }
        let Some(until) = &mut self.until else {
            return Poll::Pending;
        };
        while !self.tasks.is_empty() {
            ready!(until.as_mut().poll(cx));
            if std::mem::replace(&mut self.is_cut, true) {
                break;
            }
            self.tasks.abort_all();
            until.as_mut().reset(Instant::now() + CLEARING);
        }
        Poll::Ready(None)
    }

    /// Takes what a task has left.
    fn settle(&mut self, task: task::Id, done: Done) {
        match done.task {
            Task::Call(id) => {
                let is_wanted = |running: &Running| running.task.id() == task;
                if !self.running.get(&id).is_some_and(is_wanted) {
                    // Cancelled when it was done already. Another may have taken its id since.
                    return;
                }
                self.forget(&id);
            }
            Task::Batch(_) => self.batches -= 1,
            Task::Notice => self.notices -= 1,
        }
        if let Some(answer) = done.answer {
            self.out.queue.append(one_line(answer));
        }
    }

    /// Nothing more is said about a call.
    fn forget(&mut self, id: &[u8]) -> Option<Running> {
        let running = self.running.remove(id)?;
        running.way.end();
        self.streams -= usize::from(running.is_stream);
        if self.opening.take_if(|opening| *opening == id).is_some() {
            self.attend();
        }
        Some(running)
    }

    /// Tells the endpoint of the session, once there is one.
    fn attend(&mut self) {
        let (Some(session), None) = (self.exchange.session(), &self.ties) else {
            return;
        };
        let ties = Ties::new();
        let line = Line {
            carrier: self.settings.carrier,
            principal: self.settings.principal.clone(),
            way: self.way(session.revision()),
            session,
            ties: Arc::clone(&ties),
        };
        self.ties = Some(ties);
        self.attendant = self.endpoint.connect(Arc::new(line));
    }

    /// Says that the way to the peer is broken, in words for the log.
    fn broken(&self, why: &str) {
        if let Some(attendant) = &self.attendant {
            // Whoever hears of it does so at once.
            let _ = attendant.notify(Notice::Broken(why.into())).now_or_never();
        }
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
        let (peer, opens) = (Arc::clone(&way), Handshake::is(&request));
        let work = async move { Some(exchange.answer_request(request, Some(peer as _)).await) };
        self.call(id.clone(), way, is_stream, work);
        if !opens {
            return;
        }
        if self.running.contains_key(&id) {
            self.opening = Some(id);
        } else {
            self.attend();
        }
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
        let is_full = if is_stream {
            self.streams >= self.settings.streams
        } else {
            self.is_full()
        };
        is_full.then(overloaded)
    }

    /// Whether as many calls run as may. Those of a batch are answered one after the other.
    fn is_full(&self) -> bool {
        self.running.len() - self.streams + self.batches >= self.settings.calls
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
            return self.batch_of(Vec::new(), work);
        };
        let (mut rest, mut ids) = (Vec::with_capacity(messages.len()), Vec::new());
        for message in messages {
            match message {
                Ok(Message::Request(ref request)) => {
                    ids.push(request.id.clone());
                    rest.push(message);
                }
                Err(_) => rest.push(message),
                Ok(message) => self.message(message),
            }
        }
        if rest.is_empty() {
            return;
        }
        if self.is_full() {
            if let Some(refusal) = Task::Batch(ids).refusal(&overloaded()) {
                self.out.queue.append(refusal);
            }
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
        self.batch_of(ids, work);
    }

    fn hear(&mut self, notification: Notification) {
        let Notification { topic, params, .. } = notification;
        let is_opened = topic == Topic::Initialized;
        match Notice::read(topic, params) {
            Notice::Cancelled(cancelled) => self.cancel(cancelled.request_id.as_json().as_bytes()),
            notice => self.pass_on(notice),
        }
        if is_opened {
            self.listen();
        }
    }

    fn pass_on(&mut self, notice: Notice) {
        if self.notices >= self.settings.calls {
            tracing::warn!("a notification was lost: too many are being heard");
            return;
        }
        let endpoint = Arc::clone(self.attendant.as_ref().unwrap_or(&self.endpoint));
        let work = async move {
            endpoint.notify(notice).await;
            None
        };
        if self.run(Task::Notice, true, work).is_some() {
            self.notices += 1;
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
        self.call(UNASKED, way, true, work);
    }

    fn call<F>(&mut self, id: Bytes, way: Arc<Way>, is_stream: bool, work: F)
    where
        F: Future<Output = Option<Vec<u8>>> + Send + 'static,
    {
        match self.run(Task::Call(id.clone()), !is_stream, work) {
            None => way.end(),
            Some(task) => {
                self.streams += usize::from(is_stream);
                let running = Running {
                    task,
                    way,
                    is_stream,
                };
                self.running.insert(id, running);
            }
        }
    }

    fn batch_of<F>(&mut self, ids: Vec<Bytes>, work: F)
    where
        F: Future<Output = Option<Vec<u8>>> + Send + 'static,
    {
        if self.run(Task::Batch(ids), true, work).is_some() {
            self.batches += 1;
        }
    }

    /// Does the work now as far as it goes, and the rest, if there is any, in a task.
    fn run<F>(&mut self, task: Task, is_timed: bool, work: F) -> Option<AbortHandle>
    where
        F: Future<Output = Option<Vec<u8>>> + Send + 'static,
    {
        let deadline = is_timed.then(|| Instant::now() + self.settings.call_timeout);
        let mut work = Box::pin(done(task, deadline, work));
        // The task polls again, with a waker of its own.
        let now = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(Done { answer, .. }) = now {
            if let Some(answer) = answer {
                self.out.queue.append(one_line(answer));
            }
            return None;
        }
        Some(self.tasks.spawn(work))
    }

    /// Ends a call without an answer: whoever cancels does not want one.
    fn cancel(&mut self, id: &[u8]) {
        if let Some(running) = self.forget(id) {
            running.task.abort();
        }
    }
}

fn overloaded() -> Error {
    Error::new(Kind::Overloaded, "too much is being answered at once")
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

impl Party for Connection {
    fn message_bytes(&self) -> usize {
        self.settings.limits.max_message_bytes()
    }

    fn write_timeout(&self) -> Duration {
        self.settings.write_timeout
    }

    fn grace(&self) -> Duration {
        self.settings.grace
    }

    fn has_room(&self) -> bool {
        Self::has_room(self)
    }

    fn take(&mut self, message: Bytes) {
        Self::take(self, message);
    }

    fn refuse_oversized(&mut self, _: &[u8]) {
        Self::refuse_oversized(self);
    }

    fn broken(&mut self, why: &str) {
        Self::broken(self, why);
    }

    fn finish(&mut self) {
        Self::finish(self);
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        Self::poll_message(self, cx)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.out.close();
    }
}
