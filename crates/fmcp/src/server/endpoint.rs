//! A server as an endpoint.

use std::{panic::AssertUnwindSafe, sync::Arc};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Next, Notice, Reply, Result, protocol::Identity,
};
use futures_util::FutureExt as _;

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
            let answering = AssertUnwindSafe(self.answer(call)).catch_unwind();
            answering.await.unwrap_or_else(|panic| {
                // Handlers have a guard of their own; this is for what stands around them.
                let words = panic.downcast_ref::<&str>().copied();
                let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
                let words = words.unwrap_or("(no message)");
                tracing::error!(panic = words, "a layer, provider or transform panicked");
                Err(Error::internal("the call could not be answered").caused_by(words))
            })
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
    async fn answer(&self, call: Call) -> Result<Reply> {
        let inner = self.dispatch()?;
        if inner.layers().is_empty() {
            return inner.run(call).await;
        }
        Next::new(inner.layers(), &inner).run(call).await
    }

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
