//! What a response says that is no answer.

use std::time::Duration;

use bytes::Bytes;
use fmcp_core::{
    Error, Kind,
    protocol::{
        Limits,
        jsonrpc::{self, Frame, Message},
    },
};
use http::{HeaderMap, Response, StatusCode, Uri, header};
use hyper::body::Incoming;
use serde_json::Value;
use tokio::time::timeout;

use crate::{
    client::web::server,
    http::gather::{Ungathered, gather},
};

/// How much of such a response is read, and how long.
const MOST: usize = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// How many characters of what a server says are repeated.
const WORDS: usize = 200;

/// Longer than anybody waits.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);

/// Why there is no answer, and with which status a server said so.
#[derive(Debug)]
pub(in crate::client) struct Failure {
    pub(in crate::client) status: Option<StatusCode>,
    pub(in crate::client) error: Error,
    /// It is not the server that said so, but the credentials: nobody knows who is calling.
    is_of_credentials: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            status: None,
            error,
            is_of_credentials: false,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl Failure {
    /// Nobody could say, or wants to say, who is calling.
    pub(super) fn of_credentials(error: Error) -> Self {
        Self {
            status: None,
            error,
            is_of_credentials: true,
        }
    }

    /// Whether it says nothing about what the server speaks: it cannot be reached, refuses or has no time,
    /// or there is nobody in whose name it can be asked.
    pub(super) fn is_ageless(&self) -> bool {
        let refuses = matches!(self.error.kind(), Kind::Unauthenticated | Kind::Forbidden);
        self.is_of_credentials || refuses || self.error.is_retryable()
    }

    /// Whether this is what a server says to a message that it does not understand at all: one that may
    /// be older than what it was asked.
    pub(super) fn is_of_a_stranger(&self) -> bool {
        let status = matches!(
            self.status,
            Some(StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED)
        );
        let is_modern = matches!(
            self.error.kind(),
            Kind::UnsupportedRevision | Kind::HeaderMismatch | Kind::MissingCapability
        );
        status && !is_modern
    }
}

/// What `response`, which is no answer, says. What its server says is repeated, but not at length.
pub(super) async fn failure(at: &Uri, response: Response<Incoming>) -> Failure {
    let (head, body) = response.into_parts();
    let gathering = gather(body, MOST, |_| Ok::<(), Ungathered>(()));
    let body = match timeout(PATIENCE, gathering).await {
        Ok(Ok(body)) => body,
        _ => Bytes::new(),
    };
    let mut error = match said(&body) {
        Some(error) => {
            let kind = kind_of(head.status, error.kind());
            error.of_kind(kind)
        }
        None => {
            let words = format!(
                "{} answers HTTP {}{}",
                server(at),
                head.status,
                words(&head, &body)
            );
            Error::new(kind_of(head.status, Kind::InvalidRequest), words)
        }
    };
    if let Some(pause) = pause(&head.headers) {
        error = error.retry_after(pause);
    }
    Failure {
        status: Some(head.status),
        error,
        is_of_credentials: false,
    }
}

/// The error in the words of the protocol, where the body is one.
fn said(body: &Bytes) -> Option<Error> {
    match jsonrpc::read(body.clone(), &Limits::default()) {
        Frame::One(Ok(Message::Response(response))) => super::envelope::outcome(response).err(),
        _ => None,
    }
}

/// What went wrong, by the status where that says more than `said`.
fn kind_of(status: StatusCode, said: Kind) -> Kind {
    match status {
        StatusCode::UNAUTHORIZED => Kind::Unauthenticated,
        StatusCode::FORBIDDEN => Kind::Forbidden,
        StatusCode::TOO_MANY_REQUESTS => Kind::Overloaded,
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => Kind::Timeout,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE => match said {
            Kind::Overloaded => said,
            _ => Kind::Unavailable,
        },
        _ if said != Kind::InvalidRequest => said,
        _ if status.is_server_error() => Kind::Internal,
        _ => Kind::InvalidRequest,
    }
}

/// The server's own words, if they are for people.
fn words(head: &http::response::Parts, body: &[u8]) -> String {
    let kind = (head.headers.get(header::CONTENT_TYPE))
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let text = if let Ok(value) = serde_json::from_slice::<Value>(body) {
        ["error_description", "message", "detail", "title", "error"]
            .into_iter()
            .find_map(|key| Some(value.get(key)?.as_str()?.to_owned()))
    } else if kind.starts_with("text/plain") {
        String::from_utf8(body.to_vec()).ok()
    } else {
        None
    };
    let shown = text.map(|text| tame(&text)).filter(|text| !text.is_empty());
    shown.map_or_else(String::new, |text| format!(": {text}"))
}

/// Somebody else's words on one line, and not too many of them.
pub(super) fn tame(text: &str) -> String {
    let mut tame = String::new();
    let mut room = WORDS;
    for word in text.split(|c: char| c.is_control() || c.is_whitespace()) {
        if word.is_empty() {
            continue;
        }
        if !tame.is_empty() {
            tame.push(' ');
        }
        let begun = tame.len();
        tame.extend(word.chars().take(room));
        let is_cut = tame.len() - begun < word.len();
        room = room.saturating_sub(word.chars().count() + 1);
        if is_cut || room == 0 {
            tame.push('…');
            break;
        }
    }
    tame
}

/// When the server wants to be asked again, where it says so in seconds.
fn pause(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = seconds.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_what_went_wrong_unless_the_server_says_more() {
        use Kind::{
            Forbidden, Internal, InvalidRequest, MethodNotFound, Overloaded, Timeout,
            Unauthenticated, Unavailable,
        };
        for (status, said, expect) in [
            (401, InvalidRequest, Unauthenticated),
            (401, Internal, Unauthenticated),
            (403, InvalidRequest, Forbidden),
            (404, MethodNotFound, MethodNotFound),
            (404, InvalidRequest, InvalidRequest),
            (429, InvalidRequest, Overloaded),
            (500, InvalidRequest, Internal),
            (500, Kind::Parse, Kind::Parse),
            (502, InvalidRequest, Unavailable),
            (503, Overloaded, Overloaded),
            (504, InvalidRequest, Timeout),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(kind_of(status, said), expect, "{status} {said:?}");
        }
    }

    #[test]
    fn words_of_strangers_are_short_and_on_one_line() {
        assert_eq!(tame(" a\r\n\tb\u{1b}[31m "), "a b [31m");
        assert_eq!(tame(&"é".repeat(300)).chars().count(), 201);
    }
}
