//! The parameters of a request, scanned once: which parts there are and where they stand.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    limits::Limits,
    model::Meta,
    scan::{Scanner, Trouble, text},
    span::Span,
};
use crate::{Error, Extra, Raw, Result};

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
    task_id: Span,
    task: Span,
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
    /// When `text` is not a JSON object, names a known part twice, or nests deeper than 128 levels.
    pub fn new(text: impl Into<Bytes>) -> Result<Self> {
        let body = text.into();
        let refuse = |words: String| Error::invalid_params(format!("params: {words}"));
        if body.len() > 1 << 30 {
            return Err(refuse("larger than 1 GiB".to_owned()));
        }
        let mut scanner = Scanner::new(&body, Limits::default().depth);
        let mut found = Found::default();
        let scanned = found.params(&mut scanner).and_then(|()| scanner.end());
        scanned
            .and(found.fault.map_or(Ok(()), Err))
            .map_err(|trouble| refuse(trouble.to_string()))?;
        Ok(found.params.in_body(body))
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

    /// Gives scanned parameters the body that they were scanned in.
    pub(crate) fn in_body(mut self, body: Bytes) -> Self {
        self.body = body;
        self
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

    /// Whether there is a `requestState`, of whatever kind.
    #[must_use]
    pub fn has_request_state(&self) -> bool {
        !self.request_state.is_absent()
    }

    /// `taskId`: the task that a request is about.
    #[must_use]
    pub fn task_id(&self) -> Option<Cow<'_, str>> {
        text(self.task_id.get(&self.body)?)
    }

    /// `task` as it came: the wish, in revision 2025-11-25, to be answered with a task.
    #[must_use]
    pub fn task(&self) -> Option<&[u8]> {
        self.task.get(&self.body)
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

    pub(crate) fn has_log_level(&self) -> bool {
        !self.log_level.is_absent()
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

impl Params {
    /// The same parameters about what is called `name`: everything else stays as it came, to the letter.
    /// Parameters that are about nothing stay as they are.
    #[must_use]
    pub fn renamed(&self, name: &str) -> Self {
        self.spliced(self.name, name.len() + 2, |body| {
            // It cannot fail: a text goes into memory.
            let _ = serde_json::to_writer(body, name);
        })
    }

    /// The same parameters with another progress token; those that have none stay as they are.
    #[must_use]
    pub fn with_progress_token(&self, token: u64) -> Self {
        let text = token.to_string();
        self.spliced(self.progress_token, text.len(), |body| {
            body.extend_from_slice(text.as_bytes());
        })
    }

    /// The same parameters with what `write` adds in the place of one of their parts. `room` is how long that is; where
    /// it is exactly that, nothing is copied twice.
    fn spliced(&self, part: Span, room: usize, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let (Some(whole), Some(before)) = (self.raw(), part.get(&self.body)) else {
            return self.clone();
        };
        let (base, cut) = (self.whole.start(), part.end());
        let (head, tail) = ((part.start() - base) as usize, (cut - base) as usize);
        let mut body = Vec::with_capacity(whole.len() - before.len() + room);
        body.extend_from_slice(&whole[..head]);
        write(&mut body);
        body.extend_from_slice(&whole[tail..]);
        let by = i64::try_from(body.len()).unwrap_or_default()
            - i64::try_from(whole.len()).unwrap_or_default();
        let moved = |span: Span| span.moved(base, cut, by);
        Self {
            body: body.into(),
            whole: moved(self.whole),
            name: moved(self.name),
            arguments: moved(self.arguments),
            cursor: moved(self.cursor),
            meta: moved(self.meta),
            input_responses: moved(self.input_responses),
            request_state: moved(self.request_state),
            task_id: moved(self.task_id),
            task: moved(self.task),
            protocol_version: moved(self.protocol_version),
            client_info: moved(self.client_info),
            client_capabilities: moved(self.client_capabilities),
            log_level: moved(self.log_level),
            progress_token: moved(self.progress_token),
        }
    }
}

/// The known names in `_meta`, as bytes.
const PROTOCOL_VERSION: &[u8] = Meta::PROTOCOL_VERSION.as_bytes();
const CLIENT_INFO: &[u8] = Meta::CLIENT_INFO.as_bytes();
const CLIENT_CAPABILITIES: &[u8] = Meta::CLIENT_CAPABILITIES.as_bytes();
const LOG_LEVEL: &[u8] = Meta::LOG_LEVEL.as_bytes();
const PROGRESS_TOKEN: &[u8] = Meta::PROGRESS_TOKEN.as_bytes();

/// Parameters that are being scanned. Faults of shape are kept until the whole text has proved to be
/// JSON, and whoever is to be answered is known.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) params: Params,
    pub(crate) fault: Option<Trouble>,
}

impl Found {
    /// Goes over the parameters, which must be the scanner's next value, and notes where the known parts
    /// stand.
    pub(crate) fn params(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Trouble> {
        self.params.whole = self.fields(scanner, |found, scanner, key| {
            let params = &mut found.params;
            let (place, name) = match key {
                b"_meta" => return found.meta(scanner),
                b"name" | b"uri" => (&mut params.name, "name"),
                b"arguments" => (&mut params.arguments, "arguments"),
                b"cursor" => (&mut params.cursor, "cursor"),
                b"inputResponses" => (&mut params.input_responses, "inputResponses"),
                b"requestState" => (&mut params.request_state, "requestState"),
                b"taskId" => (&mut params.task_id, "taskId"),
                b"task" => (&mut params.task, "task"),
                _ => return scanner.value().map(drop),
            };
            note(&mut found.fault, scanner, place, name)
        })?;
        Ok(())
    }

    fn meta(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Trouble> {
        if !self.params.meta.is_absent() {
            self.fault.get_or_insert(Trouble::Twice("_meta"));
        }
        self.params.meta = self.fields(scanner, |found, scanner, key| {
            let params = &mut found.params;
            let (place, name) = match key {
                PROTOCOL_VERSION => (&mut params.protocol_version, Meta::PROTOCOL_VERSION),
                CLIENT_INFO => (&mut params.client_info, Meta::CLIENT_INFO),
                CLIENT_CAPABILITIES => (&mut params.client_capabilities, Meta::CLIENT_CAPABILITIES),
                LOG_LEVEL => (&mut params.log_level, Meta::LOG_LEVEL),
                PROGRESS_TOKEN => (&mut params.progress_token, Meta::PROGRESS_TOKEN),
                _ => return scanner.value().map(drop),
            };
            note(&mut found.fault, scanner, place, name)
        })?;
        Ok(())
    }

    /// Goes over an object, or over what stands in the place of one. `null` is as good as nothing.
    fn fields(
        &mut self,
        scanner: &mut Scanner<'_>,
        mut field: impl FnMut(&mut Self, &mut Scanner<'_>, &[u8]) -> Result<(), Trouble>,
    ) -> Result<Span, Trouble> {
        match scanner.peek() {
            Some(b'{') => {
                let start = scanner.at();
                scanner.object(|scanner, key| field(self, scanner, &key))?;
                Ok(Span::new(start, scanner.at()))
            }
            Some(b'n') => scanner.value().map(|_| Span::default()),
            _ => {
                self.fault.get_or_insert(Trouble::NotAnObject);
                scanner.value()
            }
        }
    }
}

/// Notes where a known part stands. `null` is as good as nothing.
fn note(
    fault: &mut Option<Trouble>,
    scanner: &mut Scanner<'_>,
    place: &mut Span,
    name: &'static str,
) -> Result<(), Trouble> {
    let is_null = scanner.peek() == Some(b'n');
    let span = scanner.value()?;
    if !place.is_absent() {
        fault.get_or_insert(Trouble::Twice(name));
    } else if !is_null {
        *place = span;
    }
    Ok(())
}

/// A parser's words without the position, which nobody who reads the message can use.
pub(crate) fn shorten(error: &serde_json::Error) -> String {
    let mut words = error.to_string();
    if let Some(at) = words.rfind(" at line ") {
        words.truncate(at);
    }
    words
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
    fn a_new_name_moves_everything_else_and_changes_nothing() {
        let text =
            r#"{"_meta":{"progressToken":7},"name":"ns_add","arguments":{"b":1e400},"x":[1]}"#;
        for (name, expect) in [("add", "add"), ("a \"longer\" one", r#"a \"longer\" one"#)] {
            let p = params(text).unwrap().renamed(name);
            assert_eq!(p.name().as_deref(), Some(name));
            assert_eq!(p.arguments(), Some(br#"{"b":1e400}"#.as_slice()));
            assert_eq!(p.progress_token().as_deref(), Some(b"7".as_slice()));
            let expect = text.replace("ns_add", expect);
            assert_eq!(p.raw(), Some(expect.as_bytes()));
            assert_eq!(p.renamed("ns_add").raw(), Some(text.as_bytes()));
        }
        let nameless = params(r#"{"cursor":"c"}"#).unwrap().renamed("x");
        assert_eq!(nameless.cursor().as_deref(), Some("c"));
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
