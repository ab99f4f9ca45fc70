//! Hearing of changes: one call that stays open as long as somebody has the client.

use std::sync::{Arc, Mutex, PoisonError};

use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Extra, Kind, Notice, Reply, Result,
    protocol::{
        Method, Topic,
        model::{ListenParams, Meta, SubscriptionFilter},
    },
};
use fmcp_transport::client::Link;
use tokio::{sync::oneshot, task::JoinHandle};

use super::outgoing;

/// A call that stays open until this is dropped.
pub(super) struct Listening(JoinHandle<()>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Asks to hear of changes to every list. Comes back when the server has agreed, or has refused, which
/// is only worth a warning.
pub(super) async fn lists(
    link: Arc<dyn Link>,
    inbox: Arc<dyn Endpoint>,
    meta: &Meta,
) -> Result<Listening> {
    let everything = SubscriptionFilter::new()
        .tools_list_changed(true)
        .resources_list_changed(true)
        .prompts_list_changed(true);
    let params = outgoing::dress(
        &ListenParams::new(everything),
        &Extra::new(),
        meta,
        &Meta::new(),
        None,
    )?;
    let (agreed, agreement) = oneshot::channel();
    let ear = Arc::new(Ear {
        inbox,
        agreed: Mutex::new(Some(agreed)),
    });
    let call = Call::new(Method::Listen, params)
        .with_id("\"listen\"".into())
        .with_peer(ear);
    let task = tokio::spawn(async move {
        if let Err(error) = link.call(call).await {
            tracing::warn!(%error, "the server does not tell when its lists change");
        }
    });
    let listening = Listening(task);
    // An error says that the call is over, and with it the hope to hear anything.
    let _ = agreement.await;
    Ok(listening)
}

/// The peer of the call that stays open.
struct Ear {
    inbox: Arc<dyn Endpoint>,
    agreed: Mutex<Option<oneshot::Sender<()>>>,
}

impl Endpoint for Ear {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        let words = format!("{} cannot be asked on a stream of changes", call.method());
        Box::pin(std::future::ready(Err(Error::new(
            Kind::InvalidRequest,
            words,
        ))))
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        if !matches!(notice, Notice::Other(Topic::Acknowledged, _)) {
            return self.inbox.notify(notice);
        }
        let waiting = self
            .agreed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(waiting) = waiting {
            // An error says that the client has gone meanwhile.
            let _ = waiting.send(());
        }
        Box::pin(std::future::ready(()))
    }
}
