//! A link to whatever can be dialled.

use std::sync::Arc;

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Notice, Reply, Result,
    protocol::{Era, Method, Revision, model::DiscoverResult},
};
use tokio::task::JoinHandle;

use super::{Connection, Settings, keeper::Keeper};
use crate::client::{Greeting, Link};

/// What carries messages until the way breaks, and says why it did. Dropping it leaves nothing behind.
pub type Carrier = BoxFuture<'static, Error>;

/// How a server is reached: once when a link is opened, and again whenever the way has broken.
pub trait Dial: Send + Sync + 'static {
    /// What the server is called, in errors and in the log. Never a secret.
    fn name(&self) -> &str;

    /// Reaches the server, and gives what carries `connection`'s messages.
    ///
    /// When the connection is [to be closed](super::Calls::closing), the carrier sends what is left, and
    /// ends.
    ///
    /// # Errors
    /// When the server cannot be reached.
    fn dial(&self, connection: Connection) -> BoxFuture<'_, Result<Carrier>>;
}

/// Opens a link to what `dial` reaches. What does not belong to a call goes to `peer`.
///
/// # Errors
/// When the server cannot be reached, or speaks no revision that may be spoken.
pub async fn open(
    dial: impl Dial,
    settings: Settings,
    greeting: &Greeting,
    peer: Arc<dyn Endpoint>,
) -> Result<Arc<dyn Link>> {
    let keeper = Keeper::new(Box::new(dial), settings, greeting.clone(), peer);
    let keeper = Arc::new(keeper);
    let life = keeper.begin().await?;
    keeper.publish(&life);
    let (revision, about) = (life.agreed.revision, Arc::new(life.agreed.about.clone()));
    let keeping = Arc::clone(&keeper);
    Ok(Arc::new(Duplex {
        keeper,
        revision,
        about,
        task: tokio::spawn(async move { keeping.keep(life).await }),
    }))
}

/// A link over one stream of messages in each direction.
struct Duplex {
    keeper: Arc<Keeper>,
    revision: Revision,
    about: Arc<DiscoverResult>,
    task: JoinHandle<()>,
}

impl Drop for Duplex {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Duplex {
    async fn ask(&self, call: Call) -> Result<Reply> {
        let calls = self.keeper.calls().await.map_err(Error::unsent)?;
        if *call.method() == Method::Listen && self.revision.era() == Era::Legacy {
            let changes = &self.keeper.changes;
            return changes.listen(call, &self.about.capabilities).await;
        }
        calls.call(call).await
    }

    async fn tell(&self, notice: Notice) {
        let told = match self.keeper.calls().await {
            Ok(calls) => calls.tell(notice).await,
            Err(error) => Err(error),
        };
        if let Err(error) = told {
            tracing::warn!(%error, "a notice was lost");
        }
    }
}

impl Endpoint for Duplex {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(self.ask(call))
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(self.tell(notice))
    }
}

impl Link for Duplex {
    fn revision(&self) -> Revision {
        self.revision
    }

    fn about(&self) -> Arc<DiscoverResult> {
        Arc::clone(&self.about)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.keeper.close())
    }
}
