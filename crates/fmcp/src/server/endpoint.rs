//! A server as an endpoint.

use std::{panic::AssertUnwindSafe, sync::Arc};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Line, Next, Notice, Reply, Result, protocol::Identity,
};
use futures_util::FutureExt as _;

use super::{Server, build::Inner, sessions::attend, snapshot::Snapshot};
use crate::handler::panic_words;

impl Endpoint for Server {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        self.0.call(call)
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.0.notify(notice)
    }

    fn connect(&self, line: Arc<dyn Line>) -> Option<Arc<dyn Endpoint>> {
        self.0.connect(line)
    }

    fn identity(&self) -> Option<Arc<Identity>> {
        self.0.identity()
    }
}

impl Endpoint for Inner {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(self.respond(call))
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let snapshot = arc_swap::Guard::into_inner(self.now());
            Next::new(&snapshot.layers, &*snapshot).notify(notice).await;
        })
    }

    fn connect(&self, line: Arc<dyn Line>) -> Option<Arc<dyn Endpoint>> {
        Some(attend(self, line))
    }

    fn identity(&self) -> Option<Arc<Identity>> {
        Some(Arc::clone(&self.now().identity))
    }
}

impl Inner {
    /// What [`Endpoint::call`] does, for those here whose own future has room for it.
    pub(super) async fn respond(&self, call: Call) -> Result<Reply> {
        // The call sees the server as it is now, to its end. It takes a share of its own: calls may last, and what
        // `ArcSwap` lends is meant for short use.
        let snapshot = arc_swap::Guard::into_inner(self.now());
        if snapshot.faulty {
            // Whoever came here without starting the server shall not find half of it.
            self.lock()
                .faults
                .iter()
                .for_each(|fault| tracing::error!("{fault}"));
            return Err(Error::internal(
                "the server is not built right; its log says why",
            ));
        }
        if snapshot.is_plain() {
            return snapshot.answer(call).await;
        }
        Box::pin(answer_through_layers(&snapshot, call)).await
    }
}

/// The way through layers and providers, which are neither ours nor handlers with a guard of their own.
async fn answer_through_layers(snapshot: &Snapshot, call: Call) -> Result<Reply> {
    // Middleware sees the state that handlers see.
    let call = call.with_home(Arc::clone(&snapshot.home));
    let answering = Next::new(&snapshot.layers, snapshot).run(call);
    let outcome = AssertUnwindSafe(answering).catch_unwind().await;
    outcome.unwrap_or_else(|panic| {
        let words = panic_words(&*panic).to_owned();
        tracing::error!(panic = %words, "a layer or provider panicked");
        Err(Error::internal("the call could not be answered").caused_by(words))
    })
}
