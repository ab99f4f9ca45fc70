//! The envelope: JSON-RPC 2.0 as MCP uses it, read without copying and written by concatenation.
//!
//! Every field of the envelope is kept as a piece of the body. An id is never understood: what came is
//! what goes back.

use std::borrow::Cow;

use bytes::Bytes;

use super::super::{
    limits::Limits,
    method::{Method, Topic},
    params::{Found, Params},
    scan::{Scanner, Trouble, text},
    span::Span,
};
use super::write::Answer;
use crate::{Error, Kind};

/// A message off the wire.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Message {
    /// Something is asked for.
    Request(Request),
    /// Something is told.
    Notification(Notification),
    /// Something that was asked for.
    Response(Response),
}

/// A request as it came: revision not yet considered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// The id as it came: the text of a JSON string or number.
    pub id: Bytes,
    /// What is asked for.
    pub method: Method,
    /// With which parameters.
    pub params: Params,
}

/// A notification as it came.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Notification {
    /// What it tells.
    pub topic: Topic,
    /// With which parameters.
    pub params: Params,
}

/// A response as it came.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response {
    /// The id of the request, where the peer could read it.
    pub id: Option<Bytes>,
    /// The text of the result, or of the error object.
    pub outcome: Result<Bytes, Bytes>,
}

/// A message that could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Fault {
    /// The id to answer with, where it could be read.
    pub id: Option<Bytes>,
    /// What is wrong.
    pub error: Error,
}

impl Fault {
    /// The answer to it. Faulty parameters without an id are a notification's, which nobody answers.
    #[must_use]
    pub fn answer(&self) -> Option<Vec<u8>> {
        let is_notification = self.id.is_none() && self.error.kind() == Kind::InvalidParams;
        (!is_notification).then(|| Answer::to(self.id.as_deref()).error(&self.error.to_object()))
    }
}

/// One message, or a batch of them.
#[derive(Debug)]
#[non_exhaustive]
pub enum Frame {
    /// One message.
    One(Result<Message, Fault>),
    /// A batch. Only revision 2025-03-26 has those; whoever reads the frame decides.
    Batch(Vec<Result<Message, Fault>>),
}

/// Reads one body.
#[must_use]
pub fn read(body: Bytes, limits: &Limits) -> Frame {
    if body.len() > limits.message_bytes {
        return Frame::One(Err(too_large(limits)));
    }
    let mut scanner = Scanner::new(&body, limits.depth);
    if scanner.peek() == Some(b'[') {
        return read_batch(&body, scanner, limits.batch);
    }
    let mut envelope = Envelope::default();
    Frame::One(
        match envelope.scan(&mut scanner).and_then(|()| scanner.end()) {
            Ok(()) => envelope.understand(body),
            Err(trouble) => Err(fault(None, error(trouble))),
        },
    )
}

#[cold]
fn too_large(limits: &Limits) -> Fault {
    let words = format!("the message is larger than {} bytes", limits.message_bytes);
    fault(None, Error::new(Kind::InvalidRequest, words))
}

#[cold]
fn read_batch(body: &Bytes, mut scanner: Scanner<'_>, limit: usize) -> Frame {
    let mut envelopes = Vec::new();
    let scanned = scanner.array(|scanner| {
        if envelopes.len() == limit {
            return Err(Trouble::TooMany);
        }
        let mut envelope = Envelope::default();
        envelope.scan(scanner)?;
        envelopes.push(envelope);
        Ok(())
    });
    if let Err(trouble) = scanned.and_then(|()| scanner.end()) {
        return Frame::One(Err(fault(None, error(trouble))));
    }
    if envelopes.is_empty() {
        let error = Error::new(Kind::InvalidRequest, "a batch must not be empty");
        return Frame::One(Err(fault(None, error)));
    }
    Frame::Batch(
        envelopes
            .into_iter()
            .map(|envelope| envelope.understand(body.clone()))
            .collect(),
    )
}

#[cold]
fn fault(id: Option<Bytes>, error: Error) -> Fault {
    Fault { id, error }
}

#[cold]
fn error(trouble: Trouble) -> Error {
    let kind = if matches!(trouble, Trouble::Syntax(..)) {
        Kind::Parse
    } else {
        Kind::InvalidRequest
    };
    Error::new(kind, trouble.to_string())
}

/// Where the parts of one message stand.
#[derive(Default)]
struct Envelope {
    jsonrpc: Span,
    id: Span,
    method: Span,
    params: Found,
    has_params: bool,
    result: Span,
    error: Span,
    /// What is wrong with its shape, kept until the whole text has proved to be JSON.
    fault: Option<Trouble>,
}

impl Envelope {
    fn scan(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Trouble> {
        if !matches!(scanner.peek(), Some(b'{')) {
            self.fault = Some(Trouble::NotAnObject);
            return scanner.value().map(drop);
        }
        scanner.object(|scanner, key| {
            let (place, name) = match key.as_ref() {
                b"jsonrpc" => (&mut self.jsonrpc, "jsonrpc"),
                b"id" => (&mut self.id, "id"),
                b"method" => (&mut self.method, "method"),
                b"result" => (&mut self.result, "result"),
                b"error" => (&mut self.error, "error"),
                b"params" => {
                    if std::mem::replace(&mut self.has_params, true) {
                        self.fault.get_or_insert(Trouble::Twice("params"));
                        return scanner.value().map(drop);
                    }
                    return self.params.params(scanner);
                }
                _ => return scanner.value().map(drop),
            };
            let span = scanner.value()?;
            if place.is_absent() {
                *place = span;
            } else {
                self.fault.get_or_insert(Trouble::Twice(name));
            }
            Ok(())
        })
    }

    fn understand(self, body: Bytes) -> Result<Message, Fault> {
        if let Some(trouble) = self.fault {
            return Err(self.refuse(trouble, &body));
        }
        let id = read_id(&body, self.id).map_err(|words| invalid(None, words))?;
        if self.jsonrpc.get(&body) != Some(b"\"2.0\"".as_slice()) {
            return Err(invalid(id, "`jsonrpc` must be \"2.0\""));
        }
        if self.method.is_absent() {
            return self.understand_response(&body, id);
        }
        if !self.result.is_absent() || !self.error.is_absent() {
            return Err(invalid(
                id,
                "a message has a `method`, or a `result` or `error`, not both",
            ));
        }
        let Some(word) = self.method.get(&body).and_then(Word::of) else {
            return Err(invalid(id, "`method` must be a string"));
        };
        if !self.id.is_absent() && id.is_none() {
            return Err(invalid(None, "`id` must not be null"));
        }
        if let Some(trouble) = self.params.fault {
            return Err(misshapen(id, trouble));
        }
        let what = match id {
            Some(id) => Ok((id, word.into_method())),
            None => Err(Topic::from(word.as_str())),
        };
        let params = self.params.params.in_body(body);
        Ok(match what {
            Ok((id, method)) => Message::Request(Request { id, method, params }),
            Err(topic) => Message::Notification(Notification { topic, params }),
        })
    }

    /// What is wrong with its shape.
    #[cold]
    fn refuse(&self, trouble: Trouble, body: &Bytes) -> Fault {
        if trouble == Trouble::NotAnObject {
            return invalid(None, "a JSON-RPC message is an object");
        }
        // Of two ids nobody knows which one is meant; any other doubled part leaves the id readable.
        let id = if trouble == Trouble::Twice("id") {
            None
        } else {
            read_id(body, self.id).ok().flatten()
        };
        fault(id, error(trouble))
    }

    fn understand_response(&self, body: &Bytes, id: Option<Bytes>) -> Result<Message, Fault> {
        let invalid = |words: &'static str| Error::new(Kind::InvalidRequest, words);
        let outcome = match (self.result.slice(body), self.error.slice(body)) {
            (Some(result), None) => Ok(result),
            (None, Some(error)) => Err(error),
            (Some(_), Some(_)) => {
                return Err(fault(
                    id,
                    invalid("a response has `result` or `error`, not both"),
                ));
            }
            (None, None) => return Err(fault(id, invalid("`method` is missing"))),
        };
        if outcome.is_ok() && id.is_none() {
            return Err(fault(
                None,
                invalid("a result needs the `id` of its request"),
            ));
        }
        Ok(Message::Response(Response { id, outcome }))
    }
}

#[cold]
fn invalid(id: Option<Bytes>, words: &'static str) -> Fault {
    fault(id, Error::new(Kind::InvalidRequest, words))
}

#[cold]
fn misshapen(id: Option<Bytes>, trouble: Trouble) -> Fault {
    let words = format!("params: {trouble}");
    fault(id, Error::invalid_params(words))
}

/// What a message is about. A method that is known need not be proved to be text first.
enum Word<'a> {
    Known(Method),
    Text(Cow<'a, str>),
}

impl<'a> Word<'a> {
    fn of(json: &'a [u8]) -> Option<Self> {
        let bare = json.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        match Method::known(bare) {
            Some(method) => Some(Self::Known(method)),
            None => text(json).map(Self::Text),
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Known(method) => method.as_str(),
            Self::Text(text) => text,
        }
    }

    fn into_method(self) -> Method {
        match self {
            Self::Known(method) => method,
            Self::Text(text) => Method::from(text.as_ref()),
        }
    }
}

/// The id as it came; `None` where there is none, or null.
fn read_id(body: &Bytes, span: Span) -> Result<Option<Bytes>, &'static str> {
    let Some(text) = span.get(body) else {
        return Ok(None);
    };
    match text.first() {
        Some(b'"' | b'-' | b'0'..=b'9') => Ok(span.slice(body)),
        Some(b'n') => Ok(None),
        _ => Err("`id` must be a string or a number"),
    }
}
