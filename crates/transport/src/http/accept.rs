//! Which forms of an answer the client takes, and which form its message is in.

use http::{HeaderMap, header};

/// What clients have to say, in the words of the specification.
const AS_SPECIFIED: &str = "application/json, text/event-stream";

/// Which forms of an answer the client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepts {
    pub(crate) json: bool,
    pub(crate) events: bool,
}

impl Accepts {
    /// What `Accept` says. Whoever says nothing takes anything.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let mut said = false;
        let mut accepts = Self {
            json: false,
            events: false,
        };
        for value in headers.get_all(header::ACCEPT) {
            said = true;
            if value == AS_SPECIFIED {
                // What nearly everybody says.
                (accepts.json, accepts.events) = (true, true);
                continue;
            }
            for range in value.to_str().unwrap_or_default().split(',') {
                accepts.add(range);
            }
        }
        if !said {
            return Self {
                json: true,
                events: true,
            };
        }
        accepts
    }

    fn add(&mut self, range: &str) {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused = parts.any(|part| {
            let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
            weight.is_some_and(|weight| weight.trim().parse() == Ok(0.0_f32))
        });
        if refused {
            return;
        }
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        self.json |= is("application/json") || is("application/*") || is("*/*");
        self.events |= is("text/event-stream") || is("text/*") || is("*/*");
    }
}

/// Whether the body is JSON that is not packed.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(content_type), None) = (types.next(), types.next()) else {
        return false;
    };
    let is_named_json = content_type == "application/json" || {
        let name = content_type.to_str().unwrap_or_default().split(';').next();
        let name = name.unwrap_or_default().trim();
        name.eq_ignore_ascii_case("application/json")
    };
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    is_named_json && encodings.all(|encoding| encoding == "identity")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_the_client_takes() {
        for (accept, json, events) in [
            (None, true, true),
            (Some("application/json, text/event-stream"), true, true),
            (Some("text/event-stream"), false, true),
            (Some("Application/JSON;q=0.9"), true, false),
            (Some("*/*"), true, true),
            (Some("application/*, text/html"), true, false),
            (Some("application/json;q=0, text/event-stream"), false, true),
            (Some("text/html"), false, false),
            (Some(""), false, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, accept.parse().unwrap());
            }
            assert_eq!(
                Accepts::read(&headers),
                Accepts { json, events },
                "{accept:?}"
            );
        }
    }

    #[test]
    fn only_plain_json_is_read() {
        for (content_type, encoding, expect) in [
            ("application/json", None, true),
            ("application/json; charset=utf-8", Some("identity"), true),
            ("application/json", Some("gzip"), false),
            ("application/jsonp", None, false),
            ("text/plain", None, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
            if let Some(encoding) = encoding {
                headers.insert(header::CONTENT_ENCODING, encoding.parse().unwrap());
            }
            assert_eq!(is_json(&headers), expect, "{content_type} {encoding:?}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
