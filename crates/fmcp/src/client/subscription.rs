//! Streams of changes, for who uses a client.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use fmcp_core::{Error, Kind, Result, protocol::model::SubscriptionFilter};
use futures_util::Stream;

use super::{
    changes::{Change, Changes},
    error::ClientError,
    handle::Client,
    listen::{self, Ear, Listening},
};

const WHAT: &str = "subscriptions/listen";

/// A stream of what a server changes, which ends when this is dropped.
///
/// Each has a call of its own that stays open: one that ends does not disturb others, and none has to be
/// opened anew because another wants to hear more. Whoever wants to hear of much on one stream says so at
/// once, with [`Client::listen`].
///
/// A change is told once for as long as it has not been read, so nobody who reads slowly falls behind.
/// When the server has gone away, the stream is opened again, ever slower, and
/// [`Change::Missed`] says so. It ends when the server will not tell any more, or the client is closed.
#[must_use = "a stream of changes ends when it is dropped"]
pub struct Subscription {
    changes: Arc<Changes>,
    agreed: SubscriptionFilter,
    #[allow(dead_code, reason = "it ends when it is dropped")]
    listening: Listening,
    /// A stream keeps the connection that it is read from.
    client: Client,
}

impl Client {
    /// Hears when a resource is not what it was.
    ///
    /// ```
    /// use fmcp::{Change, Client, Resource, Server};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// let server = Server::new("s").resource(Resource::new("text://news", || async { "none" }));
    /// let client = Client::connect(&server).await?;
    /// let mut changes = client.subscribe("text://news").await?;
    ///
    /// server.notify_updated("text://news");
    /// assert_eq!(changes.next().await, Some(Change::Resource("text://news".into())));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the server does not tell of changes to it, or cannot be reached.
    pub async fn subscribe(&self, uri: impl Into<String>) -> Result<Subscription, ClientError> {
        self.listen(SubscriptionFilter::new().resource_subscriptions([uri.into()]))
            .await
    }

    /// Hears when one of the server's lists is not what it was.
    ///
    /// # Errors
    /// When the server does not tell of changes to any, or cannot be reached.
    pub async fn changes(&self) -> Result<Subscription, ClientError> {
        self.listen(listen::every_list()).await
    }

    /// Hears of all this, on one stream.
    ///
    /// # Errors
    /// When the server does not tell of any of it, or cannot be reached.
    pub async fn listen(&self, filter: SubscriptionFilter) -> Result<Subscription, ClientError> {
        let parts = self.parts();
        let changes = Arc::new(Changes::new(filter.clone()));
        let ear = Ear {
            link: Arc::clone(&parts.link),
            inbox: Arc::clone(&parts.inbox),
            meta: parts.meta.load().meta().clone(),
            filter: filter.clone(),
            closed: self.closed().clone(),
            changes: Some(Arc::clone(&changes)),
        };
        let (listening, agreed) = self
            .agree(listen::open(ear))
            .await?
            .and_then(|opened| tells_some(&filter, &opened.1).map(|()| opened))
            .map_err(|error| ClientError::call(WHAT, error))?;
        Ok(Subscription {
            changes,
            agreed,
            listening,
            client: self.clone(),
        })
    }

    /// Waits for the server to agree, for as long as for the answer to any call.
    async fn agree<T>(&self, agreement: impl Future<Output = T>) -> Result<T, ClientError> {
        let what = || WHAT.into();
        let agreement = async {
            tokio::select! {
                biased;
                () = self.closed().cancelled() => Err(ClientError::Closed { what: what() }),
                agreed = agreement => Ok(agreed),
            }
        };
        match self.parts().timeout.first() {
            None => agreement.await,
            Some(after) => tokio::time::timeout(after, agreement)
                .await
                .unwrap_or_else(|_| {
                    Err(ClientError::Timeout {
                        what: what(),
                        after,
                        is_silence: false,
                    })
                }),
        }
    }
}

/// A server that has agreed to nothing has refused.
fn tells_some(wanted: &SubscriptionFilter, agreed: &SubscriptionFilter) -> Result<()> {
    let uris = |filter: &SubscriptionFilter| filter.resource_subscriptions.iter().flatten().count();
    let some = |filter: &SubscriptionFilter| {
        let lists = [
            filter.tools_list_changed,
            filter.resources_list_changed,
            filter.prompts_list_changed,
        ];
        lists.contains(&Some(true)) || uris(filter) > 0
    };
    if some(agreed) || !some(wanted) {
        return Ok(());
    }
    let words = "the server does not tell when this changes";
    Err(Error::new(Kind::MethodNotFound, words))
}

impl Subscription {
    /// The next change, as soon as there is one; `None` when there will be none any more.
    pub async fn next(&mut self) -> Option<Change> {
        std::future::poll_fn(|cx| self.changes.poll(cx)).await
    }

    /// What the server has agreed to tell: all that was asked for, or less.
    #[must_use]
    pub fn agreed(&self) -> &SubscriptionFilter {
        &self.agreed
    }

    /// The client that this is a stream of.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Stream for Subscription {
    type Item = Change;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Change>> {
        self.changes.poll(cx)
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("agreed", &self.agreed)
            .finish_non_exhaustive()
    }
}
