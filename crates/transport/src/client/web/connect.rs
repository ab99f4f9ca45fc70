//! Connections for the pool, within their time.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use fmcp_core::{BoxFuture, Error, Kind, Result};
use http::Uri;
use tokio::time::timeout;
use tower_service::Service;

use super::{
    Settings,
    dial::{Dialer, Purpose},
    fault::server,
    wire::Wire,
};

/// Opens connections; a clone is the same.
#[derive(Clone)]
pub(super) struct Connector(Arc<Inner>);

struct Inner {
    dialer: Dialer,
    limit: Duration,
}

impl Connector {
    pub(super) fn new(settings: Settings) -> Result<Self> {
        Ok(Self(Arc::new(Inner {
            limit: settings.connect_timeout,
            dialer: Dialer::new(settings)?,
        })))
    }

    pub(super) fn dialer(&self) -> &Dialer {
        &self.0.dialer
    }

    pub(super) async fn open(&self, target: &Uri, purpose: Purpose) -> Result<Wire> {
        let limit = self.0.limit;
        let opened = timeout(limit, self.0.dialer.dial(target, purpose)).await;
        opened.unwrap_or_else(|_| {
            let words = format!(
                "no connection to {} within {limit:?}; is it the right address?",
                server(target)
            );
            Err(Error::new(Kind::Timeout, words))
        })
    }
}

impl Service<Uri> for Connector {
    type Response = Wire;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Wire>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.open(&target, Purpose::Requests).await })
    }
}
