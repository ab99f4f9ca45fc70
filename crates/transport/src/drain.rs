//! The end of a transport's life, told to everything that waits.

use fmcp_core::{
    BoxFuture, Call, Endpoint, Line, Notice, Raw, Reply, Result,
    protocol::{
        Identity, Method,
        model::{ListenResult, Meta},
    },
};
use std::sync::Arc;
use tokio::sync::watch;

/// Whether a transport is coming to its end. A clone is the same.
#[derive(Clone, Debug)]
pub struct Drain(Arc<watch::Sender<bool>>);

impl Default for Drain {
    fn default() -> Self {
        Self::new()
    }
}

impl Drain {
    /// The end has not come.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// The end has come: finish what runs, begin nothing new.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether the end has come.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the end.
    pub async fn begun(&self) {
        // An error says that nobody can begin it any more, which cannot be: we hold the sender.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }
}

/// An endpoint whose streams of notifications end in order when the transport does.
pub struct Ending {
    endpoint: Arc<dyn Endpoint>,
    drain: Drain,
}

impl Ending {
    /// `endpoint`, as long as there is no `drain`.
    #[must_use]
    pub fn new(endpoint: Arc<dyn Endpoint>, drain: Drain) -> Self {
        Self { endpoint, drain }
    }

    async fn listen(&self, call: Call) -> Result<Reply> {
        let id = call
            .id()
            .and_then(|id| serde_json::from_slice::<Raw>(id).ok());
        tokio::select! {
            biased;
            outcome = self.endpoint.call(call) => outcome,
            () = self.drain.begun() => {
                let mut result = ListenResult::new();
                result.meta = id.map(|id| Meta::new().with(Meta::SUBSCRIPTION_ID, id));
                Ok(result.into())
            }
        }
    }
}

impl Endpoint for Ending {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        if *call.method() == Method::Listen {
            return Box::pin(self.listen(call));
        }
        self.endpoint.call(call)
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.endpoint.notify(notice)
    }

    fn connect(&self, line: Arc<dyn Line>) -> Option<Arc<dyn Endpoint>> {
        self.endpoint.connect(line)
    }

    fn identity(&self) -> Option<Arc<Identity>> {
        self.endpoint.identity()
    }
}
