//! Where bytes and endpoint meet: one peer's messages in, answers out.

use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;

use super::{
    Limits, Method, Revision,
    jsonrpc::{self, Frame, Message, Notification, Request, begin_result, write_error},
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
    session: RwLock<Option<Arc<Session>>>,
    peer: Option<Arc<dyn Endpoint>>,
    principal: Option<Arc<Principal>>,
}

impl Exchange {
    /// A peer that has not said anything yet.
    pub fn new(endpoint: impl Endpoint) -> Self {
        Self {
            endpoint: Arc::new(endpoint),
            limits: Limits::default(),
            session_id: "local".into(),
            session: RwLock::new(None),
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
        self.session
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Answers one body: a message, or a batch in the revision that has them. `None` where there is
    /// nothing to answer. Dropping the future cancels what it started.
    pub async fn answer(&self, body: Bytes) -> Option<Bytes> {
        match jsonrpc::read(&body, &self.limits) {
            Frame::One(Ok(Message::Request(request))) => Some(self.answer_request(request).await),
            Frame::One(Ok(message)) => {
                self.hear(message).await;
                None
            }
            Frame::One(Err(fault)) => {
                Some(write_error(fault.id.as_deref(), &fault.error.to_object()))
            }
            Frame::Batch(messages) => self.answer_batch(messages).await,
        }
    }

    async fn answer_batch(&self, messages: Vec<Result<Message, jsonrpc::Fault>>) -> Option<Bytes> {
        if !self
            .session()
            .is_some_and(|session| session.revision().has_batches())
        {
            let error = Error::new(
                Kind::InvalidRequest,
                "batches are part of revision 2025-03-26 only",
            );
            return Some(write_error(None, &error.to_object()));
        }
        let mut answers = Vec::new();
        for message in messages {
            match message {
                Ok(Message::Request(request)) => answers.push(self.answer_request(request).await),
                Ok(message) => self.hear(message).await,
                Err(fault) => {
                    answers.push(write_error(fault.id.as_deref(), &fault.error.to_object()));
                }
            }
        }
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
        Some(out.into())
    }

    async fn answer_request(&self, request: Request) -> Bytes {
        let (id, method) = (request.id.clone(), request.method.clone());
        if method.as_str() == Handshake::METHOD && request.params.protocol_version().is_none() {
            return match self.open(&request).await {
                Ok(answer) => answer,
                Err(error) => write_error(
                    Some(&id),
                    &Revision::NEWEST_LEGACY.lower_error(&error, &method),
                ),
            };
        }
        let session = self.session();
        match lift(request, session.as_ref()) {
            Ok(call) => self.run(call, &id, &method).await,
            Err(error) => {
                let revision = session.map_or(Revision::NEWEST, |session| session.revision());
                write_error(Some(&id), &revision.lower_error(&error, &method))
            }
        }
    }

    /// Opens a legacy session: a self-description, under another name.
    async fn open(&self, request: &Request) -> Result<Bytes> {
        let session =
            Arc::new(Handshake::read(&request.params)?.session(Arc::clone(&self.session_id)));
        let call =
            Call::with_revision(Method::Discover, request.params.clone(), session.revision())
                .with_id(request.id.clone())
                .with_session(Arc::clone(&session));
        let answer = self.run(call, &request.id, &Method::Discover).await;
        *self.session.write().unwrap_or_else(PoisonError::into_inner) = Some(session);
        Ok(answer)
    }

    async fn run(&self, mut call: Call, id: &Bytes, method: &Method) -> Bytes {
        let revision = call.revision();
        if let Some(peer) = &self.peer {
            call = call.with_peer(Arc::clone(peer));
        }
        if let Some(principal) = &self.principal {
            call = call.with_principal(Arc::clone(principal));
        }
        let outcome = match self.endpoint.call(call).await {
            Err(error) if error.kind() == Kind::InputRequired => {
                error.into_questions().map(Into::into)
            }
            outcome => outcome,
        };
        let written = outcome.and_then(|reply| {
            let identity = self.endpoint.identity();
            let mut out = Vec::with_capacity(512);
            begin_result(&mut out, id);
            revision.write(method, reply, identity.as_deref(), &mut out)?;
            out.push(b'}');
            Ok(Bytes::from(out))
        });
        written.unwrap_or_else(|error| write_error(Some(id), &revision.lower_error(&error, method)))
    }

    async fn hear(&self, message: Message) {
        if let Message::Notification(Notification { topic, params, .. }) = message {
            self.endpoint.notify(Notice::read(topic, params)).await;
        }
    }
}
