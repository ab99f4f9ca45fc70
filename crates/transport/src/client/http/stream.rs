//! What a server answers: one message, or a stream of them.

use std::{future::poll_fn, pin::Pin};

use bytes::Bytes;
use fmcp_core::{
    Error, Kind, Result,
    protocol::{
        Limits,
        jsonrpc::{self, Fault, Frame, Message, Response},
    },
};
use http::{HeaderMap, Uri, header};
use http_body::Body as _;
use hyper::body::Incoming;
use serde_json::Value;

use super::{
    events::{Event, Events, TooLarge},
    unanswered::{Failure, failure},
};
use crate::client::web::{server, whole};

/// What has come back.
pub(super) enum Answer {
    /// One body of JSON.
    Json(Bytes),
    /// A stream.
    Stream(Box<Stream>),
    /// Nothing: what was sent has been accepted.
    Accepted,
}

/// What `response` is.
///
/// # Errors
/// When it is none of that; what it is instead.
pub(super) async fn answer(
    at: &Uri,
    limits: &Limits,
    response: http::Response<Incoming>,
) -> Result<Answer, Failure> {
    let status = response.status();
    if !status.is_success() {
        return Err(failure(at, response).await);
    }
    let kind = content_type(response.headers());
    match kind.as_bytes() {
        kind if is(kind, b"application/json") => {
            let most = limits.max_message_bytes();
            let body = whole(response.into_body(), most, at).await?;
            // "Accepted", said with an empty body that claims to be JSON.
            Ok(if body.is_empty() {
                Answer::Accepted
            } else {
                Answer::Json(body)
            })
        }
        kind if is(kind, b"text/event-stream") => {
            let stream = Stream::new(at, limits, response.into_body());
            Ok(Answer::Stream(Box::new(stream)))
        }
        b"" => Ok(Answer::Accepted),
        _ if status == http::StatusCode::ACCEPTED => Ok(Answer::Accepted),
        _ => {
            let words = format!(
                "{} answers {}, where JSON or an event stream belongs; is it the address of an MCP server?",
                server(at),
                super::unanswered::tame(kind)
            );
            Err(Error::new(Kind::InvalidRequest, words).into())
        }
    }
}

fn content_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// Whether a content type is `name`, whatever parameters follow.
fn is(kind: &[u8], name: &[u8]) -> bool {
    let kind = kind.split(|byte| *byte == b';').next().unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case(name)
}

/// A stream of events.
pub(in crate::client) struct Stream {
    body: Incoming,
    events: Events,
    /// The last event of the stream that this one goes on from.
    after: Option<Bytes>,
    at: Uri,
    most: usize,
}

impl Stream {
    pub(in crate::client) fn new(at: &Uri, limits: &Limits, body: Incoming) -> Self {
        let most = limits.max_message_bytes();
        Self {
            body,
            events: Events::new(most),
            after: None,
            at: at.clone(),
            most,
        }
    }

    /// The stream that `response` is.
    ///
    /// # Errors
    /// When it is none; what it is instead.
    pub(in crate::client) async fn of(
        at: &Uri,
        limits: &Limits,
        response: http::Response<Incoming>,
    ) -> Result<Self, Failure> {
        match answer(at, limits, response).await? {
            Answer::Stream(stream) => Ok(*stream),
            Answer::Json(_) | Answer::Accepted => {
                let words = format!("{} answers something else than an event stream", server(at));
                Err(Error::new(Kind::InvalidRequest, words).into())
            }
        }
    }

    /// The same as one that goes on after the event `after`. There are servers that begin with that event
    /// itself, the official Rust SDK's for one; it is skipped.
    pub(super) fn going_on(mut self, after: Option<&Bytes>) -> Self {
        self.after = after.cloned();
        self
    }

    fn repeats(&mut self, event: &Event) -> bool {
        let repeats =
            event.has_id && self.after.is_some() && self.after.as_ref() == self.events.last_id();
        if repeats {
            self.after = None;
        }
        repeats
    }

    /// The next event; `None` at the end.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] when the stream breaks off, another when it cannot be read any more.
    pub(in crate::client) async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            match self.events.next() {
                Ok(Some(event)) if self.repeats(&event) => continue,
                Ok(Some(event)) => return Ok(Some(event)),
                Ok(None) => {}
                Err(TooLarge) => {
                    let words = format!(
                        "{} sends an event larger than {} bytes",
                        server(&self.at),
                        self.most
                    );
                    return Err(Error::new(Kind::InvalidRequest, words));
                }
            }
            let frame = poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)).await;
            match frame {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.events.feed(data);
                    }
                }
                Some(Err(error)) => {
                    let words = format!("the stream of {} broke off", server(&self.at));
                    return Err(Error::new(Kind::Unavailable, words).caused_by(error));
                }
            }
        }
    }

    pub(super) fn events(&self) -> &Events {
        &self.events
    }
}

/// The messages of one body or event.
///
/// # Errors
/// When one of them is no message.
pub(super) fn messages(body: Bytes, limits: &Limits) -> Result<Messages> {
    let unreadable = |fault: Fault| {
        let words = format!(
            "the server sends what is no message: {}",
            fault.error.message()
        );
        Error::new(Kind::InvalidRequest, words)
    };
    match jsonrpc::read(body, limits) {
        Frame::One(message) => Ok(Messages::One(Some(message.map_err(unreadable)?))),
        Frame::Batch(messages) => {
            let messages: Result<Vec<_>> = messages
                .into_iter()
                .map(|message| message.map_err(unreadable))
                .collect();
            Ok(Messages::Many(messages?.into_iter()))
        }
        _ => Ok(Messages::One(None)),
    }
}

/// Messages that came together: most often one, which needs no list.
pub(super) enum Messages {
    One(Option<Message>),
    Many(std::vec::IntoIter<Message>),
}

impl Iterator for Messages {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        match self {
            Self::One(message) => message.take(),
            Self::Many(messages) => messages.next(),
        }
    }
}

/// Whether `response` answers the request with this id. An error may have none, where the server could not
/// read it.
pub(super) fn answers(response: &Response, id: &[u8]) -> bool {
    match &response.id {
        Some(theirs) => theirs == id || is_same_id(theirs, id),
        None => response.outcome.is_err(),
    }
}

/// Ids that say the same in another way: some servers turn `1` into `1.0` or `"1"`.
fn is_same_id(one: &[u8], other: &[u8]) -> bool {
    matches!((plain(one), plain(other)), (Some(one), Some(other)) if one == other)
}

/// The number that an id says, in whichever way.
pub(super) fn number(id: &[u8]) -> Option<u64> {
    plain(id)?.parse().ok()
}

/// What an id says.
fn plain(id: &[u8]) -> Option<String> {
    match serde_json::from_slice(id) {
        Ok(Value::String(text)) => Some(text),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "only whole numbers are ids of ours"
        )]
        Ok(Value::Number(number)) => Some(match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => (float as i64).to_string(),
            _ => number.to_string(),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_say_the_same_are_the_same() {
        for (one, other, expect) in [
            ("1", "1.0", true),
            ("1", "\"1\"", true),
            ("\"a\\u0062\"", "\"ab\"", true),
            ("1", "2", false),
            ("1", "1.5", false),
            ("null", "null", false),
        ] {
            assert_eq!(
                is_same_id(one.as_bytes(), other.as_bytes()),
                expect,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn a_content_type_is_one_whatever_follows() {
        assert!(is(b"Application/JSON; charset=utf-8", b"application/json"));
        assert!(is(b"text/event-stream", b"text/event-stream"));
        assert!(!is(b"application/jsonp", b"application/json"));
    }
}
