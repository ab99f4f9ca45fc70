//! Which forms of an answer the client takes, and which form its message is in.

use http::HeaderValue;

/// What clients have to say, in the words of the specification.
const AS_SPECIFIED: &str = "application/json, text/event-stream";

/// Which forms of an answer the client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepts {
    pub(crate) json: bool,
    pub(crate) events: bool,
}

impl Accepts {
    /// Whoever says nothing takes anything.
    pub(crate) const ANYTHING: Self = Self {
        json: true,
        events: true,
    };

    /// What the fields of `Accept` say.
    pub(crate) fn read<'a>(values: impl IntoIterator<Item = &'a HeaderValue>) -> Self {
        let mut accepts = Self {
            json: false,
            events: false,
        };
        for value in values {
            if value == AS_SPECIFIED {
                // What nearly everybody says.
                return Self::ANYTHING;
            }
            for range in value.to_str().unwrap_or_default().split(',') {
                accepts.add(range);
            }
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

/// Whether a `Content-Type` is that of JSON.
pub(crate) fn is_named_json(content_type: &HeaderValue) -> bool {
    content_type == "application/json" || {
        let name = content_type.to_str().unwrap_or_default().split(';').next();
        let name = name.unwrap_or_default().trim();
        name.eq_ignore_ascii_case("application/json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_client_takes() {
        for (accept, json, events) in [
            ("application/json, text/event-stream", true, true),
            ("text/event-stream", false, true),
            ("Application/JSON;q=0.9", true, false),
            ("*/*", true, true),
            ("application/*, text/html", true, false),
            ("application/json;q=0, text/event-stream", false, true),
            ("text/html", false, false),
            ("", false, false),
        ] {
            assert_eq!(
                Accepts::read([&HeaderValue::from_static(accept)]),
                Accepts { json, events },
                "{accept:?}"
            );
        }
    }
}
