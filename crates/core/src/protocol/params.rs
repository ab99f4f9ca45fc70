//! The parameters of a request, scanned once: which parts there are and where they stand.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{
    Deserializer, Serialize,
    de::{self, DeserializeOwned, MapAccess},
};
use serde_json::value::RawValue;

use super::{model::Meta, span::Span};
use crate::{Error, Extra, Raw, Result, json::Key};

/// The parameters of a request: the bytes as they came, and where in them the parts stand that every
/// layer asks for. Nothing is parsed further until somebody wants it.
#[derive(Clone, Debug, Default)]
pub struct Params {
    body: Bytes,
    whole: Span,
    name: Span,
    arguments: Span,
    cursor: Span,
    meta: Span,
    input_responses: Span,
    request_state: Span,
    protocol_version: Span,
    client_info: Span,
    client_capabilities: Span,
    log_level: Span,
    progress_token: Span,
}

impl Params {
    /// Scans parameters that stand alone.
    ///
    /// # Errors
    /// When `text` is not a JSON object, or names a known part twice.
    pub fn new(text: impl Into<Bytes>) -> Result<Self> {
        let body = text.into();
        let raw: &RawValue = serde_json::from_slice(&body)
            .map_err(|e| Error::invalid_params(format!("params are not JSON: {e}")))?;
        let whole = Span::of(&body, raw);
        Self::scan(body, whole)
    }

    /// Writes parameters, and scans them.
    ///
    /// # Errors
    /// When `params` is not written as a JSON object.
    pub fn of<P: Serialize + ?Sized>(params: &P) -> Result<Self> {
        let text = serde_json::to_vec(params).map_err(|e| {
            Error::invalid_params("parameters cannot be written as JSON").caused_by(e)
        })?;
        Self::new(text)
    }

    /// Scans the parameters that stand at `whole` in `body`.
    pub(crate) fn scan(body: Bytes, whole: Span) -> Result<Self> {
        let mut params = Self {
            whole,
            ..Self::default()
        };
        if let Some(text) = whole.get(&body) {
            let mut read = serde_json::Deserializer::from_slice(text);
            read.deserialize_map(Scan {
                body: &body,
                params: &mut params,
                keys: Part::of_params,
            })
            .map_err(|e| refuse(&e))?;
            if let Some(text) = params.meta.get(&body) {
                let mut read = serde_json::Deserializer::from_slice(text);
                read.deserialize_map(Scan {
                    body: &body,
                    params: &mut params,
                    keys: Part::of_meta,
                })
                .map_err(|e| refuse(&e))?;
            }
        }
        params.body = body;
        Ok(params)
    }

    /// All of it, as it came.
    #[must_use]
    pub fn raw(&self) -> Option<&[u8]> {
        self.whole.get(&self.body)
    }

    /// Reads all of it as a `T`. Absent parameters read as an empty object.
    ///
    /// # Errors
    /// [`Kind::InvalidParams`](crate::Kind::InvalidParams) when they are not a `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(self.raw().unwrap_or(b"{}"))
            .map_err(|e| Error::invalid_params(shorten(&e)))
    }

    /// `name` or `uri`: what the call is about.
    #[must_use]
    pub fn name(&self) -> Option<Cow<'_, str>> {
        text(self.name.get(&self.body)?)
    }

    /// `arguments` as they came.
    #[must_use]
    pub fn arguments(&self) -> Option<&[u8]> {
        self.arguments.get(&self.body)
    }

    /// `cursor`.
    #[must_use]
    pub fn cursor(&self) -> Option<Cow<'_, str>> {
        text(self.cursor.get(&self.body)?)
    }

    /// `_meta` as it came.
    #[must_use]
    pub fn meta(&self) -> Option<&[u8]> {
        self.meta.get(&self.body)
    }

    /// `inputResponses` as they came.
    #[must_use]
    pub fn input_responses(&self) -> Option<&[u8]> {
        self.input_responses.get(&self.body)
    }

    /// `requestState`.
    #[must_use]
    pub fn request_state(&self) -> Option<Cow<'_, str>> {
        text(self.request_state.get(&self.body)?)
    }

    /// The revision that the request says it is written in.
    #[must_use]
    pub fn protocol_version(&self) -> Option<Cow<'_, str>> {
        text(self.protocol_version.get(&self.body)?)
    }

    /// Whether the request says what its client can do.
    #[must_use]
    pub fn has_client_capabilities(&self) -> bool {
        !self.client_capabilities.is_absent()
    }

    pub(crate) fn client_info(&self) -> Option<&[u8]> {
        self.client_info.get(&self.body)
    }

    pub(crate) fn client_capabilities(&self) -> Option<&[u8]> {
        self.client_capabilities.get(&self.body)
    }

    pub(crate) fn log_level(&self) -> Option<Cow<'_, str>> {
        text(self.log_level.get(&self.body)?)
    }

    pub(crate) fn progress_token(&self) -> Option<Bytes> {
        self.progress_token.slice(&self.body)
    }

    /// The same parameters with `value` under `key`, whatever stood there.
    ///
    /// # Errors
    /// When the parameters are not an object.
    pub fn with(&self, key: &'static str, value: impl Into<Raw>) -> Result<Self> {
        let mut fields: Extra = self.parse()?;
        fields.insert(key, value);
        let text = serde_json::to_vec(&fields)
            .map_err(|e| Error::internal("parameters cannot be written").caused_by(e))?;
        Self::new(text)
    }
}

/// A known part of the parameters.
enum Part {
    Name,
    Arguments,
    Cursor,
    Meta,
    InputResponses,
    RequestState,
    ProtocolVersion,
    ClientInfo,
    ClientCapabilities,
    LogLevel,
    ProgressToken,
}

impl Part {
    fn of_params(key: &str) -> Option<Self> {
        Some(match key {
            "name" | "uri" => Self::Name,
            "arguments" => Self::Arguments,
            "cursor" => Self::Cursor,
            "_meta" => Self::Meta,
            "inputResponses" => Self::InputResponses,
            "requestState" => Self::RequestState,
            _ => return None,
        })
    }

    fn of_meta(key: &str) -> Option<Self> {
        Some(match key {
            Meta::PROTOCOL_VERSION => Self::ProtocolVersion,
            Meta::CLIENT_INFO => Self::ClientInfo,
            Meta::CLIENT_CAPABILITIES => Self::ClientCapabilities,
            Meta::LOG_LEVEL => Self::LogLevel,
            Meta::PROGRESS_TOKEN => Self::ProgressToken,
            _ => return None,
        })
    }

    fn place<'a>(&self, params: &'a mut Params) -> &'a mut Span {
        match self {
            Self::Name => &mut params.name,
            Self::Arguments => &mut params.arguments,
            Self::Cursor => &mut params.cursor,
            Self::Meta => &mut params.meta,
            Self::InputResponses => &mut params.input_responses,
            Self::RequestState => &mut params.request_state,
            Self::ProtocolVersion => &mut params.protocol_version,
            Self::ClientInfo => &mut params.client_info,
            Self::ClientCapabilities => &mut params.client_capabilities,
            Self::LogLevel => &mut params.log_level,
            Self::ProgressToken => &mut params.progress_token,
        }
    }
}

/// Notes where the known parts of an object stand.
struct Scan<'a> {
    body: &'a Bytes,
    params: &'a mut Params,
    keys: fn(&str) -> Option<Part>,
}

impl<'de> de::Visitor<'de> for Scan<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let Some(part) = (self.keys)(&key) else {
                map.next_value::<de::IgnoredAny>()?;
                continue;
            };
            let place = part.place(self.params);
            if !place.is_absent() {
                return Err(de::Error::custom(format_args!("`{key}` is there twice")));
            }
            let raw = map.next_value::<&RawValue>()?;
            if raw.get() != "null" {
                *place = Span::of(self.body, raw);
            }
        }
        Ok(())
    }
}

fn refuse(error: &serde_json::Error) -> Error {
    Error::invalid_params(format!("params: {}", shorten(error)))
}

/// A parser's words without the position, which nobody who reads the message can use.
pub(crate) fn shorten(error: &serde_json::Error) -> String {
    let mut words = error.to_string();
    if let Some(at) = words.rfind(" at line ") {
        words.truncate(at);
    }
    words
}

/// The text of a JSON string; borrowed where it has no escapes.
pub(crate) fn text(json: &[u8]) -> Option<Cow<'_, str>> {
    let Key(text) = serde_json::from_slice(json).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Result<Params> {
        Params::new(text.to_owned())
    }

    #[test]
    fn finds_the_parts() {
        let p = params(
            r#"{"x":[{"name":1}],"name":"a\u0062","arguments":{"z":1,"a":1e400},"_meta":{"progressToken":7,"k":1,
               "io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#,
        )
        .unwrap();
        assert_eq!(p.name().as_deref(), Some("ab"));
        assert_eq!(p.arguments(), Some(br#"{"z":1,"a":1e400}"#.as_slice()));
        assert_eq!(p.progress_token().as_deref(), Some(b"7".as_slice()));
        assert_eq!(p.protocol_version().as_deref(), Some("2026-07-28"));
        assert_eq!(p.cursor(), None);
    }

    #[test]
    fn a_part_that_stands_twice_is_refused() {
        for text in [
            r#"{"name":"a","name":"b"}"#,
            r#"{"name":"a","uri":"b"}"#,
            r#"{"_meta":{"progressToken":1,"progressToken":2}}"#,
        ] {
            assert!(
                params(text).unwrap_err().message().contains("twice"),
                "{text}"
            );
        }
    }

    #[test]
    fn only_objects_are_parameters() {
        for text in ["[]", "1", "\"a\"", "{", "", r#"{"_meta":[]}"#] {
            assert!(params(text).is_err(), "{text}");
        }
        assert!(Params::default().raw().is_none());
        assert!(params(r#"{"name":null}"#).unwrap().name().is_none());
    }

    #[test]
    fn a_part_can_be_replaced() {
        let p = params(r#"{"name":"a","arguments":{"b":1},"x":12345678901234567890123}"#).unwrap();
        let q = p
            .with("arguments", Raw::from_text(r#"{"c":2}"#).unwrap())
            .unwrap();
        assert_eq!(
            q.raw(),
            Some(br#"{"name":"a","arguments":{"c":2},"x":12345678901234567890123}"#.as_slice())
        );
    }
}
