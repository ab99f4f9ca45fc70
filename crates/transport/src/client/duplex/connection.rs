//! A server, without the wire: messages in, messages out.

use std::{
    collections::HashMap,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use fmcp_core::{
    BoxFuture, Endpoint, Error, Kind, Notice,
    protocol::{
        Era, Method, answer_call,
        jsonrpc::{self, Answer, Fault, Frame, Message, Notification, Request, Response},
        revision::lift,
    },
};
use futures_util::FutureExt as _;
use tokio::{
    task::{self, AbortHandle, JoinSet},
    time::{Instant, Sleep, sleep},
};

use super::{
    Calls, Settings,
    garbage::{Garbage, id_in},
    sort::{self, Whom},
    unheard::{Bounds, Unheard},
};
use crate::{
    client::changes::Changes,
    duplex::{Done, Party, Task, done},
    text::one_line,
};

/// How many answers to a server's questions may lie unread before the server is not read from. Calls do
/// not count: a server that cannot write its answers will not read them, and somebody has to begin.
const MAX_OWED: usize = 256;

/// How many questions may come before both sides have agreed on anything, and how large one of them may be. No
/// server should ask so early, but some do as soon as they have read the handshake.
const MAX_EARLY: usize = 8;
const MAX_EARLY_BYTES: usize = 64 * 1024;

/// One server: takes its messages and gives those for it. What happens to calls, their callers see in
/// [`Calls`].
///
/// What a call is told waits in the call, and its caller hears it. What nobody in particular is told, the
/// link's peer hears here, one after the other: at once where it takes no time, so that it is heard before
/// an answer that comes behind it; what takes longer holds up no answers. Either waits in a queue that is
/// bounded. While one is full the server is not read from, but only for so long
/// ([`Settings::unheard_timeout`]): then what is heard too slowly loses its oldest for each that comes.
pub struct Connection {
    calls: Calls,
    server: Arc<str>,
    peer: Arc<dyn Endpoint>,
    changes: Arc<Changes>,
    settings: Settings,
    /// What the peer is hearing, and what it has not heard yet.
    hearing: Option<BoxFuture<'static, ()>>,
    unheard: Unheard,
    bounds: Bounds,
    /// Runs while somebody does not hear as fast as they are told.
    clog: Option<Pin<Box<Sleep>>>,
    asked: JoinSet<Done>,
    /// The server's questions that are being answered, by the ids that it gave them.
    running: HashMap<Bytes, AbortHandle>,
    /// Those that came before there was a session. They wait for it.
    early: Vec<Request>,
    owed: usize,
    garbage: Garbage,
    is_over: bool,
}

impl Connection {
    pub(super) fn new(
        server: &str,
        peer: Arc<dyn Endpoint>,
        changes: Arc<Changes>,
        settings: Settings,
    ) -> Self {
        Self {
            calls: Calls::new(&settings),
            server: server.into(),
            peer,
            changes,
            hearing: None,
            unheard: Unheard::default(),
            bounds: Bounds::of(&settings),
            settings,
            clog: None,
            asked: JoinSet::new(),
            running: HashMap::new(),
            early: Vec::new(),
            owed: 0,
            garbage: Garbage::default(),
            is_over: false,
        }
    }

    /// The way of calls into it.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.calls.clone()
    }

    /// The settings that it was made with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the server should be read from.
    #[must_use]
    pub fn has_room(&self) -> bool {
        !self.is_over && self.owed < MAX_OWED && !self.is_clogged()
    }

    fn is_clogged(&self) -> bool {
        self.unheard.is_full(self.bounds) || self.calls.waiting().is_clogged()
    }

    /// Takes a message of the server.
    pub fn take(&mut self, message: Bytes) {
        if !message.starts_with(b"{") && !message.starts_with(b"[") {
            self.calls.make_noise();
            return self.garbage.line(&self.server, &message);
        }
        match jsonrpc::read(message, &self.settings.limits) {
            Frame::One(message) => self.message(message),
            // One revision has batches. What is in them counts in any.
            Frame::Batch(messages) => messages.into_iter().for_each(|m| self.message(m)),
            // There are no other frames.
            _ => {}
        }
    }

    fn message(&mut self, message: Result<Message, Fault>) {
        match &message {
            Ok(_) => self.calls.show_life(),
            Err(_) => self.calls.make_noise(),
        }
        match message {
            Ok(Message::Response(response)) => self.answer(response),
            Ok(Message::Notification(notification)) => self.hear(notification),
            Ok(Message::Request(request)) => self.request(request),
            // There are no other messages.
            Ok(_) => {}
            Err(fault) => self.fault(&fault),
        }
    }

    fn answer(&mut self, response: Response) {
        let Response { id, outcome, .. } = response;
        match id.as_deref().and_then(number) {
            // An answer that nobody waits for came too late, or twice; there is nobody to tell.
            Some(id) => drop(self.calls.waiting().answer(id, Ok(outcome))),
            None => {
                let why = "an answer to nothing that has been asked";
                self.garbage.message(&self.server, why);
            }
        }
    }

    /// A message that cannot be read may be somebody's answer.
    fn fault(&mut self, fault: &Fault) {
        self.garbage.message(&self.server, fault.error.message());
        if let Some(id) = fault.id.as_deref().and_then(number) {
            let words = format!("the server's answer cannot be read: {}", fault.error);
            (self.calls.waiting()).answer(id, Err(Error::internal(words)));
        }
    }

    /// Hears that a message was larger than it may be, and is being skipped, with how it begins.
    pub fn refuse_oversized(&mut self, head: &[u8]) {
        self.calls.make_noise();
        let why = "it is larger than it may be";
        self.garbage.message(&self.server, why);
        self.answer_oversized(id_in(head, true));
    }

    /// Hears how that message ended.
    pub fn end_oversized(&mut self, tail: &[u8]) {
        self.answer_oversized(id_in(tail, false));
    }

    fn answer_oversized(&self, id: Option<u64>) {
        if let Some(id) = id {
            let most = self.settings.limits.max_message_bytes();
            let words = format!("the server's answer is larger than {most} bytes");
            self.calls.waiting().answer(id, Err(Error::internal(words)));
        }
    }

    fn hear(&mut self, notification: Notification) {
        let Notification { topic, params, .. } = notification;
        let bytes = params.raw().map_or(0, <[u8]>::len);
        let notice = Notice::read(topic, params.clone());
        let waiting = self.calls.waiting();
        match sort::whom(&notice, &params) {
            // What nobody waits for any more is not for anybody else.
            Whom::Call(id) => return waiting.tell(id, notice, bytes),
            Whom::Token(token) => {
                if let Some(id) = waiting.holder(&token) {
                    return waiting.tell(id, notice, bytes);
                }
            }
            Whom::All => {}
        }
        let has_session = self.calls.session().is_some();
        match notice {
            Notice::Cancelled(cancelled) if has_session => {
                if let Some(task) = self
                    .running
                    .remove(cancelled.request_id.as_json().as_bytes())
                {
                    task.abort();
                }
            }
            Notice::Cancelled(cancelled) => {
                let id = cancelled.request_id.as_json().as_bytes();
                self.early.retain(|request| request.id != id);
                if let Some(id) = sort::ended(&cancelled) {
                    self.calls.waiting().end_stream(id);
                }
            }
            notice if has_session && self.changes.tell(&notice) => {}
            notice => self.hand_on(notice, bytes),
        }
    }

    /// Lets the peer hear, now if it has heard everything else.
    fn hand_on(&mut self, notice: Notice, bytes: usize) {
        if self.hearing.is_some() {
            return self.unheard.push(notice, bytes, self.bounds);
        }
        let mut hearing = self.heard(notice);
        // Whoever carries this polls again, with a waker of its own.
        let now = hearing
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        if now.is_pending() {
            self.hearing = Some(hearing);
        }
    }

    fn heard(&self, notice: Notice) -> BoxFuture<'static, ()> {
        let peer = Arc::clone(&self.peer);
        Box::pin(async move {
            let heard = AssertUnwindSafe(peer.notify(notice)).catch_unwind();
            if heard.await.is_err() {
                tracing::error!("a callback panicked");
            }
        })
    }

    /// The server asks something.
    fn request(&mut self, request: Request) {
        let id = request.id.clone();
        if request.method == Method::Ping {
            return self.owe(Answer::to(Some(&id)).result(|out| {
                out.extend_from_slice(b"{}");
                Ok(())
            }));
        }
        if (self.calls.revision()).is_some_and(|revision| revision.era() == Era::Modern) {
            // Nobody answers anything on this side in a revision without sessions.
            let why = format!("a question in a revision that has none: {}", request.method);
            return self.garbage.message(&self.server, &why);
        }
        if self.calls.revision().is_none() && self.may_wait(&request) {
            return self.early.push(request);
        }
        match self.admitted(request) {
            Err(error) => {
                let refusal = Answer::to(Some(&id)).error(&error.to_object());
                self.owe(Ok::<_, ()>(refusal));
            }
            Ok(call) => self.ask(id, call),
        }
    }

    fn may_wait(&self, request: &Request) -> bool {
        let bytes = request.id.len() + request.params.raw().map_or(0, <[u8]>::len);
        self.early.len() < MAX_EARLY && bytes <= MAX_EARLY_BYTES
    }

    /// Takes up what has waited for an agreement.
    fn take_early(&mut self) {
        if !self.early.is_empty() && self.calls.revision().is_some() {
            for request in std::mem::take(&mut self.early) {
                self.request(request);
            }
        }
    }

    fn admitted(&self, request: Request) -> fmcp_core::Result<fmcp_core::Call> {
        if self.running.contains_key(&request.id) {
            let words = "another request of this id is being answered";
            return Err(Error::new(Kind::InvalidRequest, words));
        }
        if self.running.len() >= self.settings.questions {
            let words = "too many questions are being answered at once";
            return Err(Error::new(Kind::Overloaded, words));
        }
        let Some(session) = self.calls.session() else {
            let words = "the session is not open yet";
            return Err(Error::new(Kind::InvalidRequest, words));
        };
        lift(request, Some(Arc::clone(session)))
    }

    /// Lets the peer answer: here and now if it can, else in a task that ends with the connection.
    fn ask(&mut self, id: Bytes, call: fmcp_core::Call) {
        let peer = Arc::clone(&self.peer);
        let deadline = Instant::now() + self.settings.question_timeout;
        let work = async move { Some(answer_call(&*peer, call).await.body) };
        let mut work = Box::pin(done(Task::Call(id.clone()), Some(deadline), work));
        let now = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        match now {
            Poll::Ready(done) => self.settle(done),
            Poll::Pending => drop(self.running.insert(id, self.asked.spawn(work))),
        }
    }

    fn settle(&mut self, done: Done) {
        if let Some(answer) = done.answer {
            self.owe(Ok::<_, ()>(answer));
        }
    }

    fn owe<E>(&mut self, answer: Result<Vec<u8>, E>) {
        if let Ok(answer) = answer {
            self.owed += 1;
            self.calls.out().append(one_line(answer));
        }
    }

    /// Nothing more comes in.
    pub fn finish(&mut self) {
        self.is_over = true;
        self.calls.out().close();
        // What the server has asked, it does not wait for any more.
        self.running.clear();
        self.early.clear();
        self.asked.abort_all();
    }

    /// The next message for the server; `None` when there will not be any more.
    pub fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        while let Poll::Ready(Some(joined)) = self.asked.poll_join_next_with_id(cx) {
            // One that was ended is forgotten already.
            if let Ok((task, done)) = joined {
                self.settle_task(task, done);
            }
        }
        self.take_early();
        self.poll_hearing(cx);
        self.poll_clog(cx);
        let next = self.calls.out().poll_pop(cx);
        if next.is_pending() {
            // The server has taken all there was, or is about to.
            self.owed = 0;
        }
        next
    }

    fn settle_task(&mut self, task: task::Id, done: Done) {
        let Task::Call(id) = &done.task else { return };
        // Cancelled when it was done already, its id may be another's.
        if self
            .running
            .get(id)
            .is_some_and(|running| running.id() == task)
        {
            self.running.remove(id);
            self.settle(done);
        }
    }

    fn poll_hearing(&mut self, cx: &mut Context<'_>) {
        while let Some(hearing) = &mut self.hearing {
            if hearing.as_mut().poll(cx).is_pending() {
                return;
            }
            let next = self.unheard.pop();
            self.hearing = next.map(|notice| self.heard(notice));
        }
    }

    /// Gives those who hear slowly their time, and no more.
    fn poll_clog(&mut self, cx: &mut Context<'_>) {
        // Nothing clogs but what comes in here: nobody has to be heard from before.
        if self.is_clogged() {
            self.calls.waiting().wake_reader_when_free(cx);
        }
        if !self.is_clogged() {
            self.clog = None;
            return;
        }
        let patience: Duration = self.settings.unheard_timeout;
        let clog = self.clog.get_or_insert_with(|| Box::pin(sleep(patience)));
        if clog.as_mut().poll(cx).is_ready() {
            tracing::warn!(
                server = &*self.server,
                "what the server tells is heard too slowly, and lost in part"
            );
            self.clog = None;
            if self.unheard.is_full(self.bounds) {
                self.unheard.lose();
            }
            self.calls.waiting().unclog();
        }
    }
}

/// The number that an id is: all of ours are.
fn number(id: &[u8]) -> Option<u64> {
    std::str::from_utf8(id).ok()?.parse().ok()
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

    fn refuse_oversized(&mut self, head: &[u8]) {
        Self::refuse_oversized(self, head);
    }

    fn end_oversized(&mut self, tail: &[u8]) {
        Self::end_oversized(self, tail);
    }

    fn finish(&mut self) {
        Self::finish(self);
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        Self::poll_message(self, cx)
    }

    fn has_sent(&mut self) {
        self.calls.out().has_gone();
    }

    fn must_flush(&mut self) -> bool {
        self.calls.out().must_flush()
    }
}
