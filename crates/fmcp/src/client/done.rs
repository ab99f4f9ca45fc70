//! A stream of the questions whose users are done at the addresses that they were sent to.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::Stream;
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::{answers::Unread, handle::Client};

/// The ids of the questions whose users are done at their addresses, as the server tells them.
///
/// 256 wait to be read; of more, the oldest are forgotten. It ends when the client is closed.
#[must_use = "nobody hears of them when it is dropped"]
pub struct ElicitationsComplete {
    unread: Arc<Unread>,
    closed: Pin<Box<WaitForCancellationFutureOwned>>,
    /// A stream keeps the connection that it is read from.
    client: Client,
}

impl Client {
    /// Hears from now on whenever the user is done at an address, by the id of the question that sent them there
    /// ([`UrlElicitation::params`](crate::UrlElicitation::params)). Servers of revision 2025-11-25 may say so.
    ///
    /// Of one question alone, [`UrlElicitation::completed`](crate::UrlElicitation::completed) says so;
    /// [`ClientBuilder::on_elicitation_complete`](crate::ClientBuilder::on_elicitation_complete) is the same as a
    /// callback.
    ///
    /// ```
    /// use fmcp::{Client, Consent, LiveSession, Revision, Server, Tool, UrlElicitation};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// let paid = |session: LiveSession| async move {
    ///     session.context().elicitation_complete("order-7").await;
    /// };
    /// let server = Server::new("shop").tool(Tool::new("paid", paid));
    /// let client = Client::builder(&server)
    ///     .revision(Revision::V2025_11_25)
    ///     .on_elicit_url(async |_: UrlElicitation| Consent::Given)
    ///     .connect()
    ///     .await?;
    ///
    /// let mut done = client.elicitations_complete();
    /// client.call("paid", ()).await?;
    /// assert_eq!(done.next().await.as_deref(), Some("order-7"));
    /// # Ok(()) }
    /// ```
    pub fn elicitations_complete(&self) -> ElicitationsComplete {
        ElicitationsComplete {
            unread: self.parts().inbox.desk().completions().all(),
            closed: Box::pin(self.closed().clone().cancelled_owned()),
            client: self.clone(),
        }
    }
}

impl ElicitationsComplete {
    /// The next one, as soon as there is one; `None` when there will be none any more.
    pub async fn next(&mut self) -> Option<String> {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    /// The client that this is a stream of.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<String>> {
        // What has been told before the end is read first.
        match self.unread.poll(cx) {
            Poll::Ready(id) => Poll::Ready(Some(id.into())),
            Poll::Pending => self.closed.as_mut().poll(cx).map(|()| None),
        }
    }
}

impl Stream for ElicitationsComplete {
    type Item = String;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<String>> {
        self.get_mut().poll(cx)
    }
}

impl fmt::Debug for ElicitationsComplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ElicitationsComplete")
            .finish_non_exhaustive()
    }
}
