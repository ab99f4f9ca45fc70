//! The way back from one call to its caller, where all calls of a peer share one stream of messages.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Notice, Raw, Reply, Result,
    protocol::{Era, Revision, Topic, model::ProgressToken},
};
use tokio::time::Instant;

use super::Questions;
use crate::{
    notice::{Queue, Rates, Throttle, Verdict},
    text::one_line,
};

/// The one way out to a peer: the messages that wait, and what has been asked.
#[derive(Debug)]
pub struct Out {
    /// Messages on their way.
    pub queue: Queue,
    /// Questions on their way, and back.
    pub questions: Arc<Questions>,
    throttle: Mutex<Throttle>,
    patience: Duration,
}

impl Out {
    /// A way out on which at most `bound` bytes wait, and questions wait at most for `patience`.
    #[must_use]
    pub fn new(bound: usize, rates: Rates, patience: Duration) -> Self {
        Self {
            queue: Queue::new(bound),
            questions: Arc::default(),
            throttle: Mutex::new(Throttle::new(rates)),
            patience,
        }
    }

    /// Nobody reads any more.
    pub fn close(&self) {
        self.queue.close();
        self.questions.close();
    }

    fn judge(&self, notice: &Notice) -> Verdict {
        self.throttle().judge(notice, Instant::now())
    }

    fn throttle(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way back from one call to its caller. What is told after the answer is not told.
#[derive(Debug)]
pub struct Way {
    out: Arc<Out>,
    revision: Revision,
    /// Where the call is a stream of notifications: its id, which each of them carries.
    subscription: Option<Raw>,
    over: AtomicBool,
    /// What the call's progress goes by, once it has reported any.
    token: OnceLock<ProgressToken>,
}

impl Way {
    /// The way back from a call of `revision`.
    #[must_use]
    pub fn new(out: Arc<Out>, revision: Revision) -> Self {
        Self {
            out,
            revision,
            subscription: None,
            over: AtomicBool::new(false),
            token: OnceLock::new(),
        }
    }

    /// Makes it the way of a stream of notifications that goes by the request `id`.
    #[must_use]
    pub fn subscription(mut self, id: &Bytes) -> Self {
        self.subscription = serde_json::from_slice(id).ok();
        self
    }

    /// The call is answered, or not wanted any more: nothing more goes this way.
    pub fn end(&self) {
        self.over.store(true, Ordering::Release);
        if let Some(token) = self.token.get() {
            self.out.throttle().forget(token);
        }
    }

    async fn tell(&self, notice: Notice) {
        // A handler that does nothing but tell, to nobody or more than goes out, lets others run, and can be
        // ended, all the same.
        tokio::task::consume_budget().await;
        if self.over.load(Ordering::Acquire) || self.is_not_for(&notice) {
            return;
        }
        if let Notice::Progress(report) = &notice {
            self.token.get_or_init(|| report.progress_token.clone());
        }
        match self.out.judge(&notice) {
            Verdict::Drop => return,
            Verdict::Pass => {}
            Verdict::PassAfter(first) => self.send(*first).await,
        }
        self.send(notice).await;
    }

    /// Legacy sessions hear of changes unasked, so that nobody acknowledges anything.
    fn is_not_for(&self, notice: &Notice) -> bool {
        self.revision.era() == Era::Legacy
            && matches!(notice, Notice::Other(Topic::Acknowledged, _))
    }

    async fn send(&self, notice: Notice) {
        match self
            .revision
            .write_notice(notice, self.subscription.as_ref())
        {
            // An error says that nobody reads, and that the call is about to end.
            Ok(Some(text)) => {
                let queue = &self.out.queue;
                let _ = queue.push_unless(one_line(text), &self.over).await;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "a notice was lost"),
        }
    }

    async fn ask(&self, call: Call) -> Result<Reply> {
        if self.over.load(Ordering::Acquire) {
            return Err(Error::new(
                Kind::Unavailable,
                "a client can only be asked while its call runs",
            ));
        }
        let queue = &self.out.queue;
        let send = async |text| {
            let sent = queue.push(one_line(text)).await;
            sent.map(drop)
                .map_err(|_| Error::new(Kind::Unavailable, "the client has gone"))
        };
        // At most one for each question, so that they are few.
        let cancel = |text| queue.append(one_line(text));
        (self.out.questions)
            .ask(self.revision, &call, self.out.patience, send, cancel)
            .await
    }
}

impl Endpoint for Way {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(self.ask(call))
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(self.tell(notice))
    }
}
