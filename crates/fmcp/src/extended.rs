//! Extensions of the protocol that one side has: what it declares, and who answers and hears.

use std::{
    collections::{HashMap, hash_map::Entry},
    panic::AssertUnwindSafe,
    sync::Arc,
};

use fmcp_core::{
    Call, Endpoint, Error, Extra, Notice, Raw, Reply, Result,
    protocol::{Method, Topic},
};
use futures_util::FutureExt as _;

use crate::handler::panic_words;

/// The extensions that one side has.
#[derive(Clone, Default)]
pub(crate) struct Extended {
    settings: Extra,
    /// By the names of what they answer and hear.
    endpoints: HashMap<Box<str>, Arc<dyn Endpoint>>,
}

impl Extended {
    /// What this side says of them.
    pub(crate) fn settings(&self) -> &Extra {
        &self.settings
    }

    /// Says these settings, whoever answers the methods.
    pub(crate) fn say(&mut self, settings: Extra) {
        self.settings = settings;
    }

    /// Whether one of them answers this method.
    pub(crate) fn answers(&self, method: &str) -> bool {
        self.endpoints.contains_key(method)
    }

    /// Adds one; what is wrong with it.
    pub(crate) fn add(
        &mut self,
        identifier: String,
        settings: Raw,
        names: impl IntoIterator<Item = Method>,
        endpoint: &Arc<dyn Endpoint>,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        let mut refuse = |why: String| faults.push(format!("extension {identifier:?}: {why}"));
        if self.settings.get(&identifier).is_some() {
            refuse("this side has it already".into());
        }
        for name in names {
            let (Method::Other(name), Topic::Other(_)) = (&name, Topic::from(name.as_str())) else {
                refuse(format!("{name} is the protocol's own"));
                continue;
            };
            match self.endpoints.entry(name.clone()) {
                Entry::Vacant(place) => {
                    place.insert(Arc::clone(endpoint));
                }
                Entry::Occupied(place) => refuse(format!(
                    "{} is that of another extension, or is given twice",
                    place.key()
                )),
            }
        }
        self.settings.insert(identifier, settings);
        faults
    }

    /// Lets an extension answer, if the method is one of its. A panic stays in.
    pub(crate) async fn answer(&self, call: Call) -> Option<Result<Reply>> {
        let endpoint = self.endpoints.get(call.method().as_str())?;
        let method = call.method().clone();
        // Whether it panics before it is waited for or after.
        let answering = AssertUnwindSafe(async { endpoint.call(call).await }).catch_unwind();
        let outcome = answering.await.unwrap_or_else(|panic| {
            let words = format!("panicked: {}", panic_words(&*panic));
            Err(Error::internal("the extension failed").caused_by(words))
        });
        if let Err(error) = &outcome
            && let Some(source) = std::error::Error::source(error)
        {
            tracing::error!(%method, error = %source, "{}", error.message());
        }
        Some(outcome)
    }

    /// Lets an extension hear, if the topic is one of its. A panic stays in.
    pub(crate) async fn hear(&self, notice: &Notice) {
        let Notice::Other(topic, _) = notice else {
            return;
        };
        let Some(endpoint) = self.endpoints.get(topic.as_str()) else {
            return;
        };
        let notice = notice.clone();
        let hearing = AssertUnwindSafe(async { endpoint.notify(notice).await }).catch_unwind();
        if let Err(panic) = hearing.await {
            tracing::error!(%topic, words = panic_words(&*panic), "an extension panicked");
        }
    }
}
