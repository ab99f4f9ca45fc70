//! The answer to a call: on one stream, or on several, one after the other.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use fmcp_core::{
    Call, Endpoint, Error, Kind, Notice, Raw, Reply, Result,
    protocol::{Method, jsonrpc::Message},
};
use http::StatusCode;
use tokio::time::sleep;

use super::{
    listening,
    questions::asked,
    shared::{Current, Shared},
};
use crate::client::{
    Backoff,
    http::{
        envelope,
        stream::{Answer, Stream, answer, answers, messages},
        unanswered::Failure,
    },
};

/// How long to wait before a stream is taken up again, however soon the server wants that.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

/// Makes a call. If the server has lost the session, another is opened, and the call made again, once: a
/// server that does not know the session has not looked at the call. One that only says so in words, and not with the
/// status for it, is believed where it does no harm.
///
/// # Errors
/// The server's, or why there is no answer.
pub(super) async fn call(shared: &Arc<Shared>, call: Call) -> Result<Reply> {
    if *call.method() == Method::Listen {
        return shared
            .changes
            .listen(call, &shared.about.capabilities)
            .await;
    }
    let mut current = shared.current();
    let mut outcome = attempt(shared, &call, &current).await;
    if let Err(failure) = &outcome
        && Shared::is_lost(&current, failure)
    {
        shared.reopen(&current).await?;
        let lost = std::mem::replace(&mut current, shared.current());
        if failure.status == Some(StatusCode::NOT_FOUND) || call.method().is_repeatable() {
            outcome = attempt(shared, &call, &current).await;
        } else if lost.works() {
            // Nobody has tried this one. As long as nobody has, it counts as the one before it.
            current.has_worked();
        }
    }
    let text = outcome?;
    current.has_worked();
    if *call.method() == Method::SetLogLevel {
        shared.remember_log_level(call.params().clone());
    }
    Ok(Reply::Raw(shared.revision, text))
}

async fn attempt(shared: &Arc<Shared>, call: &Call, current: &Current) -> Result<Raw, Failure> {
    let number = shared.next_id();
    let id = number.to_string();
    let body = envelope::request(id.as_bytes(), call.method().as_str(), call.params().raw());
    let own = call.headers().map(|headers| &**headers);
    let headers = || shared.headers(current, own);
    let mut waiting = Waiting {
        shared,
        id: number,
        is_wanted: true,
    };
    let mut stray = shared.strays.expect(number);
    let outcome = match shared.remote.send(http::Method::POST, body, headers).await {
        Ok(response) => answer(&shared.remote.url, &shared.remote.limits, response).await,
        Err(failure) => Err(failure),
    };
    let outcome = match outcome {
        Ok(Answer::Json(body)) => read(shared, body, &id, call.peer()).await,
        Ok(Answer::Stream(stream)) => {
            let answering = Answering {
                shared,
                current,
                id: &id,
                peer: call.peer(),
            };
            // Boxed, so that the common way does not carry the room that this one needs.
            let hearing = Box::pin(answering.hear_out(*stream));
            let heard = tokio::select! {
                biased;
                heard = hearing => heard,
                found = stray.come() => found,
            };
            match heard {
                // The server may go on: it is told that it need not.
                Err(error) if error.kind() == Kind::Unavailable => return Err(error.into()),
                outcome => outcome,
            }
        }
        Ok(Answer::Accepted) => {
            let words = "the server accepts the request, but does not answer it";
            Err(Error::new(Kind::InvalidRequest, words))
        }
        Err(failure) => {
            waiting.is_wanted = false;
            return Err(failure);
        }
    };
    waiting.is_wanted = false;
    Ok(outcome?)
}

/// Somebody waits for the answer. When nobody does any more before it has come, the server is told.
struct Waiting<'a> {
    shared: &'a Arc<Shared>,
    id: u64,
    is_wanted: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.is_wanted {
            self.shared.cancel(self.id);
        }
    }
}

/// The answer in one body.
async fn read(
    shared: &Arc<Shared>,
    body: Bytes,
    id: &str,
    peer: Option<&Arc<dyn Endpoint>>,
) -> Result<Raw> {
    match take(shared, body, id, peer).await? {
        Some(outcome) => outcome,
        None => {
            let words = "the server answers something that it was not asked";
            Err(Error::new(Kind::InvalidRequest, words))
        }
    }
}

/// Takes the messages of one body or event; gives the answer to `id`, if it is among them.
async fn take(
    shared: &Arc<Shared>,
    body: Bytes,
    id: &str,
    peer: Option<&Arc<dyn Endpoint>>,
) -> Result<Option<Result<Raw>>> {
    let mut found = None;
    for message in messages(body, &shared.remote.limits)? {
        match message {
            Message::Response(response) if answers(&response, id.as_bytes()) => {
                found = Some(envelope::outcome(response));
            }
            Message::Notification(told) => {
                shared
                    .told(Notice::read(told.topic, told.params), peer)
                    .await;
            }
            Message::Request(request) => asked(shared, request, peer).await,
            Message::Response(response) => shared.strays.bring(response),
            _ => {}
        }
    }
    Ok(found)
}

/// A call whose answer comes on a stream.
struct Answering<'a> {
    shared: &'a Arc<Shared>,
    current: &'a Current,
    id: &'a str,
    peer: Option<&'a Arc<dyn Endpoint>>,
}

impl Answering<'_> {
    /// Hears the stream out, and those that go on where it has ended.
    async fn hear_out(&self, mut stream: Stream) -> Result<Raw> {
        let mut point = Point::new(self.shared.settings.backoff.clone());
        loop {
            let (ended, has_heard) = self.hear(&mut stream).await?;
            if let Some(outcome) = ended {
                return outcome;
            }
            point.note(&stream, has_heard);
            drop(stream);
            stream = self.resume(&mut point).await?;
        }
    }

    /// Hears one stream up to the answer or its end; whether anything was heard.
    async fn hear(&self, stream: &mut Stream) -> Result<(Option<Result<Raw>>, bool)> {
        let mut has_heard = false;
        loop {
            match stream.next().await {
                Ok(Some(event)) => {
                    has_heard = true;
                    if event.is_message() {
                        let found = take(self.shared, event.data, self.id, self.peer).await?;
                        if found.is_some() {
                            return Ok((found, true));
                        }
                    }
                }
                // Broken off or ended: it may go on elsewhere.
                Ok(None) => return Ok((None, has_heard)),
                Err(error) if error.kind() == Kind::Unavailable => return Ok((None, has_heard)),
                Err(error) => return Err(error),
            }
        }
    }

    /// The stream that goes on where the last one has ended.
    async fn resume(&self, point: &mut Point) -> Result<Stream> {
        loop {
            let Some(id) = &point.id else {
                let words = "the server's stream ended before the answer came, and cannot be taken up again";
                return Err(Error::new(Kind::Unavailable, words));
            };
            if point.misses > self.shared.settings.resumptions {
                let words = "the server's stream ended again and again before the answer came";
                return Err(Error::new(Kind::Unavailable, words));
            }
            let id = id.clone();
            sleep(point.pause()).await;
            match listening::get(self.shared, self.current, Some(&id)).await {
                Ok(stream) => return Ok(stream),
                Err(failure) if may_be_tried_again(&failure) => point.misses += 1,
                Err(failure) => {
                    let words = format!(
                        "the server's stream ended before the answer came, and is not taken up again: {}",
                        failure.error.message()
                    );
                    return Err(Error::new(Kind::Unavailable, words).caused_by(failure.error));
                }
            }
        }
    }
}

/// Whether a stream that could not be opened may be there later.
pub(super) fn may_be_tried_again(failure: &Failure) -> bool {
    match failure.status {
        None => failure.error.is_retryable(),
        // Another stream stands in its place, which the server may not have given up yet.
        Some(StatusCode::CONFLICT) => true,
        Some(_) => failure.error.is_retryable() || failure.error.kind() == Kind::Internal,
    }
}

/// Where a stream has ended, and when it may be taken up again.
pub(super) struct Point {
    pub(super) id: Option<Bytes>,
    retry: Option<Duration>,
    backoff: Backoff,
    /// How often in a row there was nothing new.
    misses: u32,
}

impl Point {
    pub(super) fn new(backoff: Backoff) -> Self {
        Self {
            id: None,
            retry: None,
            backoff,
            misses: 0,
        }
    }

    /// Notes where `stream` has ended.
    pub(super) fn note(&mut self, stream: &Stream, has_heard: bool) {
        let events = stream.events();
        if let Some(id) = events.last_id() {
            // An empty id takes back the one before.
            self.id = (!id.is_empty()).then(|| Bytes::copy_from_slice(id));
        }
        self.retry = events.retry().or(self.retry);
        if has_heard {
            self.misses = 0;
            self.backoff.reset();
        } else {
            self.misses += 1;
        }
    }

    /// How long to wait. A server that says how long, and has had something to say, is taken by its word.
    pub(super) fn pause(&mut self) -> Duration {
        match self.retry {
            Some(retry) if self.misses == 0 && self.backoff.tries() == 0 => {
                self.backoff.next(None);
                retry.max(SHORTEST_PAUSE)
            }
            retry => self.backoff.next(retry),
        }
    }
}
