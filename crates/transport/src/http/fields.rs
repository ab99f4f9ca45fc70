//! The fields of a request's head that are asked for here, found by going over all of them once: to look for
//! one by its name costs as much as to go over all.

use fmcp_core::protocol::Revision;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    accept::{Accepts, is_named_json},
    answer::{PROTOCOL_VERSION, SESSION_ID},
};

const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// A field that stands in a head once, or should.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Field<'a> {
    #[default]
    Absent,
    Once(&'a HeaderValue),
    Repeated,
}

impl<'a> Field<'a> {
    fn add(&mut self, value: &'a HeaderValue) {
        *self = match self {
            Self::Absent => Self::Once(value),
            _ => Self::Repeated,
        };
    }
}

/// What HTTP itself has to say about a request.
#[derive(Clone, Copy)]
pub(crate) struct HttpFields<'a> {
    headers: &'a HeaderMap,
    pub(crate) host: Field<'a>,
    pub(crate) origin: Field<'a>,
    accept: Field<'a>,
    content_type: Field<'a>,
    content_encoding: Field<'a>,
}

impl<'a> HttpFields<'a> {
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let mut fields = Self {
            headers,
            host: Field::Absent,
            origin: Field::Absent,
            accept: Field::Absent,
            content_type: Field::Absent,
            content_encoding: Field::Absent,
        };
        for (name, value) in headers {
            let field = match *name {
                header::HOST => &mut fields.host,
                header::ACCEPT => &mut fields.accept,
                header::CONTENT_TYPE => &mut fields.content_type,
                header::ORIGIN => &mut fields.origin,
                header::CONTENT_ENCODING => &mut fields.content_encoding,
                _ => continue,
            };
            field.add(value);
        }
        fields
    }

    /// Which forms of an answer the client takes.
    pub(crate) fn accepts(&self) -> Accepts {
        match self.accept {
            Field::Absent => Accepts::ANYTHING,
            Field::Once(value) => Accepts::read([value]),
            Field::Repeated => Accepts::read(self.headers.get_all(header::ACCEPT)),
        }
    }

    /// Whether the body is JSON that is not packed.
    pub(crate) fn is_json(&self) -> bool {
        let is_packed = match self.content_encoding {
            Field::Absent => false,
            _ => (self.headers.get_all(header::CONTENT_ENCODING).iter())
                .any(|encoding| encoding != "identity"),
        };
        matches!(self.content_type, Field::Once(value) if is_named_json(value)) && !is_packed
    }
}

/// What MCP has added to the head of a request.
#[derive(Clone, Copy, Default)]
pub(crate) struct McpFields<'a> {
    pub(crate) version: Field<'a>,
    /// The revision that this names, if it is a known one.
    pub(crate) revision: Option<Revision>,
    pub(crate) method: Field<'a>,
    pub(crate) name: Field<'a>,
    pub(crate) session: Field<'a>,
}

impl<'a> McpFields<'a> {
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let mut fields = Self::default();
        for (name, value) in headers {
            let field = if *name == PROTOCOL_VERSION {
                &mut fields.version
            } else if *name == METHOD {
                &mut fields.method
            } else if *name == NAME {
                &mut fields.name
            } else if *name == SESSION_ID {
                &mut fields.session
            } else {
                continue;
            };
            field.add(value);
        }
        if let Field::Once(version) = fields.version {
            fields.revision = version.to_str().ok().and_then(Revision::parse);
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn what_the_client_takes() {
        for (accept, json, events) in [
            (&[][..], true, true),
            (&["application/json, text/event-stream"], true, true),
            (&["application/json", "text/event-stream"], true, true),
            (&["text/event-stream"], false, true),
            (&["text/html"], false, false),
        ] {
            let pairs: Vec<_> = accept.iter().map(|value| ("accept", *value)).collect();
            assert_eq!(
                HttpFields::of(&headers(&pairs)).accepts(),
                Accepts { json, events },
                "{accept:?}"
            );
        }
    }

    #[test]
    fn only_plain_json_is_read() {
        for (pairs, expect) in [
            (&[("content-type", "application/json")][..], true),
            (
                &[
                    ("content-type", "application/json; charset=utf-8"),
                    ("content-encoding", "identity"),
                ],
                true,
            ),
            (
                &[
                    ("content-type", "application/json"),
                    ("content-encoding", "identity"),
                    ("content-encoding", "gzip"),
                ],
                false,
            ),
            (
                &[
                    ("content-type", "application/json"),
                    ("content-type", "application/json"),
                ],
                false,
            ),
            (&[("content-type", "application/jsonp")], false),
            (&[("content-type", "text/plain")], false),
            (&[], false),
        ] {
            let headers = headers(pairs);
            assert_eq!(HttpFields::of(&headers).is_json(), expect, "{pairs:?}");
        }
    }

    #[test]
    fn a_field_that_stands_twice_is_not_one_that_stands_once() {
        let headers = headers(&[
            ("mcp-name", "add"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "subtract"),
        ]);
        let fields = McpFields::of(&headers);
        assert!(matches!(fields.name, Field::Repeated));
        assert!(matches!(fields.method, Field::Once(value) if value == "tools/call"));
        assert!(matches!(fields.session, Field::Absent));
    }
}
