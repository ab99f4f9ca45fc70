//! The way back to one caller while the upstream answers its call.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Notice, Reply, Result,
    protocol::{Era, Method, Topic, model::EmptyResult},
};
use tokio::time::Instant;

use super::{dress::Token, parked::Asks};

/// The way back to one caller.
pub(super) struct Back {
    /// Its call. What it says is read when the upstream asks or tells something, which is rare.
    call: Call,
    token: Option<Token>,
    /// Where questions go that the caller is asked in a reply.
    asks: Option<Asks>,
    /// How many questions of a task have a name.
    named: AtomicUsize,
    last_sign: Mutex<Instant>,
    asking: AtomicUsize,
}

impl Back {
    pub(super) fn new(call: &Call, token: Option<Token>, asks: Option<Asks>) -> Self {
        Self {
            call: call.clone(),
            token,
            asks,
            named: AtomicUsize::new(0),
            last_sign: Mutex::new(Instant::now()),
            asking: AtomicUsize::new(0),
        }
    }

    /// When the upstream last gave a sign.
    pub(super) fn last_sign(&self) -> Instant {
        *self
            .last_sign
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the upstream waits for the caller.
    pub(super) fn is_asking(&self) -> bool {
        self.asking.load(Ordering::Acquire) > 0
    }

    /// Whether the caller can be asked this.
    pub(super) fn can(&self, question: &Call) -> bool {
        let reachable = self.asks.is_some()
            || self.call.task_id().is_some()
            || self.call.revision().era() == Era::Legacy;
        let can = self.call.client_capabilities();
        reachable
            && match question.method() {
                Method::Elicit => can.elicitation.as_ref().is_some_and(|ways| {
                    let text = question.params().raw().unwrap_or_default();
                    let is_url = text.windows(5).any(|part| part == b"\"url\"")
                        && text.windows(6).any(|part| part == b"\"mode\"");
                    !is_url || ways.url.is_some()
                }),
                Method::CreateMessage => can.sampling.is_some(),
                Method::ListRoots => can.roots.is_some(),
                _ => false,
            }
    }

    /// Whether the call is about this task of the upstream.
    pub(super) fn follows(&self, task: &str) -> bool {
        self.call.params().task_id().as_deref() == Some(task)
    }

    /// Whether two calls come from one caller, who may be asked for either.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        match (self.call.session(), other.call.session()) {
            (Some(one), Some(other)) => one.id() == other.id(),
            _ => false,
        }
    }

    fn sign(&self) {
        *self
            .last_sign
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    async fn ask(&self, question: Call) -> Result<Reply> {
        if *question.method() == Method::Ping {
            return Ok(EmptyResult::new().into());
        }
        if !self.can(&question) {
            let words = format!("the caller cannot be asked: {}", question.method());
            return Err(Error::new(Kind::MissingCapability, words));
        }
        if let Some(asks) = &self.asks {
            return asks.ask(question).await;
        }
        let Some(peer) = self.call.peer() else {
            let words = "there is no way back to the caller";
            return Err(Error::new(Kind::MissingCapability, words));
        };
        let mut asked = Call::new(question.method().clone(), question.params().clone());
        if let Some(session) = self.call.session() {
            asked = asked.with_session(Arc::clone(session));
        }
        if self.call.task_id().is_some() {
            asked = asked.with_id(self.name(&question).into());
        }
        let revision = question.revision();
        Ok(match peer.call(asked).await? {
            // An answer says the same in every revision that has the question.
            Reply::Raw(_, text) => Reply::Raw(revision, text),
            reply => reply,
        })
    }

    /// What a question goes by in a task: by what it asks, so that another run does not take its answer for that
    /// to another one.
    fn name(&self, question: &Call) -> String {
        let mut hasher = DefaultHasher::new();
        question.method().as_str().hash(&mut hasher);
        question.params().raw().hash(&mut hasher);
        let nth = self.named.fetch_add(1, Ordering::Relaxed);
        format!("\"{:016x}-{nth}\"", hasher.finish())
    }

    async fn tell(&self, mut notice: Notice) {
        self.sign();
        match &mut notice {
            Notice::Progress(report) => {
                if let Some(token) = &self.token
                    && let Some(callers) = &token.callers
                {
                    report.progress_token = callers.clone();
                }
            }
            Notice::Log(message)
                if (self.call.log_level()).is_none_or(|level| message.level < level) =>
            {
                return;
            }
            Notice::Cancelled(_) | Notice::ListChanged(_) | Notice::ResourceUpdated(_) => return,
            // The caller's tasks are others than the upstream's.
            Notice::Other(Topic::TaskStatus | Topic::TaskChanged, _) => return,
            _ => {}
        }
        if let Some(peer) = self.call.peer() {
            peer.notify(notice).await;
        }
    }
}

impl Endpoint for Back {
    fn call(&self, question: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            let _asking = Asking::new(&self.asking);
            let answer = self.ask(question).await;
            self.sign();
            answer
        })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(self.tell(notice))
    }
}

/// The caller is being asked, as long as this is there.
struct Asking<'a>(&'a AtomicUsize);

impl<'a> Asking<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
