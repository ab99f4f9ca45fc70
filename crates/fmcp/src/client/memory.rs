//! Links to endpoints of this process.

use std::sync::Arc;

use fmcp_core::{
    BoxFuture, Call, Endpoint, Notice, Reply, Result,
    protocol::{
        Era, Method, Revision,
        model::{DiscoverResult, Meta},
    },
};
use fmcp_transport::client::{Greeting, Link};

use super::session::Session;

/// Opens a link to `endpoint`: in the newest revision, unless `greeting` wants another.
pub(super) async fn open(
    endpoint: Arc<dyn Endpoint>,
    greeting: &Greeting,
    peer: Arc<dyn Endpoint>,
) -> Result<Arc<dyn Link>> {
    let revision = greeting.revision.unwrap_or(Revision::NEWEST);
    Ok(match revision.era() {
        Era::Modern => Arc::new(Memory::open(endpoint, revision, greeting, peer).await?),
        Era::Legacy => Arc::new(Session::open(endpoint, revision, greeting, peer).await?),
    })
}

/// A link in a revision without sessions: every call goes to the endpoint as it is.
struct Memory {
    endpoint: Arc<dyn Endpoint>,
    revision: Revision,
    about: Arc<DiscoverResult>,
}

impl Memory {
    async fn open(
        endpoint: Arc<dyn Endpoint>,
        revision: Revision,
        greeting: &Greeting,
        peer: Arc<dyn Endpoint>,
    ) -> Result<Self> {
        let call = Call::new(Method::Discover, greeting.discover(revision)?)
            .with_id("0".into())
            .with_peer(peer);
        let mut about = endpoint.call(call).await?.into_discover()?;
        let fields = about.meta.get_or_insert_default();
        if let Some(identity) = endpoint.identity()
            && fields.get(Meta::SERVER_INFO).is_none()
        {
            fields.insert(Meta::SERVER_INFO, identity.raw().clone());
        }
        Ok(Self {
            endpoint,
            revision,
            about: Arc::new(about),
        })
    }
}

impl Endpoint for Memory {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        self.endpoint.call(call)
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.endpoint.notify(notice)
    }
}

impl Link for Memory {
    fn revision(&self) -> Revision {
        self.revision
    }

    fn about(&self) -> Arc<DiscoverResult> {
        Arc::clone(&self.about)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
