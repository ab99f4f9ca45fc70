//! What a call knows of the request that opened its stream, and room for it among all calls.

use std::sync::Arc;

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Line, Notice, Reply, Result,
    protocol::{Identity, Method},
};
use http::{Extensions, HeaderMap};

use crate::http::{
    gate::Gate,
    service::{Sender, Shared},
};

/// An endpoint whose calls carry what came with the request that opened the stream, and which runs no more
/// of them at once than all peers together may.
pub(super) struct Calls {
    endpoint: Arc<dyn Endpoint>,
    headers: Arc<HeaderMap>,
    extensions: Extensions,
    gate: Arc<Gate>,
}

impl Calls {
    pub(super) fn new(shared: &Shared, sender: &Sender) -> Self {
        Self {
            endpoint: Arc::clone(&shared.endpoint),
            headers: Arc::clone(&sender.headers),
            extensions: sender.extensions.clone(),
            gate: Arc::clone(&shared.calls),
        }
    }
}

impl Endpoint for Calls {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        let mut call = call.with_headers(Arc::clone(&self.headers));
        if !self.extensions.is_empty() {
            call.extensions_mut().insert(self.extensions.clone());
        }
        if *call.method() == Method::Listen {
            return self.endpoint.call(call);
        }
        Box::pin(async move {
            let Some(_permit) = self.gate.enter(None) else {
                let words = "too much is being answered at once";
                return Err(Error::new(Kind::Overloaded, words));
            };
            self.endpoint.call(call).await
        })
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
