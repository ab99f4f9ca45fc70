//! A link that keeps a session.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use fmcp_core::{
    BoxFuture, Call, Endpoint, Notice, Reply, Result,
    protocol::{Revision, model::DiscoverResult},
};
use tokio::{sync::oneshot, time::timeout};

use super::{
    answering,
    errands::Errands,
    handshake::{in_session, shake_hands},
    listening,
    shared::{Shared, Within},
};
use crate::{
    client::{
        Greeting, Link,
        http::{Settings, open::closed, remote::Remote, unanswered::Failure},
    },
    drain::Drain,
};

/// How long the server may take to hear that the session is over.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long it may take to open the stream of what belongs to no call, before the first call is made nevertheless:
/// there are servers that do not say that it is open before they have something to say.
const HEARING: Duration = Duration::from_millis(500);

/// Opens a session, in `asked` or in what the server would rather speak.
///
/// # Errors
/// When the server does not open one.
pub(in crate::client::http) async fn open(
    settings: &Settings,
    greeting: &Greeting,
    asked: Revision,
    peer: Arc<dyn Endpoint>,
) -> Result<Arc<dyn Link>, Failure> {
    let remote = Remote::new(settings);
    let shaking = shake_hands(&remote, greeting, asked, greeting.revision);
    let opened = remote.within(settings.patience, shaking).await?;
    let errands = Arc::new(Errands::new());
    let shared = Arc::new(Shared::new(settings, greeting, opened, peer, &errands));
    shared.set_log_level().await;
    if settings.listens {
        let (tried, is_known) = oneshot::channel();
        errands.run(listening::listen(Arc::clone(&shared), tried));
        // So that nothing is missed that the server says because of the first call.
        let _ = timeout(HEARING, is_known).await;
    }
    let within = Within(Arc::clone(&shared));
    errands.run(async move { within.0.changes.keep(&within).await });
    Ok(Arc::new(Sessions {
        shared,
        errands,
        closing: Drain::new(),
    }))
}

/// A link that keeps a session, and opens another when the server has lost it.
struct Sessions {
    shared: Arc<Shared>,
    errands: Arc<Errands>,
    closing: Drain,
}

impl Sessions {
    /// Tells the server that the session is over. One that keeps it nevertheless is not asked why.
    async fn part(&self) {
        let current = self.shared.current();
        let Some(id) = &current.id else { return };
        let remote = &self.shared.remote;
        let headers = || in_session(remote.plain(), self.shared.revision, Some(id));
        let parting = remote.send(http::Method::DELETE, Bytes::new(), headers);
        match timeout(FAREWELL, parting).await {
            Ok(Ok(_)) => {}
            Ok(Err(failure)) => {
                tracing::debug!(error = %failure.error, "the server does not hear the session's end");
            }
            Err(_) => tracing::debug!("the server does not hear the session's end in time"),
        }
    }
}

impl Endpoint for Sessions {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            if self.closing.has_begun() {
                return Err(closed());
            }
            tokio::select! {
                biased;
                outcome = answering::call(&self.shared, call) => outcome,
                () = self.closing.begun() => Err(closed()),
            }
        })
    }

    /// Tells the server, which keeps something of its clients.
    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let body = match self.shared.revision.write_notice(notice, None) {
                Ok(Some(body)) => body,
                Ok(None) => return,
                Err(error) => return tracing::warn!(%error, "not sent"),
            };
            if let Err(failure) = self.shared.tell(body.into()).await {
                tracing::warn!(error = %failure.error, "a notification did not reach the server");
            }
        })
    }
}

impl Link for Sessions {
    fn revision(&self) -> Revision {
        self.shared.revision
    }

    fn about(&self) -> Arc<DiscoverResult> {
        Arc::clone(&self.shared.about)
    }

    fn carries_headers(&self) -> bool {
        true
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if self.closing.has_begun() {
                return;
            }
            self.closing.begin();
            self.shared.changes.close();
            self.errands.end().await;
            self.part().await;
        })
    }
}
