//! A legacy session with an endpoint of this process: what a transport does for its peer, without one.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use fmcp_core::{
    BoxFuture, Call, Carrier, Endpoint, Error, Kind, Line, Notice, Principal, Raw, Reply, Result,
    protocol::{
        Exchange, Limits, Method, Revision,
        jsonrpc::{self, Frame, Message},
        model::{DiscoverResult, ServerCapabilities, SetLevelParams},
        revision::Handshake,
    },
};
use fmcp_transport::client::{Greeting, Link};
use tokio::{sync::watch, time::Instant};

/// A legacy session with an endpoint of this process. Everything goes through the bytes of its revision.
pub(super) struct Session {
    revision: Revision,
    about: Arc<DiscoverResult>,
    exchange: Exchange,
    endpoint: Arc<dyn Endpoint>,
    limits: Limits,
    near: Arc<Near>,
}

/// What both ends of the session know of it.
struct Near {
    opened: Instant,
    /// When the client was last heard of.
    heard: Mutex<Instant>,
    is_closed: watch::Sender<bool>,
    /// Who hears what the client tells; dropped, it hears that the session is over.
    attendant: Mutex<Option<Arc<dyn Endpoint>>>,
}

impl Near {
    fn new() -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Self {
            opened: now,
            heard: Mutex::new(now),
            is_closed: watch::Sender::new(false),
            attendant: Mutex::new(None),
        })
    }

    fn attendant(&self) -> MutexGuard<'_, Option<Arc<dyn Endpoint>>> {
        self.attendant
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The session is over, and nothing more goes through it.
    fn close(&self) {
        self.is_closed.send_replace(true);
        self.leave();
    }

    /// The session is over, as far as the server is concerned.
    fn leave(&self) {
        let attendant = self.attendant().take();
        drop(attendant);
    }

    fn touch(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn idle(&self) -> Duration {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.elapsed()
    }

    /// What comes of `work`, unless the session is closed before.
    async fn unless_closed<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let mut is_closed = self.is_closed.subscribe();
        tokio::select! {
            biased;
            _ = is_closed.wait_for(|is_closed| *is_closed) => Err(closed()),
            outcome = work => outcome,
        }
    }
}

/// The server's end.
struct Far {
    session: Arc<fmcp_core::Session>,
    peer: Arc<dyn Endpoint>,
    near: Arc<Near>,
}

impl Session {
    /// Goes through the handshake.
    pub(super) async fn open(
        endpoint: Arc<dyn Endpoint>,
        revision: Revision,
        greeting: &Greeting,
        peer: Arc<dyn Endpoint>,
    ) -> Result<Self> {
        // Both sides are this process: nobody needs to be kept from sending too much.
        let limits = Limits::new().message_bytes(usize::MAX);
        let peer: Arc<dyn Endpoint> = Arc::new(Older { revision, peer });
        let mut session = Self {
            revision,
            about: Arc::new(DiscoverResult::new([], ServerCapabilities::new())),
            exchange: Exchange::new(Arc::clone(&endpoint))
                .peer(Arc::clone(&peer))
                .limits(limits.clone()),
            endpoint,
            limits,
            near: Near::new(),
        };
        let params = Raw::from_serialize(&greeting.initialize(revision))
            .map_err(|e| Error::internal("the handshake cannot be written").caused_by(e))?;
        let answer = session
            .ask("0", Handshake::METHOD, params.as_str().as_bytes())
            .await?;
        let about = revision
            .raise(&Method::Discover, &answer)?
            .into_discover()?;
        if about.supported_versions.first().map(String::as_str) != Some(revision.as_str()) {
            return Err(Error::new(
                Kind::UnsupportedRevision,
                format!("the server does not hold sessions of revision {revision}"),
            ));
        }
        session.attend(peer);
        session.notify(Notice::Initialized).await;
        if let Some(level) = greeting.log_level
            && about.capabilities.logging.is_some()
        {
            let call = Call::of(Method::SetLogLevel, &SetLevelParams::new(level))?;
            session.call(call).await?;
        }
        session.about = Arc::new(about);
        Ok(session)
    }

    /// Tells the endpoint of the session.
    fn attend(&self, peer: Arc<dyn Endpoint>) {
        let Some(session) = self.exchange.session() else {
            return;
        };
        let near = Arc::clone(&self.near);
        let line = Far {
            session,
            peer,
            near,
        };
        *self.near.attendant() = self.endpoint.connect(Arc::new(line));
    }

    /// Sends a request and reads what comes back.
    async fn ask(&self, id: &str, method: &str, params: &[u8]) -> Result<Raw> {
        let mut body = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":{},"params":"#,
            serde_json::Value::from(method)
        )
        .into_bytes();
        body.extend_from_slice(params);
        body.push(b'}');
        self.near.touch();
        let answered = async { Ok(self.exchange.answer(body.into()).await) };
        let answer = self.near.unless_closed(answered).await?;
        let answer = Bytes::from(answer.unwrap_or_default());
        match jsonrpc::read(answer, &self.limits) {
            Frame::One(Ok(Message::Response(response))) => match response.outcome {
                Ok(result) => read(&result),
                Err(error) => Err(Error::from(
                    read(&error)?
                        .parse::<fmcp_core::protocol::model::ErrorObject>()
                        .map_err(unreadable)?,
                )),
            },
            _ => Err(Error::internal("the answer is no response")),
        }
    }

    async fn run(&self, call: Call) -> Result<Reply> {
        if *call.method() == Method::Listen {
            // A session hears of changes unasked. Whoever holds it listens for it.
            let session = self.exchange.session().ok_or_else(closed)?;
            let listening = self.endpoint.call(call.with_session(session));
            return self.near.unless_closed(listening).await;
        }
        let id = call
            .id()
            .cloned()
            .unwrap_or_else(|| Bytes::from_static(b"0"));
        let id = std::str::from_utf8(&id).map_err(|_| Error::internal("the id is no text"))?;
        let params = call.params().raw().unwrap_or(b"{}");
        let answer = self.ask(id, call.method().as_str(), params).await?;
        self.revision.raise(call.method(), &answer)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.near.close();
    }
}

/// The client as it hears in an older revision, which cannot say all that it is told.
struct Older {
    revision: Revision,
    peer: Arc<dyn Endpoint>,
}

impl Endpoint for Older {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        self.peer.call(call)
    }

    fn notify(&self, mut notice: Notice) -> BoxFuture<'_, ()> {
        self.revision.lower_notice(&mut notice);
        self.peer.notify(notice)
    }
}

fn read(text: &[u8]) -> Result<Raw> {
    serde_json::from_slice(text).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::internal("the answer cannot be read").caused_by(error)
}

fn closed() -> Error {
    Error::new(Kind::Unavailable, "the session is not open")
}

impl Endpoint for Session {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(self.run(call))
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.near.touch();
        let attendant = self.near.attendant().clone();
        let hears = attendant.unwrap_or_else(|| Arc::clone(&self.endpoint));
        Box::pin(async move { hears.notify(notice).await })
    }
}

impl Line for Far {
    fn session(&self) -> &Arc<fmcp_core::Session> {
        &self.session
    }

    fn transport(&self) -> Carrier {
        Carrier::Memory
    }

    fn principal(&self) -> Option<Arc<Principal>> {
        None
    }

    fn age(&self) -> Duration {
        self.near.opened.elapsed()
    }

    fn idle(&self) -> Duration {
        self.near.idle()
    }

    fn close(&self) {
        self.near.close();
    }
}

impl Endpoint for Far {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(self.near.unless_closed(self.peer.call(call)))
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.peer.notify(notice)
    }
}

impl Link for Session {
    fn revision(&self) -> Revision {
        self.revision
    }

    fn about(&self) -> Arc<DiscoverResult> {
        Arc::clone(&self.about)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        // Whoever waits for an answer is told by the client itself.
        self.near.leave();
        Box::pin(std::future::ready(()))
    }
}
