//! What a request must be like to be plain.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use httparse::{EMPTY_HEADER, Status};

use crate::net::Settings;

/// How many bytes a plain request may have.
pub(super) const MOST_BYTES: usize = 16 * 1024;

/// How many fields it may have.
const MOST_FIELDS: usize = 32;

/// What lies at the beginning of some bytes.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "what is found is nearly always whole, and taken apart at once"
)]
pub(super) enum Found {
    /// Part of a head, which may be plain.
    Part,
    /// The head of a plain request, which has so many bytes in all.
    Head(usize),
    /// A plain request, which has so many bytes.
    Whole(Request<Bytes>, usize),
    /// Something that is not plain, or not right.
    Other,
}

/// Looks at what has come.
///
/// A request is plain if there is nothing to it but a head and a body whose length is told, in the simplest words. It is
/// read as hyper would read it, and it is not this function's business what is wrong with one that is not plain.
pub(super) fn look(bytes: &[u8], settings: &Settings) -> Found {
    let mut fields = [EMPTY_HEADER; MOST_FIELDS];
    let mut head = httparse::Request::new(&mut fields);
    match head.parse(bytes) {
        Ok(Status::Complete(length)) if length <= settings.header_bytes => {
            whole(&head, bytes, length, settings).unwrap_or(Found::Other)
        }
        Ok(Status::Partial) if bytes.len() < MOST_BYTES.min(settings.header_bytes) => Found::Part,
        _ => Found::Other,
    }
}

/// The request whose head ends at `head_end`; none if it is not plain.
fn whole(
    head: &httparse::Request<'_, '_>,
    bytes: &[u8],
    head_end: usize,
    settings: &Settings,
) -> Option<Found> {
    let (method, path) = (head.method?, head.path?);
    if head.version? != 1
        || head.headers.len() > settings.headers
        || !path.starts_with('/')
        // What may follow these is not told by the answer alone.
        || matches!(method, "HEAD" | "CONNECT")
    {
        return None;
    }
    let end = head_end + body_bytes(head.headers)?;
    if end > MOST_BYTES {
        return None;
    }
    let Some(request) = bytes.get(..end) else {
        return Some(Found::Head(end));
    };
    // One copy, which all that is taken from it shares.
    let copy = Bytes::copy_from_slice(request);
    let shared = |part: &[u8]| {
        let at = part.as_ptr() as usize - bytes.as_ptr() as usize;
        copy.slice(at..at + part.len())
    };
    let mut headers = HeaderMap::with_capacity(head.headers.len());
    for field in head.headers.iter() {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        headers.append(
            name,
            HeaderValue::from_maybe_shared(shared(field.value)).ok()?,
        );
    }
    let mut request = Request::new(copy.slice(head_end..));
    *request.method_mut() = Method::from_bytes(method.as_bytes()).ok()?;
    *request.uri_mut() = Uri::from_maybe_shared(shared(path.as_bytes())).ok()?;
    *request.headers_mut() = headers;
    Some(Found::Whole(request, end))
}

/// How long the body is that follows these fields; none if that is not plain, or if more is wanted than an answer.
fn body_bytes(fields: &[httparse::Header<'_>]) -> Option<usize> {
    let mut length = None;
    for field in fields {
        let is = |name: &str| field.name.eq_ignore_ascii_case(name);
        // Most names need not be compared with any of them.
        match field.name.len() {
            14 if is("content-length") && length.is_none() => length = Some(number(field.value)?),
            10 if is("connection") && field.value.eq_ignore_ascii_case(b"keep-alive") => {}
            14 if is("content-length") => return None,
            10 if is("connection") => return None,
            17 if is("transfer-encoding") => return None,
            6 if is("expect") => return None,
            2 if is("te") => return None,
            7 if is("upgrade") => return None,
            _ => {}
        }
    }
    Some(length.unwrap_or_default())
}

/// A number that is nothing but digits, and not absurd.
fn number(digits: &[u8]) -> Option<usize> {
    let is_number = (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| {
        let add = |sum, digit: &u8| sum * 10 + usize::from(digit - b'0');
        digits.iter().fold(0, add)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn see(bytes: &[u8]) -> String {
        match look(bytes, &Settings::default()) {
            Found::Part => "part".to_owned(),
            Found::Head(length) => format!("head of {length}"),
            Found::Whole(request, length) => {
                let body = String::from_utf8_lossy(request.body()).into_owned();
                let fields: Vec<_> = (request.headers().iter())
                    .map(|(name, value)| format!("{name}={}", value.to_str().unwrap()))
                    .collect();
                let (method, uri) = (request.method(), request.uri());
                format!("{length}: {method} {uri} {} {body:?}", fields.join(","))
            }
            Found::Other => "other".to_owned(),
        }
    }

    #[test]
    fn what_is_plain_is_read() {
        for (bytes, expect) in [
            ("", "part"),
            ("POST /m HTTP/1.1\r\nHost: a\r\n", "part"),
            (
                "POST /m HTTP/1.1\r\nContent-Length: 3\r\n\r\nab",
                "head of 42",
            ),
            (
                "POST /m HTTP/1.1\r\nContent-Length: 3\r\nX:  y \r\nx: z\r\n\r\nabcGET",
                "56: POST /m content-length=3,x=y,x=z \"abc\"",
            ),
            ("GET /a?b HTTP/1.1\r\n\r\nGET", "21: GET /a?b  \"\""),
            (
                "GET / HTTP/1.1\r\nconnection: Keep-Alive\r\n\r\n",
                "42: GET / connection=Keep-Alive \"\"",
            ),
        ] {
            assert_eq!(see(bytes.as_bytes()), expect, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_others() {
        for line in [
            "HEAD / HTTP/1.1",
            "CONNECT a:1 HTTP/1.1",
            "GET / HTTP/1.0",
            "GET http://a/ HTTP/1.1",
        ] {
            assert_eq!(see(format!("{line}\r\n\r\n").as_bytes()), "other", "{line}");
        }
        for fields in [
            "content-length: 3\r\ncontent-length: 3",
            "content-length: +3",
            "content-length: ",
            "content-length: 3, 3",
            "content-length: 99999999999",
            "content-length: 16384",
            "transfer-encoding: chunked",
            "Transfer-Encoding: identity",
            "connection: close",
            "connection: keep-alive, x",
            "upgrade: websocket",
            "expect: 100-continue",
            "te: trailers",
            "x : y",
            " x: y",
            "x: a\rb",
            "x: \u{1}",
            "x y",
        ] {
            let bytes = format!("POST / HTTP/1.1\r\n{fields}\r\n\r\nabc");
            assert_eq!(see(bytes.as_bytes()), "other", "{fields:?}");
        }
        let many = "x: y\r\n".repeat(MOST_FIELDS + 1);
        assert_eq!(
            see(format!("GET / HTTP/1.1\r\n{many}\r\n").as_bytes()),
            "other"
        );
    }

    #[test]
    fn the_bounds_of_a_head_are_those_of_the_settings() {
        let mut settings = Settings {
            header_bytes: 32,
            ..Settings::default()
        };
        let head = |path: &str| format!("GET {path} HTTP/1.1\r\nx: y\r\n\r\n");
        let exact = head("/12345678");
        assert_eq!(exact.len(), 32);
        assert!(matches!(
            look(exact.as_bytes(), &settings),
            Found::Whole(_, 32)
        ));
        assert!(matches!(
            look(head("/123456789").as_bytes(), &settings),
            Found::Other
        ));
        // What is too long already is not waited for.
        let begun = &head("/12345678901234567890")[..32];
        assert!(matches!(look(begun.as_bytes(), &settings), Found::Other));
        settings.headers = 0;
        assert!(matches!(look(exact.as_bytes(), &settings), Found::Other));
    }

    proptest! {
        /// However much has come, the same request is found, or it is waited for.
        #[test]
        fn a_part_is_never_taken_for_the_whole(path in "/[a-z?=&%]{0,20}", body in "[ -~]{0,40}", after in "[ -~]{0,9}") {
            let length = body.len();
            let request = format!("POST {path} HTTP/1.1\r\nhost: h\r\ncontent-length: {length}\r\n\r\n{body}");
            let whole = see(format!("{request}{after}").as_bytes());
            prop_assert!(whole.starts_with(&format!("{}: POST {path} ", request.len())), "{whole}");
            for at in 0..request.len() {
                let part = see(&request.as_bytes()[..at]);
                let is_head = part == format!("head of {}", request.len());
                prop_assert!(part == "part" || is_head, "{at}: {part}");
            }
        }

        /// Whatever comes, no more is taken than came.
        #[test]
        fn anything_may_come(bytes in prop::collection::vec(any::<u8>(), 0..200), line in any::<bool>()) {
            let mut all = if line { b"POST / HTTP/1.1\r\n".to_vec() } else { Vec::new() };
            all.extend(bytes);
            if let Found::Whole(_, length) = look(&all, &Settings::default()) {
                prop_assert!(length <= all.len());
            }
        }
    }
}
