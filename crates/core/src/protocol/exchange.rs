//! Where bytes and endpoint meet: one peer's messages in, answers out.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc, LazyLock, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;

use super::{
    Limits, Revision,
    answer::{Answered, answer_call},
    jsonrpc::{self, Answer, Fault, Frame, Message, Notification, Request},
    revision::{Handshake, lift},
};
use crate::{Call, Endpoint, Error, Kind, Notice, Principal, Result, Session};

/// One peer in front of one endpoint. It serves every revision at once: what the peer says first
/// decides, and each request decides for itself again.
///
/// It is a function from bytes to bytes, without a socket or a task; a transport runs it, as often at
/// once as the peer sends. Answers to its own questions are not its business.
pub struct Exchange {
    endpoint: Arc<dyn Endpoint>,
    limits: Limits,
    session_id: Arc<str>,
    session: OnceLock<Arc<Session>>,
    peer: Option<Arc<dyn Endpoint>>,
    principal: Option<Arc<Principal>>,
}

/// A name that no other peer has, in this process or another that shares its store.
fn own_id() -> String {
    static PROCESS: LazyLock<u64> =
        LazyLock::new(|| RandomState::new().hash_one(std::process::id()));
    format!(
        "local-{:016x}-{}",
        *PROCESS,
        PEERS.fetch_add(1, Ordering::Relaxed)
    )
}

/// How many peers there have been in this process: no two share a session by accident.
static PEERS: AtomicU64 = AtomicU64::new(0);

impl Exchange {
    /// A peer that has not said anything yet.
    pub fn new(endpoint: impl Endpoint) -> Self {
        Self {
            endpoint: Arc::new(endpoint),
            limits: Limits::default(),
            session_id: own_id().into(),
            session: OnceLock::new(),
            peer: None,
            principal: None,
        }
    }

    /// Sets the bounds for what the peer may send.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the way back to the peer.
    #[must_use]
    pub fn peer(mut self, peer: Arc<dyn Endpoint>) -> Self {
        self.peer = Some(peer);
        self
    }

    /// Sets who the peer is.
    #[must_use]
    pub fn principal(mut self, principal: Arc<Principal>) -> Self {
        self.principal = Some(principal);
        self
    }

    /// Sets what a legacy session of this peer is called.
    #[must_use]
    pub fn session_id(mut self, id: impl Into<Arc<str>>) -> Self {
        self.session_id = id.into();
        self
    }

    /// The legacy session, once the peer has opened one.
    #[must_use]
    pub fn session(&self) -> Option<Arc<Session>> {
        self.session.get().cloned()
    }

    /// Reads one body, within the limits.
    #[must_use]
    pub fn read(&self, body: Bytes) -> Frame {
        jsonrpc::read(body, &self.limits)
    }

    /// The revision that a request is answered in.
    #[must_use]
    pub fn revision_of(&self, request: &Request) -> Revision {
        // Whoever names a revision has no part in the session, and is refused in the newest.
        match request.params.protocol_version() {
            Some(version) => Revision::parse(&version).unwrap_or(Revision::NEWEST),
            None => self
                .session
                .get()
                .map_or(Revision::NEWEST, |session| session.revision()),
        }
    }

    /// Answers one body: a message, or a batch in the revision that has them. `None` where there is
    /// nothing to answer. Dropping the future cancels what it started.
    pub async fn answer(&self, body: Bytes) -> Option<Vec<u8>> {
        match self.read(body) {
            Frame::One(Ok(Message::Request(request))) => {
                Some(self.answer_request(request, self.peer.clone()).await)
            }
            // Boxed, so that the common way does not carry the room that this one needs.
            frame => Box::pin(self.answer_frame(frame, self.peer.clone())).await,
        }
    }

    /// Answers what has been read, with `peer` as the way back to whoever sent it.
    pub async fn answer_frame(
        &self,
        frame: Frame,
        peer: Option<Arc<dyn Endpoint>>,
    ) -> Option<Vec<u8>> {
        match frame {
            Frame::One(Ok(Message::Request(request))) => {
                Some(self.answer_request(request, peer).await)
            }
            Frame::One(Ok(message)) => {
                self.hear(message).await;
                None
            }
            Frame::One(Err(fault)) => fault.answer(),
            Frame::Batch(messages) => self.answer_batch(messages, peer).await,
        }
    }

    async fn answer_batch(
        &self,
        messages: Vec<Result<Message, Fault>>,
        peer: Option<Arc<dyn Endpoint>>,
    ) -> Option<Vec<u8>> {
        if !self
            .session()
            .is_some_and(|session| session.revision().has_batches())
        {
            let error = Error::new(
                Kind::InvalidRequest,
                "batches are part of revision 2025-03-26 only",
            );
            return Some(Answer::to(None).error(&error.to_object()));
        }
        let mut answers = Vec::new();
        for message in messages {
            match message {
                Ok(Message::Request(request)) if stands_alone(&request) => {
                    let error = Error::new(
                        Kind::InvalidRequest,
                        "only requests of the session's own revision may stand in a batch",
                    );
                    answers.push(Answer::to(Some(&request.id)).error(&error.to_object()));
                }
                Ok(Message::Request(request)) => {
                    answers.push(self.answer_request(request, peer.clone()).await);
                }
                Ok(message) => self.hear(message).await,
                Err(fault) => answers.extend(fault.answer()),
            }
        }
        write_batch(&answers)
    }

    /// Answers one request, with `peer` as the way back to whoever sent it.
    pub async fn answer_request(
        &self,
        request: Request,
        peer: Option<Arc<dyn Endpoint>>,
    ) -> Vec<u8> {
        if Handshake::is(&request) {
            return Box::pin(self.open(request, peer)).await;
        }
        let (id, method) = (request.id.clone(), request.method.clone());
        let revision = self.revision_of(&request);
        let named = request.params.protocol_version().is_some();
        let session = if named { None } else { self.session() };
        match lift(request, session) {
            Ok(call) => self.run(call, peer).await.body,
            Err(error) => Answer::to(Some(&id)).error(&revision.lower_error(&error, &method)),
        }
    }

    /// Opens a legacy session: a self-description, under another name. A peer opens one at most.
    async fn open(&self, request: Request, peer: Option<Arc<dyn Endpoint>>) -> Vec<u8> {
        let answer = Answer::to(Some(&request.id));
        let again = || Error::new(Kind::InvalidRequest, "this session is open already");
        let handshake = match Handshake::read(&request.params) {
            Ok(_) if self.session.get().is_some() => return answer.error(&again().to_object()),
            Ok(handshake) => handshake,
            Err(error) => {
                return answer.error(&Revision::NEWEST_LEGACY.lower_error(&error, &request.method));
            }
        };
        let session = Arc::new(handshake.session(Arc::clone(&self.session_id)));
        let call = Handshake::call(request, Arc::clone(&session));
        let answered = self.run(call, peer).await;
        if answered.fault.is_none() {
            // Of two that open at once, the first to be answered has opened.
            let _ = self.session.set(session);
        }
        answered.body
    }

    async fn run(&self, mut call: Call, peer: Option<Arc<dyn Endpoint>>) -> Answered {
        if let Some(peer) = peer {
            call = call.with_peer(peer);
        }
        if let Some(principal) = &self.principal {
            call = call.with_principal(Arc::clone(principal));
        }
        answer_call(&*self.endpoint, call).await
    }

    async fn hear(&self, message: Message) {
        if let Message::Notification(Notification { topic, params, .. }) = message {
            self.endpoint.notify(Notice::read(topic, params)).await;
        }
    }
}

/// Whether the request may not stand in a batch: a handshake, or one of a revision without batches.
fn stands_alone(request: &Request) -> bool {
    Handshake::is(request) || request.params.protocol_version().is_some()
}

/// Answers as one batch; nothing where there are none.
fn write_batch(answers: &[Vec<u8>]) -> Option<Vec<u8>> {
    if answers.is_empty() {
        return None;
    }
    let mut out =
        Vec::with_capacity(answers.iter().map(|answer| answer.len() + 1).sum::<usize>() + 1);
    for (i, answer) in answers.iter().enumerate() {
        out.push(if i == 0 { b'[' } else { b',' });
        out.extend_from_slice(answer);
    }
    out.push(b']');
    Some(out)
}
