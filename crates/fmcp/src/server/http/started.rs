//! A server that somebody else's HTTP server carries: it starts when it is first called.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use fmcp_core::{BoxFuture, Call, Endpoint, Line, Notice, Reply, Result, protocol::Identity};

use super::super::Server;

/// A server that starts when it is first called.
pub(super) struct Started {
    server: Server,
    is_started: AtomicBool,
}

impl Started {
    pub(super) fn new(server: Server) -> Self {
        Self {
            server,
            is_started: AtomicBool::new(false),
        }
    }

    /// Starts the server, unless it has started.
    pub(super) async fn start(&self) -> Result<()> {
        self.server.start().await?;
        self.is_started.store(true, Ordering::Release);
        Ok(())
    }

    /// Whether the server has started.
    pub(super) fn is_started(&self) -> bool {
        self.is_started.load(Ordering::Acquire)
    }

    async fn start_and_call(&self, call: Call) -> Result<Reply> {
        self.start().await?;
        self.server.call(call).await
    }
}

impl Endpoint for Started {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        if self.is_started() {
            return self.server.call(call);
        }
        Box::pin(self.start_and_call(call))
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.server.notify(notice)
    }

    fn connect(&self, line: Arc<dyn Line>) -> Option<Arc<dyn Endpoint>> {
        self.server.connect(line)
    }

    fn identity(&self) -> Option<Arc<Identity>> {
        self.server.identity()
    }
}
