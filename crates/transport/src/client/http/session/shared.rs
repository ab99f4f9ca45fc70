//! What a link of sessions and its tasks share.

use std::sync::{
    Arc, Mutex, PoisonError, Weak,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use bytes::Bytes;
use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Notice, Reply, Result,
    protocol::{
        Method, Params, Revision,
        model::{DiscoverResult, SetLevelParams},
    },
};
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::sync::{Semaphore, watch};

use super::{
    errands::Errands,
    handshake::{self, Opened, in_session, shake_hands},
    questions::Questions,
    strays::Strays,
};
use crate::client::{
    Greeting,
    changes::Changes,
    http::{Settings, envelope, open::closed, remote::Remote, unanswered::Failure},
};

/// The session of the moment. When the server has lost it, there will be another.
#[derive(Clone)]
pub(super) struct Current {
    pub(super) id: Option<HeaderValue>,
    /// How many there have been before.
    pub(super) number: u64,
    /// Whether a call has been answered in it.
    works: Arc<AtomicBool>,
}

impl Current {
    fn new(id: Option<HeaderValue>, number: u64) -> Self {
        Self {
            id,
            number,
            works: Arc::default(),
        }
    }

    pub(super) fn works(&self) -> bool {
        self.works.load(Ordering::Relaxed)
    }

    /// A call has been answered in it.
    pub(super) fn has_worked(&self) {
        self.works.store(true, Ordering::Relaxed);
    }
}

/// What a link of sessions and its tasks share.
pub(super) struct Shared {
    pub(super) remote: Remote,
    pub(super) settings: Settings,
    pub(super) revision: Revision,
    pub(super) about: Arc<DiscoverResult>,
    /// Who hears what belongs to no call, and answers what the server asks.
    pub(super) peer: Arc<dyn Endpoint>,
    pub(super) changes: Changes,
    pub(super) questions: Questions,
    pub(super) strays: Strays,
    greeting: Greeting,
    current: watch::Sender<Current>,
    /// One at a time opens a new session.
    opening: Semaphore,
    last_id: AtomicU64,
    /// The level of the log that was set last: a new session does not know it.
    log_level: Mutex<Option<Params>>,
    /// Who runs tasks, as long as the link is there. They hold this, so this must not hold them.
    errands: Weak<Errands>,
}

impl Shared {
    pub(super) fn new(
        settings: &Settings,
        greeting: &Greeting,
        opened: Opened,
        peer: Arc<dyn Endpoint>,
        errands: &Arc<Errands>,
    ) -> Self {
        let current = Current::new(opened.id, 0);
        Self {
            remote: Remote::new(settings),
            settings: settings.clone(),
            revision: opened.revision,
            about: Arc::new(opened.about),
            peer,
            changes: Changes::default(),
            questions: Questions::new(settings.questions, opened.revision),
            strays: Strays::default(),
            greeting: greeting.clone(),
            current: watch::Sender::new(current),
            opening: Semaphore::new(1),
            last_id: AtomicU64::new(0),
            log_level: Mutex::default(),
            errands: Arc::downgrade(errands),
        }
    }

    pub(super) fn current(&self) -> Current {
        self.current.borrow().clone()
    }

    /// Waits until the session is another one than `current`.
    pub(super) async fn replaced(&self, current: &Current) {
        let mut watching = self.current.subscribe();
        // An error says that this is gone, which holds the sender.
        let _ = watching.wait_for(|now| now.number != current.number).await;
    }

    pub(super) fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The headers of a message in the session, with those of a call.
    pub(super) fn headers(&self, current: &Current, own: Option<&HeaderMap>) -> HeaderMap {
        let headers = self.remote.posting_with(own);
        in_session(headers, self.revision, current.id.as_ref())
    }

    /// Sends something that needs no answer.
    pub(super) async fn tell(&self, body: Bytes) -> Result<(), Failure> {
        let current = self.current();
        let headers = || handshake::headers(&self.remote, self.revision, current.id.as_ref());
        self.remote
            .tell(body, headers, self.settings.patience)
            .await
    }

    /// Runs a task as long as the link is there.
    pub(super) fn errand(
        &self,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> Option<tokio::task::AbortHandle> {
        Some(self.errands.upgrade()?.run(task))
    }

    /// Tells the server that nobody waits for the answer to `id` any more.
    pub(super) fn cancel(self: &Arc<Self>, id: u64) {
        let shared = Arc::clone(self);
        self.errand(async move {
            if let Err(failure) = shared.tell(envelope::cancelled(id)).await {
                tracing::debug!(error = %failure.error, "the server was not told of a cancelled call");
            }
        });
    }

    /// Hears what the server tells. What has no other address goes to `near`, if there is one.
    pub(super) async fn told(&self, notice: Notice, near: Option<&Arc<dyn Endpoint>>) {
        match notice {
            Notice::Cancelled(params) => self.questions.cancel(&params.request_id),
            Notice::ListChanged(_) | Notice::ResourceUpdated(_) => {
                if !self.changes.tell(&notice) {
                    self.peer.notify(notice).await;
                }
            }
            notice => near.unwrap_or(&self.peer).notify(notice).await,
        }
    }

    /// Whether `failure` says that the server does not know the session `current`. Then it has not looked at
    /// what it was sent.
    pub(super) fn is_lost(current: &Current, failure: &Failure) -> bool {
        // One that finds no such method, or thing, has looked, and may say so with the same status.
        let has_looked = matches!(
            failure.error.kind(),
            Kind::MethodNotFound | Kind::InvalidParams | Kind::NotFound
        );
        let says_so = match failure.status {
            Some(StatusCode::NOT_FOUND) => true,
            // Some servers say it with another status: of a session that has worked, and in words.
            Some(StatusCode::BAD_REQUEST) => {
                current.works.load(Ordering::Relaxed) && names_session(failure.error.message())
            }
            _ => false,
        };
        current.id.is_some() && says_so && !has_looked
    }

    /// Opens a new session in the place of `lost`, unless somebody has done so already.
    ///
    /// # Errors
    /// When the server does not open one, or not in the revision that is spoken.
    pub(super) async fn reopen(&self, lost: &Current) -> Result<()> {
        // An error says that the link is gone, which holds the semaphore.
        let _turn = self.opening.acquire().await.map_err(|_| closed())?;
        if self.current().number != lost.number {
            return Ok(());
        }
        tracing::debug!("the server has lost the session; opening another");
        let again = shake_hands(
            &self.remote,
            &self.greeting,
            self.revision,
            Some(self.revision),
        );
        let opened = self.remote.within(self.settings.patience, again).await;
        let opened = opened.map_err(|failure| {
            let words = format!(
                "the server has lost the session, and does not open another: {}",
                failure.error.message()
            );
            Error::new(Kind::Unavailable, words)
                .caused_by(failure.error)
                .unsent()
        })?;
        self.current
            .send_replace(Current::new(opened.id, lost.number + 1));
        self.changes.reopened();
        self.restore_log_level().await;
        Ok(())
    }

    /// Sets the level of the log that the client wants from the beginning.
    pub(super) async fn set_log_level(&self) {
        if let Some(level) = self.greeting.log_level
            && self.about.capabilities.logging.is_some()
            && let Ok(params) = Params::of(&SetLevelParams::new(level))
        {
            self.remember_log_level(params);
            self.restore_log_level().await;
        }
    }

    pub(super) fn remember_log_level(&self, params: Params) {
        *self.level() = Some(params);
    }

    async fn restore_log_level(&self) {
        let Some(params) = self.level().clone() else {
            return;
        };
        let id = self.next_id().to_string();
        let method = Method::SetLogLevel;
        let body = envelope::request(id.as_bytes(), method.as_str(), params.raw());
        if let Err(failure) = self.tell(body).await {
            tracing::warn!(error = %failure.error, "the level of the server's log cannot be set");
        }
    }

    fn level(&self) -> std::sync::MutexGuard<'_, Option<Params>> {
        self.log_level
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a server complains of a session.
fn names_session(words: &str) -> bool {
    words.to_ascii_lowercase().contains("session")
}

/// Calls that the link makes by itself: to follow resources, for those who listen.
pub(super) struct Within(pub(super) Arc<Shared>);

impl Endpoint for Within {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(super::answering::call(&self.0, call))
    }
}
