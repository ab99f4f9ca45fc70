//! A server as an endpoint.

use std::sync::Arc;

use fmcp_core::{BoxFuture, Call, Endpoint, Next, Notice, Reply, Result, protocol::Identity};

use super::{Server, build::Inner};

impl Endpoint for Server {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        self.0.call(call)
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.0.notify(notice)
    }

    fn identity(&self) -> Option<Arc<Identity>> {
        self.0.identity()
    }
}

impl Endpoint for Inner {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            // The call sees the server as it is now, to its end. It takes a share of its own: calls may
            // last, and what `ArcSwap` lends is meant for short use.
            let snapshot = arc_swap::Guard::into_inner(self.now());
            if snapshot.layers.is_empty() {
                return snapshot.answer(call).await;
            }
            // Middleware sees the state that handlers see.
            let call = call.with_home(Arc::clone(&snapshot.home));
            Next::new(&snapshot.layers, &*snapshot).run(call).await
        })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let snapshot = arc_swap::Guard::into_inner(self.now());
            Next::new(&snapshot.layers, &*snapshot).notify(notice).await;
        })
    }

    fn identity(&self) -> Option<Arc<Identity>> {
        Some(Arc::clone(&self.now().identity))
    }
}
