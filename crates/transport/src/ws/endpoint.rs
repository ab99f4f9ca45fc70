//! What every call on a WebSocket comes with.

use std::sync::Arc;

use fmcp_core::{BoxFuture, Call, Endpoint, Line, Notice, Reply, Result, protocol::Identity};
use http::{Extensions, HeaderMap};

/// An endpoint whose calls know the request that their WebSocket began with.
pub(super) struct Upgraded {
    pub(super) endpoint: Arc<dyn Endpoint>,
    pub(super) headers: Arc<HeaderMap>,
    pub(super) extensions: Extensions,
}

impl Endpoint for Upgraded {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        let mut call = call.with_headers(Arc::clone(&self.headers));
        if !self.extensions.is_empty() {
            call.extensions_mut().insert(self.extensions.clone());
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
