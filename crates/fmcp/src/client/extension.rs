//! Extensions of the protocol, and middleware, of clients.

use std::sync::Arc;

use fmcp_core::{
    BoxFuture, Call, Endpoint, Layer, Middleware, Notice, Raw, Reply, Result, Stack,
    protocol::{Method, Params, Revision, Topic, model::DiscoverResult},
};
use fmcp_transport::client::Link;
use serde::Serialize;

use super::{builder::ClientBuilder, error::ClientError, handle::Client};

impl ClientBuilder {
    /// Adds an extension of the protocol: what the client declares under `identifier`, and who answers the server's
    /// requests, and hears its notifications, of these names. A server can ask in sessions only; what the client asks for
    /// itself goes through [`Client::request_raw`] and [`Client::notify`].
    ///
    /// ```
    /// use fmcp::{BoxFuture, Call, Client, Context, Endpoint, Notice, Reply, Server, Tool, model::EmptyResult};
    /// use serde_json::json;
    /// use tokio::sync::mpsc;
    ///
    /// /// Hears the server's clock.
    /// struct Clock(mpsc::Sender<String>);
    ///
    /// impl Endpoint for Clock {
    ///     fn call(&self, _: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
    ///         Box::pin(async { Ok(EmptyResult::new().into()) })
    ///     }
    ///
    ///     fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
    ///         Box::pin(async move {
    ///             if let Notice::Other(_, params) = notice {
    ///                 let told = String::from_utf8_lossy(params.raw().unwrap_or_default()).into_owned();
    ///                 self.0.send(told).await.ok();
    ///             }
    ///         })
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// let server = Server::new("clock").tool(Tool::new("strike", |ctx: Context| async move {
    ///     ctx.tell_client("notifications/time/tick", &json!({"hour": 12})).await
    /// }));
    /// let (sender, mut ticks) = mpsc::channel(8);
    /// let client = Client::builder(&server)
    ///     .extension("com.example/time", json!({}), ["notifications/time/tick"], Clock(sender))
    ///     .connect()
    ///     .await?;
    /// client.call("strike", ()).await?;
    /// assert_eq!(ticks.recv().await.as_deref(), Some(r#"{"hour":12}"#));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn extension<M: Into<Method>>(
        mut self,
        identifier: impl Into<String>,
        settings: impl Into<Raw>,
        names: impl IntoIterator<Item = M>,
        endpoint: impl Endpoint,
    ) -> Self {
        let endpoint: Arc<dyn Endpoint> = Arc::new(endpoint);
        let names = names.into_iter().map(Into::into);
        let faults = (self.extended).add(identifier.into(), settings.into(), names, &endpoint);
        self.faults.extend(faults);
        self
    }

    /// Declares an extension that the server asks nothing by.
    pub(crate) fn declare(self, identifier: &str, settings: Raw) -> Self {
        self.extension(identifier, settings, [] as [Method; 0], Nobody)
    }

    /// Adds middleware around every call that goes to the server, each try of its own: it looks, changes, refuses, or
    /// answers by itself. The first is the outermost. What stands in headers once more (`x-mcp-header`) must not
    /// be changed any more.
    ///
    /// ```
    /// use fmcp::{Call, Client, Error, Kind, Method, Middleware, Next, Reply, Server, Tool};
    ///
    /// /// Asks before anything is deleted; here, nobody says yes.
    /// struct Careful;
    ///
    /// impl Middleware for Careful {
    ///     async fn handle(&self, call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
    ///         if *call.method() == Method::CallTool && call.name().is_some_and(|tool| tool.starts_with("delete")) {
    ///             return Err(Error::new(Kind::Forbidden, "the user has said no"));
    ///         }
    ///         next.run(call).await
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// let server = Server::new("files").tool(Tool::new("delete_all", || async {}));
    /// let client = Client::builder(&server).layer(Careful).connect().await?;
    /// assert!(client.call("delete_all", ()).await.unwrap_err().to_string().contains("has said no"));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn layer(mut self, middleware: impl Middleware) -> Self {
        self.layers.push(Layer::new(middleware));
        self
    }
}

impl Client {
    /// What the server declares of an extension, if it has it.
    #[must_use]
    pub fn extension(&self, identifier: &str) -> Option<&Raw> {
        self.capabilities().extensions.as_ref()?.get(identifier)
    }

    /// Tells the server something that an extension defines. Nobody answers; whether it has arrived, nobody knows.
    ///
    /// # Errors
    /// When it cannot be written as an object of JSON, or the client is closed.
    pub async fn notify<P: Serialize + ?Sized>(
        &self,
        topic: impl Into<Topic>,
        params: &P,
    ) -> Result<(), ClientError> {
        let topic = topic.into();
        if self.is_closed() {
            let what = topic.as_str().into();
            return Err(ClientError::Closed { what });
        }
        let params =
            Params::of(params).map_err(|error| ClientError::unwritable(topic.as_str(), error))?;
        let notice = Notice::read(topic, params);
        self.parts().link.notify(notice).await;
        Ok(())
    }
}

/// Answers nothing: it is never asked.
struct Nobody;

impl Endpoint for Nobody {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        let words = format!("Method not found: {}", call.method());
        let error = fmcp_core::Error::new(fmcp_core::Kind::MethodNotFound, words);
        Box::pin(std::future::ready(Err(error)))
    }
}

/// A link with middleware around its calls.
struct Layered {
    link: Arc<dyn Link>,
    stack: Stack<Inner>,
}

struct Inner(Arc<dyn Link>);

/// `link` with `layers` around its calls, where there are any.
pub(super) fn layered(link: Arc<dyn Link>, layers: Vec<Layer>) -> Arc<dyn Link> {
    if layers.is_empty() {
        return link;
    }
    let stack = Stack::with_layers(Inner(Arc::clone(&link)), layers);
    Arc::new(Layered { link, stack })
}

impl Endpoint for Inner {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        self.0.call(call)
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.0.notify(notice)
    }
}

impl Endpoint for Layered {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        self.stack.call(call)
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.stack.notify(notice)
    }
}

impl Link for Layered {
    fn revision(&self) -> Revision {
        self.link.revision()
    }

    fn about(&self) -> Arc<DiscoverResult> {
        self.link.about()
    }

    fn carries_headers(&self) -> bool {
        self.link.carries_headers()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.link.close()
    }
}
