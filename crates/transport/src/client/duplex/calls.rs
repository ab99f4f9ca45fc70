//! A connection, as those see it who call.

use std::{
    fmt,
    future::poll_fn,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Notice, Raw, Reply, Result, Session,
    protocol::{
        Method, Revision,
        model::{ErrorObject, ListenResult, Meta},
    },
};
use serde_json::json;
use tokio::sync::Notify;

use super::{
    Settings,
    fault::Fault,
    sort::translated,
    straight::Straight,
    waiting::{Event, Outcome, Waiting},
};
use crate::{
    drain::Drain,
    notice::{Closed, Queue},
    text::one_line,
};

/// The way of calls into a connection. A clone is the same.
#[derive(Clone)]
pub struct Calls(Arc<Shared>);

struct Shared {
    waiting: Waiting,
    out: Queue,
    straight: OnceLock<Arc<dyn Straight>>,
    agreed: OnceLock<Agreed>,
    closing: Drain,
    /// It ends in order: what waits to be sent still is.
    is_flushed: AtomicBool,
    life: Notify,
    noise: Notify,
}

impl Shared {
    /// Whether the message of this number will never be sent.
    fn is_lost(&self, number: u64) -> bool {
        let is_broken = self.waiting.is_over() && !self.is_flushed.load(Ordering::Acquire);
        is_broken && !self.out.has_popped(number)
    }
}

/// What both sides have agreed on.
#[derive(Clone, Debug)]
struct Agreed {
    revision: Revision,
    session: Option<Arc<Session>>,
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calls")
            .field("agreed", &self.0.agreed.get())
            .field("is_over", &self.is_over())
            .finish_non_exhaustive()
    }
}

impl Calls {
    pub(super) fn new(settings: &Settings) -> Self {
        Self(Arc::new(Shared {
            waiting: Waiting::new(settings),
            // Without any room, nothing would ever be sent.
            out: Queue::new(settings.unread_bytes.max(1)),
            straight: OnceLock::new(),
            agreed: OnceLock::new(),
            closing: Drain::new(),
            is_flushed: AtomicBool::new(false),
            life: Notify::new(),
            noise: Notify::new(),
        }))
    }

    /// Asks the server, and waits for its answer for as long as the caller does. Dropping the future tells
    /// the server that nobody waits any more.
    ///
    /// # Errors
    /// The error that the server gave, or [`Kind::Unavailable`](fmcp_core::Kind::Unavailable) when the connection breaks.
    pub async fn call(&self, call: Call) -> Result<Reply> {
        let revision = self.revision().unwrap_or(Revision::NEWEST);
        let (method, id) = (call.method().clone(), call.id().cloned());
        let result = self.ask(call, true).await?;
        if method == Method::Listen {
            return Ok(end_of_stream(id).into());
        }
        Ok(Reply::Raw(revision, result))
    }

    /// Asks, and gives the text of the result. The server hears of it when nobody waits any more, if
    /// `can_cancel`.
    pub(super) async fn ask(&self, call: Call, can_cancel: bool) -> Result<Raw> {
        let shared = &*self.0;
        let expected = shared.waiting.expect(&call).map_err(Error::unsent)?;
        let mut asked = Asked {
            calls: self,
            id: expected.id,
            can_cancel: false,
        };
        let text = one_line(write(asked.id, &call));
        let Ok(number) = self.send(text, expected.is_alone).await else {
            let over = shared.waiting.over().unwrap_or_else(Fault::closed);
            return Err(over.error().unsent());
        };
        asked.can_cancel = can_cancel;
        // What has not been taken from the queue by the time when the way breaks, nobody has seen.
        let blame = |error: Error| match shared.is_lost(number) {
            true => error.unsent(),
            false => error,
        };
        loop {
            let event = poll_fn(|cx| shared.waiting.poll_next(asked.id, cx)).await;
            match event.map_err(blame)? {
                Event::Told(notice) => {
                    if let Some(peer) = call.peer() {
                        let id = call.id().map(AsRef::as_ref);
                        peer.notify(translated(notice, id)).await;
                    }
                }
                Event::Answered(outcome) => {
                    asked.can_cancel = false;
                    return read(outcome);
                }
            }
        }
    }

    /// Sends a message, as soon as there is room, and gives its number. One that is alone goes straight: several
    /// go out together, which is cheaper for all of them.
    async fn send(&self, mut message: Vec<u8>, is_alone: bool) -> Result<u64, Closed> {
        let shared = &*self.0;
        if is_alone && let Some(straight) = shared.straight.get() {
            message = match shared.out.pass(message, |line| straight.write(line)) {
                Ok(number) => return Ok(number),
                Err(message) => message,
            };
        }
        shared.out.push(message).await
    }

    /// From now on, messages may go straight.
    pub(super) fn go_straight(&self, straight: Arc<dyn Straight>) {
        // A connection has one carrier.
        let _ = self.0.straight.set(straight);
    }

    /// Tells the server something, as soon as there is room.
    pub(super) async fn tell(&self, notice: Notice) -> Result<()> {
        let revision = self.revision().unwrap_or(Revision::NEWEST);
        if let Some(text) = revision.write_notice(notice, None)?
            && self.0.out.push(one_line(text)).await.is_err()
        {
            let over = self.0.waiting.over();
            return Err(over.unwrap_or_else(Fault::closed).error());
        }
        Ok(())
    }

    /// Both sides have agreed on this.
    pub(super) fn agree(&self, revision: Revision, session: Option<Arc<Session>>) {
        let _ = self.0.agreed.set(Agreed { revision, session });
    }

    pub(super) fn revision(&self) -> Option<Revision> {
        self.0.agreed.get().map(|agreed| agreed.revision)
    }

    pub(super) fn session(&self) -> Option<&Arc<Session>> {
        self.0.agreed.get()?.session.as_ref()
    }

    /// The server has shown life: it has sent a message.
    pub(super) fn show_life(&self) {
        self.0.life.notify_one();
    }

    /// Waits until the server shows life, or has done so since it was last asked.
    pub(super) async fn life(&self) {
        self.0.life.notified().await;
    }

    /// Something has been written that is no message, by the server or by what installs it and starts it.
    pub fn make_noise(&self) {
        self.0.noise.notify_one();
    }

    /// Waits until there is noise, or has been since it was last asked.
    pub(super) async fn noise(&self) {
        self.0.noise.notified().await;
    }

    /// The connection has broken, as `error` says: who waits hears it, and nobody else is let in.
    pub fn fail(&self, error: &Error) {
        self.0.waiting.end(Fault::of(error));
        self.0.out.close();
        self.0.closing.begin();
    }

    /// Ends the connection in order: who waits hears of it, and what was to be sent is sent.
    pub(super) fn close(&self) {
        self.0.is_flushed.store(true, Ordering::Release);
        self.fail(&Fault::closed().error());
    }

    /// Waits until the connection is to be ended.
    pub async fn closing(&self) {
        self.0.closing.begun().await;
    }

    /// Whether nobody is let in any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.waiting.is_over()
    }

    pub(super) fn waiting(&self) -> &Waiting {
        &self.0.waiting
    }

    pub(super) fn out(&self) -> &Queue {
        &self.0.out
    }
}

/// A call has been asked, and its answer is waited for as long as this is there.
struct Asked<'a> {
    calls: &'a Calls,
    id: u64,
    can_cancel: bool,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let shared = &*self.calls.0;
        if shared.waiting.forget(self.id) && self.can_cancel {
            let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
                "params": {"requestId": self.id}});
            // There are no more of these than requests that have found room.
            shared.out.append(cancelled.to_string());
        }
    }
}

fn write(id: u64, call: &Call) -> Vec<u8> {
    let params = call.params().raw().unwrap_or(b"{}");
    let method = call.method().as_str();
    let mut out = Vec::with_capacity(80 + method.len() + params.len());
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    out.extend_from_slice(id.to_string().as_bytes());
    out.extend_from_slice(b",\"method\":");
    if serde_json::to_writer(&mut out, method).is_err() {
        out.extend_from_slice(b"\"\"");
    }
    out.extend_from_slice(b",\"params\":");
    out.extend_from_slice(params);
    out.push(b'}');
    out
}

fn read(outcome: Outcome) -> Result<Raw> {
    match outcome {
        Ok(result) => serde_json::from_slice(&result).map_err(unreadable),
        Err(error) => match serde_json::from_slice::<ErrorObject>(&error) {
            Ok(object) => Err(object.into()),
            Err(error) => Err(unreadable(error)),
        },
    }
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::internal("the server's answer cannot be read").caused_by(error)
}

/// The end of a stream of changes, by the id that its caller knows it by.
fn end_of_stream(id: Option<Bytes>) -> ListenResult {
    let mut result = ListenResult::new();
    let id = id.and_then(|id| serde_json::from_slice::<Raw>(&id).ok());
    result.meta = id.map(|id| Meta::new().with(Meta::SUBSCRIPTION_ID, id));
    result
}

/// A connection answers what its link asks for itself.
impl Endpoint for Calls {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(Self::call(self, call))
    }
}
