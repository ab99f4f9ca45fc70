//! Where everything that a server tells or asks without being asked arrives.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use fmcp_core::{
    BoxFuture, Call, ComponentKind, Endpoint, Error, Kind, Notice, Reply, Result,
    protocol::{
        Era, Method, Revision, Topic,
        model::{
            CreateMessageParams, CreateMessageRequest, DiscoverResult, ElicitParams, ElicitRequest,
            EmptyResult, InputRequest, ListRootsRequest, LogMessageParams, ProgressParams,
            ProgressToken,
        },
    },
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

use super::{
    answers::{Desk, Handlers},
    callback::{Callback, LIMIT},
    tasks::News,
};
use crate::extended::Extended;
use fmcp_transport::notice::{Rates, Throttle, Verdict};

/// Who hears of what.
#[derive(Clone, Default)]
pub(super) struct Hooks {
    pub(super) progress: Option<Callback<ProgressParams>>,
    pub(super) log: Option<Callback<LogMessageParams>>,
    pub(super) list_changed: Option<Callback<ComponentKind>>,
    pub(super) resource_updated: Option<Callback<String>>,
    pub(super) elicitation_complete: Option<Callback<String>>,
    pub(super) notice: Option<Callback<Notice>>,
}

/// The client as its server sees it: hears notices, and hands them to the callbacks; in sessions, answers
/// questions.
///
/// The server waits until the callbacks are through, so nothing piles up, what one call tells arrives in
/// its order, and all of it before the call's answer.
pub(super) struct Inbox {
    /// What is spoken, once both sides have agreed.
    revision: OnceLock<Revision>,
    hooks: Hooks,
    desk: Desk,
    /// Who waits to hear of tasks.
    news: News,
    extended: Extended,
    throttle: Mutex<Throttle>,
    changed: Box<Changed>,
    /// The calls that wait for an answer and want to hear of progress.
    waiting: Mutex<HashMap<ProgressToken, Waiting>>,
}

/// Told of what has changed; `None`: whatever there is may have.
type Changed = dyn Fn(Option<&Notice>) + Send + Sync;

/// A call that waits for an answer and wants to hear of progress.
#[derive(Clone)]
struct Waiting {
    callback: Option<Callback<ProgressParams>>,
    /// Told of every sign of progress, also of those that are thinned out.
    sign: Option<Arc<Notify>>,
}

impl Inbox {
    pub(super) fn new(
        hooks: Hooks,
        handlers: Handlers,
        extended: Extended,
        rates: Rates,
        changed: impl Fn(Option<&Notice>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            revision: OnceLock::new(),
            hooks,
            desk: Desk::new(handlers),
            news: News::default(),
            extended,
            throttle: Mutex::new(Throttle::new(rates)),
            changed: Box::new(changed),
            waiting: Mutex::default(),
        }
    }

    /// Both sides have agreed on this revision, and the server has said this about itself.
    pub(super) fn speak(&self, revision: Revision, about: &DiscoverResult) {
        let _ = self.revision.set(revision);
        if let Some(meta) = &about.meta
            && let Ok(Some(server)) = meta.server_info()
        {
            self.desk.serve(server);
        }
    }

    /// Where questions are answered.
    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Who waits to hear of tasks.
    pub(super) fn news(&self) -> &News {
        &self.news
    }

    /// Whether somebody hears of the progress of every call.
    pub(super) fn hears_progress(&self) -> bool {
        self.hooks.progress.is_some() || self.hooks.notice.is_some()
    }

    /// Lets progress under `token` through until the result is dropped.
    pub(super) fn expect(
        self: &Arc<Self>,
        token: ProgressToken,
        callback: Option<Callback<ProgressParams>>,
        sign: Option<Arc<Notify>>,
    ) -> Expected {
        let waiting = Waiting { callback, sign };
        self.waiting().insert(token.clone(), waiting);
        Expected {
            inbox: Arc::clone(self),
            token,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<ProgressToken, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There was no connection for a while: nobody knows what has changed.
    pub(super) fn missed(&self) {
        (self.changed)(None);
    }

    async fn hear(&self, notice: Notice) {
        if matches!(notice, Notice::ListChanged(_) | Notice::ResourceUpdated(_)) {
            (self.changed)(Some(&notice));
        }
        let mut progress = None;
        if let Notice::Progress(report) = &notice {
            // Progress of a call that nobody waits for any more, or that never was, is noise.
            let Some(own) = self.waiting().get(&report.progress_token).cloned() else {
                return;
            };
            if let Some(sign) = own.sign {
                sign.notify_one();
            }
            progress = own.callback.or_else(|| self.hooks.progress.clone());
        }
        let verdict = self
            .throttle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .judge(&notice, Instant::now());
        match verdict {
            Verdict::Drop => return,
            Verdict::Pass => {}
            Verdict::PassAfter(first) => self.deliver(*first, None).await,
        }
        self.deliver(notice, progress).await;
    }

    async fn deliver(&self, notice: Notice, progress: Option<Callback<ProgressParams>>) {
        if let Some(callback) = &self.hooks.notice {
            callback.run(notice.clone()).await;
        }
        match notice {
            Notice::Progress(report) => run(progress.as_ref(), report).await,
            Notice::Log(message) => run(self.hooks.log.as_ref(), message).await,
            Notice::ListChanged(kind) => run(self.hooks.list_changed.as_ref(), kind).await,
            Notice::ResourceUpdated(uri) => {
                run(self.hooks.resource_updated.as_ref(), uri.into()).await;
            }
            Notice::Other(Topic::ElicitationComplete, params) => {
                if let Some(id) = self.desk.completions().hear(&params) {
                    run(self.hooks.elicitation_complete.as_ref(), id.into()).await;
                }
            }
            notice @ Notice::Other(..) => {
                let revision = self.revision.get().copied();
                self.news
                    .hear(revision.unwrap_or(Revision::NEWEST), &notice);
                self.extend(&notice).await;
            }
            _ => {}
        }
    }

    /// Lets an extension hear. What the server tells next waits for it, but not for ever.
    async fn extend(&self, notice: &Notice) {
        if timeout(LIMIT, self.extended.hear(notice)).await.is_err() {
            tracing::error!("an extension was still not done after {LIMIT:?}");
        }
    }

    /// Answers what a session's server asks. Without a session, questions are replies.
    async fn answer(&self, call: Call) -> Result<Reply> {
        let revision = self.revision.get().copied();
        let revision = revision.unwrap_or(Revision::NEWEST_LEGACY);
        let params = call.params();
        let question: InputRequest = match call.method() {
            method if revision.era() == Era::Modern => return Err(unknown(method)),
            Method::Ping => return Ok(EmptyResult::default().into()),
            Method::Elicit => ElicitRequest::new(params.parse::<ElicitParams>()?).into(),
            Method::CreateMessage => {
                CreateMessageRequest::new(params.parse::<CreateMessageParams>()?).into()
            }
            Method::ListRoots => ListRootsRequest::new().into(),
            method => {
                let method = method.clone();
                let answered = self.extended.answer(call).await;
                return answered.unwrap_or_else(|| Err(unknown(&method)));
            }
        };
        let answer = self.desk.answer(question).await;
        if let Err(error) = &answer
            && let Some(source) = std::error::Error::source(error)
        {
            tracing::warn!(method = %call.method(), error = %source, "a question of the server was not answered");
        }
        Ok(Reply::Raw(revision, answer?))
    }
}

fn unknown(method: &Method) -> Error {
    let words = format!("the client does not answer {method}");
    Error::new(Kind::MethodNotFound, words)
}

async fn run<T: 'static>(callback: Option<&Callback<T>>, heard: T) {
    if let Some(callback) = callback {
        callback.run(heard).await;
    }
}

impl Endpoint for Inbox {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(self.answer(call))
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(self.hear(notice))
    }
}

/// Progress under a token goes to its callback as long as this is there.
pub(super) struct Expected {
    inbox: Arc<Inbox>,
    token: ProgressToken,
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.inbox.waiting().remove(&self.token);
    }
}

#[cfg(test)]
mod tests {
    use fmcp_core::protocol::model::ServerCapabilities;

    use super::*;

    #[tokio::test]
    async fn what_is_heard_is_heard_whole_whatever_revision_is_spoken() {
        for revision in Revision::ALL {
            let (tell, mut heard) = tokio::sync::mpsc::channel(1);
            let hooks = Hooks {
                progress: Some(Callback::new(move |report: ProgressParams| {
                    tell.try_send(report.message).unwrap_or_default();
                })),
                ..Hooks::default()
            };
            let (handlers, rates) = (Handlers::default(), Rates::default());
            let inbox = Arc::new(Inbox::new(
                hooks,
                handlers,
                Extended::default(),
                rates,
                |_| {},
            ));
            let about = DiscoverResult::new([], ServerCapabilities::new());
            inbox.speak(revision, &about);
            let token = ProgressToken::from(1);
            let _expected = inbox.expect(token.clone(), None, None);
            let report = ProgressParams::new(token, 1.0).message("half");
            inbox.notify(Notice::Progress(report)).await;
            let words = heard.recv().await.flatten();
            assert_eq!(words.as_deref(), Some("half"), "{revision}");
        }
    }
}
