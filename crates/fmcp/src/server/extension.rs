//! Extensions of the protocol: what a server declares, and who answers their methods.

use std::sync::Arc;

use fmcp_core::{Call, Endpoint, Error, Extra, Kind, Raw, Reply, Result, protocol::Method};

use super::{Server, snapshot::Snapshot};

impl Server {
    /// Adds an extension of the protocol: what the server declares under `identifier`, and who answers the
    /// requests, and hears the notifications, of these names. They come through all middleware, as every call does;
    /// [`Server::layer`] is the place for what an extension does around the calls of tools.
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
        names: impl IntoIterator<Item = M>,
        endpoint: impl Endpoint,
    ) -> Self {
        let names: Vec<Method> = names.into_iter().map(Into::into).collect();
        let endpoint: Arc<dyn Endpoint> = Arc::new(endpoint);
        self.edit(|draft| {
            let faults = draft
                .extended
                .add(identifier.into(), settings.into(), names, &endpoint);
            draft.faults.extend(faults);
        });
        self
    }
}

impl Snapshot {
    /// What the server says of its extensions and of those of mounted servers, if there are any.
    pub(super) fn declared(&self) -> Option<Extra> {
        let mut all = self.extended.settings().clone();
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
        self.extended.answers(method)
            || (self.mounts.iter()).any(|mount| mount.child().now().extends(method))
    }

    /// Whether somebody may answer methods that nobody knows.
    fn falls_back(&self) -> bool {
        self.fallback.is_some() || (self.mounts.iter()).any(|m| m.child().now().falls_back())
    }

    /// Lets an extension answer, if the method is one of its.
    pub(super) async fn extended(&self, call: Call) -> Result<Reply> {
        let method = call.method().as_str();
        if !self.extended.answers(method) {
            let mut mounts = self.mounts.iter();
            if let Some(mount) = mounts.find(|mount| mount.child().now().extends(method)) {
                return mount.pass(call).await;
            }
            if let Some(fallback) = &self.fallback {
                return fallback.call(call).await;
            }
            // Of several, nobody can tell which it is for.
            let mut able = self
                .mounts
                .iter()
                .filter(|mount| mount.child().now().falls_back());
            if let (Some(mount), None) = (able.next(), able.next()) {
                return mount.pass(call).await;
            }
        }
        let unknown = format!("Method not found: {method}");
        let call = call.with_home(Arc::clone(&self.home));
        match self.extended.answer(call).await {
            Some(outcome) => outcome.map(|reply| self.hint(reply)),
            None => Err(Error::new(Kind::MethodNotFound, unknown)),
        }
    }
}
