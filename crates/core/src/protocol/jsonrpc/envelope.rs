//! The envelope: JSON-RPC 2.0 as MCP uses it, read without copying and written by concatenation.
//!
//! Every field of the envelope is kept as a piece of the body. An id is never understood: what came is
//! what goes back.

use std::fmt;

use bytes::Bytes;
use serde::{
    Deserializer,
    de::{self, MapAccess, SeqAccess},
};
use serde_json::value::RawValue;

use super::super::{
    limits::{Limits, deeper_than},
    method::{Method, Topic},
    params::{Params, shorten, text},
    span::Span,
};
use crate::{Error, Kind, json::Key};

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
pub fn read(body: &Bytes, limits: &Limits) -> Frame {
    if body.len() > limits.message_bytes {
        return refuse(
            Kind::InvalidRequest,
            format!("message is larger than {} bytes", limits.message_bytes),
        );
    }
    if deeper_than(body, limits.depth) {
        return refuse(
            Kind::InvalidRequest,
            format!("message nests deeper than {} levels", limits.depth),
        );
    }
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => read_batch(body, limits),
        _ => Frame::One(read_one(body, body)),
    }
}

fn refuse(kind: Kind, message: impl Into<std::borrow::Cow<'static, str>>) -> Frame {
    Frame::One(Err(Fault {
        id: None,
        error: Error::new(kind, message),
    }))
}

fn read_batch(body: &Bytes, limits: &Limits) -> Frame {
    let mut read = serde_json::Deserializer::from_slice(body);
    let spans = match read
        .deserialize_seq(Elements {
            body,
            limit: limits.batch,
        })
        .and_then(|v| read.end().map(|()| v))
    {
        Ok(spans) => spans,
        Err(error) if error.is_data() => return refuse(Kind::InvalidRequest, shorten(&error)),
        Err(error) => return refuse(Kind::Parse, format!("not JSON: {error}")),
    };
    if spans.is_empty() {
        return refuse(Kind::InvalidRequest, "a batch must not be empty");
    }
    Frame::Batch(
        spans
            .into_iter()
            .map(|span| read_one(body, span.get(body).unwrap_or_default()))
            .collect(),
    )
}

/// Where the elements of an array stand, up to a limit.
struct Elements<'a> {
    body: &'a Bytes,
    limit: usize,
}

impl<'de> de::Visitor<'de> for Elements<'_> {
    type Value = Vec<Span>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a batch")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Span>, A::Error> {
        let mut spans = Vec::new();
        while let Some(raw) = seq.next_element::<&RawValue>()? {
            if spans.len() == self.limit {
                return Err(de::Error::custom(format_args!(
                    "a batch must not hold more than {} messages",
                    self.limit
                )));
            }
            spans.push(Span::of(self.body, raw));
        }
        Ok(spans)
    }
}

#[derive(Default)]
struct Envelope {
    jsonrpc: Span,
    id: Span,
    method: Span,
    params: Span,
    result: Span,
    error: Span,
}

struct Fields<'a> {
    body: &'a Bytes,
    envelope: &'a mut Envelope,
}

impl<'de> de::Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC message (an object)")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // Faults of shape are kept until the whole text has proved to be JSON.
        let mut twice = None;
        while let Some(Key(key)) = map.next_key()? {
            let place = match key.as_ref() {
                "jsonrpc" => &mut self.envelope.jsonrpc,
                "id" => &mut self.envelope.id,
                "method" => &mut self.envelope.method,
                "params" => &mut self.envelope.params,
                "result" => &mut self.envelope.result,
                "error" => &mut self.envelope.error,
                _ => {
                    map.next_value::<de::IgnoredAny>()?;
                    continue;
                }
            };
            let raw = map.next_value::<&RawValue>()?;
            if place.is_absent() {
                *place = Span::of(self.body, raw);
            } else {
                twice = Some(key);
            }
        }
        match twice {
            Some(key) => Err(de::Error::custom(format_args!("`{key}` is there twice"))),
            None => Ok(()),
        }
    }
}

fn read_one(body: &Bytes, text: &[u8]) -> Result<Message, Fault> {
    let mut envelope = Envelope::default();
    let mut read = serde_json::Deserializer::from_slice(text);
    let scanned = read
        .deserialize_any(Fields {
            body,
            envelope: &mut envelope,
        })
        .and_then(|()| read.end());
    let fault = |id: Option<Bytes>, kind, message: String| Fault {
        id,
        error: Error::new(kind, message),
    };
    match scanned {
        Err(error) if error.is_data() => {
            return Err(fault(None, Kind::InvalidRequest, shorten(&error)));
        }
        Err(error) => return Err(fault(None, Kind::Parse, format!("not JSON: {error}"))),
        Ok(()) => {}
    }
    let id = read_id(body, envelope.id)
        .map_err(|words| fault(None, Kind::InvalidRequest, words.to_owned()))?;
    if envelope.jsonrpc.get(body) != Some(b"\"2.0\"".as_slice()) {
        return Err(fault(
            id,
            Kind::InvalidRequest,
            "`jsonrpc` must be \"2.0\"".to_owned(),
        ));
    }
    understand(body, &envelope, id.clone()).map_err(|error| Fault { id, error })
}

fn understand(body: &Bytes, envelope: &Envelope, id: Option<Bytes>) -> Result<Message, Error> {
    let invalid = |words: &'static str| Error::new(Kind::InvalidRequest, words);
    let is_response = !envelope.result.is_absent() || !envelope.error.is_absent();
    if envelope.method.is_absent() {
        let outcome = match (envelope.result.slice(body), envelope.error.slice(body)) {
            (Some(result), None) => Ok(result),
            (None, Some(error)) => Err(error),
            (Some(_), Some(_)) => {
                return Err(invalid("a response has `result` or `error`, not both"));
            }
            (None, None) => return Err(invalid("`method` is missing")),
        };
        if outcome.is_ok() && id.is_none() {
            return Err(invalid("a result needs the `id` of its request"));
        }
        return Ok(Message::Response(Response { id, outcome }));
    }
    if is_response {
        return Err(invalid(
            "a message has a `method`, or a `result` or `error`, not both",
        ));
    }
    let method = envelope
        .method
        .get(body)
        .and_then(text)
        .ok_or_else(|| invalid("`method` must be a string"))?;
    let has_id = !envelope.id.is_absent();
    if has_id && id.is_none() {
        return Err(invalid("`id` must not be null"));
    }
    let params = Params::scan(body.clone(), envelope.params)?;
    Ok(match id {
        Some(id) => Message::Request(Request {
            id,
            method: Method::from(method.as_ref()),
            params,
        }),
        None => Message::Notification(Notification {
            topic: Topic::from(method.as_ref()),
            params,
        }),
    })
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

/// Begins a response to `id` in `out`: everything up to the result. Close it with `}`.
pub fn begin_result(out: &mut Vec<u8>, id: &[u8]) {
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    out.extend_from_slice(id);
    out.extend_from_slice(b",\"result\":");
}

/// Writes an error response. Without an id the member is left out, as the specification has it for
/// requests whose id could not be read.
#[must_use]
pub fn write_error(id: Option<&[u8]>, error: &crate::protocol::model::ErrorObject) -> Bytes {
    let mut out = Vec::with_capacity(160);
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\"");
    if let Some(id) = id {
        out.extend_from_slice(b",\"id\":");
        out.extend_from_slice(id);
    }
    out.extend_from_slice(b",\"error\":");
    if serde_json::to_writer(&mut out, error).is_err() {
        out.extend_from_slice(b"{\"code\":-32603,\"message\":\"the error cannot be written\"}");
    }
    out.push(b'}');
    out.into()
}

/// Writes a notification.
///
/// # Errors
/// When `params` cannot be written.
pub fn write_notification<P: serde::Serialize + ?Sized>(
    topic: &Topic,
    params: &P,
) -> Result<Bytes, Error> {
    let mut out = b"{\"jsonrpc\":\"2.0\",\"method\":".to_vec();
    let written = serde_json::to_writer(&mut out, topic).and_then(|()| {
        out.extend_from_slice(b",\"params\":");
        serde_json::to_writer(&mut out, params)
    });
    written.map_err(|e| Error::internal("a notification cannot be written").caused_by(e))?;
    out.push(b'}');
    Ok(out.into())
}
