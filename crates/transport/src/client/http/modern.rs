//! The link of revisions in which every request stands alone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use fmcp_core::{
    BoxFuture, Call, Endpoint, Error, Kind, Notice, Raw, Reply, Result,
    protocol::{
        Method, Params, Revision,
        jsonrpc::{Message, Response},
        model::DiscoverResult,
    },
};
use http::{HeaderMap, HeaderValue};

use super::{
    envelope,
    remote::Remote,
    stream::{Answer, Stream, answer, answers, messages},
    unanswered::Failure,
};
use crate::{client::Link, drain::Drain, http::answer::PROTOCOL_VERSION};

/// What is asked, as it goes over the wire.
pub(super) struct Question<'a> {
    pub(super) id: &'a [u8],
    pub(super) method: &'a Method,
    pub(super) params: &'a Params,
    pub(super) revision: Revision,
    /// Headers of the call's own.
    pub(super) headers: Option<&'a HeaderMap>,
    /// Who hears what is told before the answer.
    pub(super) peer: &'a dyn Endpoint,
}

/// Asks, and waits for the answer. What is told before it has been heard when this is done; dropping the
/// future closes the response, which is how the server hears that nobody waits any more.
pub(super) async fn ask(remote: &Remote, question: Question<'_>) -> Result<Raw, Failure> {
    let Question {
        id, method, params, ..
    } = question;
    let body = envelope::request(id, method.as_str(), params.raw());
    let response = remote.send(http::Method::POST, body, || {
        let mut headers = remote.posting_with(question.headers);
        let version = HeaderValue::from_static(question.revision.as_str());
        headers.insert(PROTOCOL_VERSION, version);
        envelope::repeat(&mut headers, method, params);
        headers
    });
    match answer(&remote.url, &remote.limits, response.await?).await? {
        Answer::Json(body) => Ok(read(remote, body, id)?),
        Answer::Stream(stream) => {
            // Boxed, so that the common way does not carry the room that this one needs.
            Ok(Box::pin(hear(remote, *stream, id, question.peer)).await?)
        }
        Answer::Accepted => Err(unanswered().into()),
    }
}

fn read(remote: &Remote, body: Bytes, id: &[u8]) -> Result<Raw> {
    for message in messages(body, &remote.limits)? {
        if let Message::Response(response) = message {
            return settle(response, id);
        }
    }
    Err(unanswered())
}

fn settle(response: Response, id: &[u8]) -> Result<Raw> {
    if answers(&response, id) {
        return envelope::outcome(response);
    }
    let words = "the server answers something that it was not asked";
    Err(Error::new(Kind::InvalidRequest, words))
}

/// Hears what is told, up to the answer.
async fn hear(remote: &Remote, mut stream: Stream, id: &[u8], peer: &dyn Endpoint) -> Result<Raw> {
    while let Some(event) = stream.next().await? {
        if !event.is_message() {
            continue;
        }
        for message in messages(event.data, &remote.limits)? {
            match message {
                Message::Response(response) => return settle(response, id),
                Message::Notification(told) => {
                    peer.notify(Notice::read(told.topic, told.params)).await;
                }
                // In these revisions nobody asks on a stream.
                _ => tracing::warn!("a server asks on a stream, where it may only tell"),
            }
        }
    }
    Err(Error::new(
        Kind::Unavailable,
        "the server's stream ended before the answer came",
    ))
}

fn unanswered() -> Error {
    Error::new(
        Kind::InvalidRequest,
        "the server accepts the request, but does not answer it",
    )
}

/// A link whose every request stands alone.
pub(super) struct Modern {
    remote: Remote,
    revision: Revision,
    about: Arc<DiscoverResult>,
    peer: Arc<dyn Endpoint>,
    /// How long the server may take to accept what it is told.
    patience: Duration,
    last_id: AtomicU64,
    closing: Drain,
}

impl Modern {
    pub(super) fn new(
        remote: Remote,
        revision: Revision,
        about: DiscoverResult,
        peer: Arc<dyn Endpoint>,
        patience: Duration,
    ) -> Self {
        Self {
            remote,
            revision,
            about: Arc::new(about),
            peer,
            patience,
            last_id: AtomicU64::new(0),
            closing: Drain::new(),
        }
    }

    async fn tell(&self, notice: Notice) -> Result<(), Failure> {
        let topic = notice.topic();
        let Some(body) = self.revision.write_notice(notice, None)? else {
            return Ok(());
        };
        let headers = || {
            let mut headers = self.remote.posting();
            let version = HeaderValue::from_static(self.revision.as_str());
            headers.insert(PROTOCOL_VERSION, version);
            envelope::repeat_topic(&mut headers, &topic);
            headers
        };
        self.remote.tell(body.into(), headers, self.patience).await
    }

    async fn run(&self, call: Call) -> Result<Reply> {
        let own;
        let id = match call.id() {
            Some(id) => id,
            None => {
                let number = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
                own = Bytes::from(format!("\"link-{number}\""));
                &own
            }
        };
        let question = Question {
            id,
            method: call.method(),
            params: call.params(),
            revision: self.revision,
            headers: call.headers().map(|headers| &**headers),
            peer: &**call.peer().unwrap_or(&self.peer),
        };
        let text = ask(&self.remote, question).await?;
        Ok(Reply::Raw(self.revision, text))
    }
}

impl Endpoint for Modern {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            if self.closing.has_begun() {
                return Err(super::open::closed());
            }
            tokio::select! {
                biased;
                outcome = self.run(call) => outcome,
                () = self.closing.begun() => Err(super::open::closed()),
            }
        })
    }

    /// The protocol has nothing that such a server could be told; extensions may have.
    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if !matches!(notice, Notice::Other(..)) {
                tracing::debug!(topic = %notice.topic(), "not sent: the server keeps nothing of its clients");
                return;
            }
            if let Err(failure) = self.tell(notice).await {
                tracing::warn!(error = %failure.error, "a notification did not reach the server");
            }
        })
    }
}

impl Link for Modern {
    fn revision(&self) -> Revision {
        self.revision
    }

    fn about(&self) -> Arc<DiscoverResult> {
        Arc::clone(&self.about)
    }

    fn carries_headers(&self) -> bool {
        true
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.closing.begin();
        Box::pin(std::future::ready(()))
    }
}
