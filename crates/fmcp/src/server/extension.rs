//! Extensions of the protocol: what a server declares, and who answers their methods.

use std::{
    collections::{HashMap, hash_map::Entry},
    panic::AssertUnwindSafe,
    sync::Arc,
};

use fmcp_core::{Call, Endpoint, Error, Extra, Kind, Raw, Reply, Result, protocol::Method};
use futures_util::FutureExt as _;

use super::{Server, snapshot::Snapshot};
use crate::handler::panic_words;

/// The extensions that a server has.
#[derive(Clone, Default)]
pub(super) struct Extended {
    settings: Extra,
    methods: HashMap<Box<str>, Arc<dyn Endpoint>>,
}

impl Extended {
    fn add(
        &mut self,
        identifier: String,
        settings: Raw,
        methods: impl IntoIterator<Item = Method>,
        endpoint: &Arc<dyn Endpoint>,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        let mut refuse = |why: String| faults.push(format!("extension {identifier:?}: {why}"));
        if self.settings.get(&identifier).is_some() {
            refuse("the server has it already".into());
        }
        for method in methods {
            let Method::Other(name) = method else {
                refuse(format!("the method {method} is the protocol's own"));
                continue;
            };
            match self.methods.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(Arc::clone(endpoint));
                }
                Entry::Occupied(place) => refuse(format!(
                    "the method {} is that of another extension, or is given twice",
                    place.key()
                )),
            }
        }
        self.settings.insert(identifier, settings);
        faults
    }
}

impl Server {
    /// Adds an extension of the protocol: what the server declares under `identifier`, and who answers the
    /// extension's methods. They come through all middleware, as every call does.
    ///
    /// ```
    /// use fmcp::{BoxFuture, Call, CallOptions, Client, Endpoint, Extra, Reply, Server, model::EmptyResult};
    ///
    /// struct Time;
    ///
    /// impl Endpoint for Time {
    ///     fn call(&self, _: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
    ///         let mut result = EmptyResult::new();
    ///         result.extra = Extra::from_iter([("now", serde_json::json!("noon"))]);
    ///         Box::pin(async move { Ok(result.into()) })
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// let settings = serde_json::json!({});
    /// let server = Server::new("clock").extension("com.example/time", settings, ["time/now"], Time);
    /// let client = Client::connect(&server).await?;
    /// assert!(client.capabilities().extensions.as_ref().unwrap().get("com.example/time").is_some());
    /// let raw = client.request_raw("time/now".into(), &serde_json::json!({}), CallOptions::new()).await?;
    /// assert_eq!(raw.to_value()["now"], "noon");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn extension<M: Into<Method>>(
        self,
        identifier: impl Into<String>,
        settings: impl Into<Raw>,
        methods: impl IntoIterator<Item = M>,
        endpoint: impl Endpoint,
    ) -> Self {
        let methods: Vec<Method> = methods.into_iter().map(Into::into).collect();
        let endpoint: Arc<dyn Endpoint> = Arc::new(endpoint);
        self.edit(|draft| {
            let faults = draft
                .extended
                .add(identifier.into(), settings.into(), methods, &endpoint);
            draft.faults.extend(faults);
        });
        self
    }
}

impl Snapshot {
    /// What the server says of its extensions and of those of mounted servers, if there are any.
    pub(super) fn declared(&self) -> Option<Extra> {
        let mut all = self.extended.settings.clone();
        for mount in &self.mounts {
            let theirs = mount.child().now().declared();
            for (name, settings) in theirs.iter().flat_map(Extra::iter) {
                if all.get(name).is_none() {
                    all.insert(name.to_owned(), settings.clone());
                }
            }
        }
        (!all.is_empty()).then_some(all)
    }

    /// Whether this method is one of an extension, here or in a mounted server.
    fn extends(&self, method: &str) -> bool {
        self.extended.methods.contains_key(method)
            || (self.mounts.iter()).any(|mount| mount.child().now().extends(method))
    }

    /// Lets an extension answer, if the method is one of its.
    pub(super) async fn extended(&self, call: Call) -> Result<Reply> {
        let method = call.method().as_str();
        let Some(endpoint) = self.extended.methods.get(method) else {
            let mut mounts = self.mounts.iter();
            if let Some(mount) = mounts.find(|mount| mount.child().now().extends(method)) {
                return mount.pass(call).await;
            }
            let words = format!("Method not found: {}", call.method());
            return Err(Error::new(Kind::MethodNotFound, words));
        };
        let method = call.method().clone();
        let call = call.with_home(Arc::clone(&self.home));
        // Whether it panics before it is waited for or after: it stays in.
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
        outcome.map(|reply| self.hint(reply))
    }
}
