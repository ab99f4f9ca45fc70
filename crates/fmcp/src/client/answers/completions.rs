//! Who waits to hear that the user is done at an address.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use fmcp_core::protocol::Params;
use serde::Deserialize;
use tokio::sync::watch;

/// Who waits to hear that the user is done at an address. Only what somebody waits for is remembered, so
/// a server cannot make it grow.
#[derive(Clone, Debug, Default)]
pub(in crate::client) struct Completions(Arc<Mutex<HashMap<Box<str>, watch::Sender<bool>>>>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Completed {
    elicitation_id: Box<str>,
}

impl Completions {
    /// Hears that the user is done somewhere; what nobody waits for is nothing. Which question it was.
    pub(in crate::client) fn hear(&self, params: &Params) -> Option<Box<str>> {
        let done = params.parse::<Completed>().ok()?.elicitation_id;
        let waiting = self.lock().remove(&done);
        if let Some(waiting) = waiting {
            waiting.send_replace(true);
        }
        Some(done)
    }

    /// Waits from now on. Without an id there is nothing to wait for, ever.
    pub(in crate::client) fn wait(
        &self,
        id: Option<&str>,
    ) -> impl Future<Output = ()> + Send + use<> {
        let heard = id.map(|id| {
            let mut waiting = self.lock();
            waiting.retain(|_, waiting| !waiting.is_closed());
            let waiting = waiting.entry(id.into());
            waiting
                .or_insert_with(|| watch::Sender::new(false))
                .subscribe()
        });
        async move {
            let Some(mut heard) = heard else {
                return std::future::pending().await;
            };
            if heard.wait_for(|done| *done).await.is_err() {
                // The client is gone, and nobody will say so any more.
                std::future::pending::<()>().await;
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Box<str>, watch::Sender<bool>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
