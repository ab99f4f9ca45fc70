//! What the author wants to hear of sessions.

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use fmcp_core::{BoxFuture, Error, protocol::model::Root};
use futures_util::FutureExt as _;
use tokio::time::timeout;

use super::LiveSession;
use crate::handler::panic_words;

/// How long one hook may take.
const PATIENCE: Duration = Duration::from_secs(30);

type Hook<T> = Arc<dyn Fn(LiveSession, T) -> BoxFuture<'static, ()> + Send + Sync>;

/// What the author wants to hear of sessions.
#[derive(Clone, Default)]
pub(in crate::server) struct SessionHooks {
    pub(super) connect: Vec<Hook<()>>,
    pub(super) disconnect: Vec<Hook<()>>,
    pub(super) roots: Vec<Hook<Vec<Root>>>,
    pub(super) error: Vec<Hook<Arc<Error>>>,
}

impl SessionHooks {
    pub(super) fn is_empty(&self) -> bool {
        let of_life = self.connect.is_empty() && self.disconnect.is_empty();
        of_life && self.roots.is_empty() && self.error.is_empty()
    }

    /// Runs hooks, one after the other; what goes wrong with one is the author's to know, and stops nobody.
    pub(super) async fn run<T: Clone>(&self, hooks: &[Hook<T>], session: &LiveSession, said: &T) {
        for hook in hooks {
            if let Err(words) = run(hook, session, said.clone()).await {
                tracing::error!(session = session.id(), error = words, "a hook failed");
            }
        }
    }
}

/// A hook of any function.
pub(super) fn hook<T, F, Fut>(function: F) -> Hook<T>
where
    F: Fn(LiveSession, T) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    Arc::new(move |session, said| Box::pin(function(session, said)))
}

async fn run<T>(hook: &Hook<T>, session: &LiveSession, said: T) -> Result<(), String> {
    let running = AssertUnwindSafe(async { hook(session.clone(), said).await }).catch_unwind();
    match timeout(PATIENCE, running).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(panic)) => Err(format!("panicked: {}", panic_words(&*panic))),
        Err(_) => Err(format!("was not done within {PATIENCE:?}")),
    }
}
