//! Hearing of the changes of all the servers on one stream.

use std::sync::{Arc, Mutex, PoisonError};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Notice, Reply, Result,
    protocol::{
        Params, Topic,
        model::{AcknowledgedParams, ListenParams, ListenResult, SubscriptionFilter},
    },
};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::{sync::oneshot, time::sleep};

use super::{link::Many, upstream::Upstream};
use crate::namespace::rename;
use fmcp_transport::client::Backoff;

impl Many {
    /// Listens to every server that has something to tell, until the caller goes. A server that is down, or
    /// ends its stream, is listened to again when it is there.
    pub(super) async fn listen(&self, call: Call) -> Result<Reply> {
        let filter = call.params().parse::<ListenParams>()?.notifications;
        let Some(peer) = call.peer().cloned() else {
            return Err(Error::internal(
                "a stream of changes needs somebody who hears",
            ));
        };
        let mut acknowledged = AcknowledgedParams::new(filter.clone());
        acknowledged.meta = None;
        let mut waiting = Vec::new();
        let streams = FuturesUnordered::new();
        for (upstream, filter) in self.shares(filter) {
            let (agreed, agreement) = oneshot::channel();
            if upstream.link().is_ok() {
                waiting.push(agreement);
            }
            let ear = Arc::new(Ear {
                upstream: Arc::clone(upstream),
                peer: Arc::clone(&peer),
                agreed: Mutex::new(Some(agreed)),
            });
            streams.push(follow(Arc::clone(upstream), filter, call.clone(), ear));
        }
        let mut ended = streams.collect::<Vec<()>>();
        let mut ended = std::pin::pin!(&mut ended);
        let agreed = futures_util::future::join_all(waiting);
        // Whoever is there has agreed, or will not.
        tokio::select! {
            _ = agreed => {}
            _ = &mut ended => return Ok(ListenResult::new().into()),
        }
        let notice = Notice::Other(Topic::Acknowledged, Params::of(&acknowledged)?);
        peer.notify(notice).await;
        ended.await;
        Ok(ListenResult::new().into())
    }

    /// What of a filter is for whom.
    fn shares(&self, filter: SubscriptionFilter) -> Vec<(&Arc<Upstream>, SubscriptionFilter)> {
        let mut shares: Vec<_> = self
            .upstreams()
            .iter()
            .map(|upstream| (upstream, filter.clone()))
            .collect();
        let uris = filter.resource_subscriptions.unwrap_or_default();
        let is_one = shares.len() == 1;
        for (upstream, share) in &mut shares {
            let own = uris.iter().filter_map(|uri| match self.find_uri(uri) {
                Ok((found, inner)) if Arc::ptr_eq(found, upstream) => Some(inner),
                _ => None,
            });
            let own: Vec<String> = own.collect();
            // Of several, nobody can tell whose a task is.
            share.task_ids = share.task_ids.take().filter(|_| is_one);
            share.resource_subscriptions = (!own.is_empty()).then_some(own);
        }
        shares
    }
}

/// Listens to one server for as long as anybody wants to hear, and as it will let itself be listened to.
async fn follow(upstream: Arc<Upstream>, filter: SubscriptionFilter, call: Call, ear: Arc<Ear>) {
    let mut pauses = Backoff::default();
    loop {
        let Some(link) = upstream.awaited().await else {
            return;
        };
        let params = Params::of(&ListenParams::new(filter.clone()));
        let asked = params.and_then(|params| {
            let call = call
                .clone()
                .with_peer(Arc::clone(&ear) as _)
                .with_params(params);
            upstream.dress(call, link.revision())
        });
        let outcome = match asked {
            Ok(call) => link.call(call).await.map(drop),
            Err(error) => Err(error),
        };
        ear.agree();
        match outcome {
            Err(error) if !error.is_retryable() && error.kind() != Kind::Cancelled => {
                tracing::debug!(server = upstream.name(), %error, "a server does not tell of changes");
                return;
            }
            _ => sleep(pauses.next(None)).await,
        }
        // What has changed meanwhile, nobody has told.
        ear.everything(&filter).await;
    }
}

/// Hears of one server's changes.
struct Ear {
    upstream: Arc<Upstream>,
    peer: Arc<dyn Endpoint>,
    agreed: Mutex<Option<oneshot::Sender<()>>>,
}

impl Ear {
    fn agree(&self) {
        let waiting = self
            .agreed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(waiting) = waiting {
            // An error says that nobody waits any more.
            let _ = waiting.send(());
        }
    }

    async fn everything(&self, filter: &SubscriptionFilter) {
        use fmcp_core::ComponentKind::{Prompt, Resource, Tool};
        for (wanted, kind) in [
            (filter.tools_list_changed, Tool),
            (filter.resources_list_changed, Resource),
            (filter.prompts_list_changed, Prompt),
        ] {
            if wanted == Some(true) {
                self.peer.notify(Notice::ListChanged(kind)).await;
            }
        }
        for uri in filter.resource_subscriptions.iter().flatten() {
            let notice = Notice::ResourceUpdated(uri.as_str().into());
            self.peer
                .notify(rename::notice(notice, self.upstream.namespace()))
                .await;
        }
    }
}

impl Endpoint for Ear {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        self.peer.call(call)
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        if matches!(notice, Notice::Other(Topic::Acknowledged, _)) {
            self.agree();
            return Box::pin(std::future::ready(()));
        }
        self.peer
            .notify(rename::notice(notice, self.upstream.namespace()))
    }
}
