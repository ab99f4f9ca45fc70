//! A server as an endpoint.

use std::sync::Arc;

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Next, Notice, Reply, Result, protocol::Identity,
};

use super::{Server, build::Inner, dispatch::Dispatch};

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
            let inner = self.dispatch()?;
            if inner.layers().is_empty() {
                return inner.run(call).await;
            }
            // Middleware sees the state that handlers see.
            let call = call.with_home(
                Arc::clone(&inner.server) as _,
                Arc::clone(&inner.snapshot.state),
            );
            Next::new(inner.layers(), &inner).run(call).await
        })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Ok(inner) = self.dispatch() {
                Next::new(inner.layers(), &inner).notify(notice).await;
            }
        })
    }

    fn identity(&self) -> Option<Arc<Identity>> {
        Some(Arc::clone(&self.now().identity))
    }
}

impl Inner {
    /// The server as this call sees it, to its end.
    fn dispatch(&self) -> Result<Dispatch> {
        let server = self
            .me
            .upgrade()
            .ok_or_else(|| Error::internal("the server is gone"))?;
        Ok(Dispatch {
            server,
            snapshot: arc_swap::Guard::into_inner(self.now()),
        })
    }
}
