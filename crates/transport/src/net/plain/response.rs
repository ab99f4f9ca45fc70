//! How a response is written.

use std::{
    io::Write as _,
    time::{Duration, UNIX_EPOCH},
};

use http::{HeaderName, StatusCode, header, response::Parts};

/// How the body of a response is told from what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none, and nothing tells its length.
    Nothing,
    /// It has so many bytes.
    Length(u64),
    /// It comes in chunks.
    Chunks,
}

impl Framing {
    /// How a body is told of that knows its own length, or does not: then the head may.
    pub(super) fn of(head: &Parts, exact: Option<u64>) -> Self {
        if matches!(
            head.status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        ) {
            return Self::Nothing;
        }
        let said = || {
            let said = head.headers.get(header::CONTENT_LENGTH)?;
            said.to_str().ok()?.parse().ok()
        };
        exact.or_else(said).map_or(Self::Chunks, Self::Length)
    }
}

/// Whether whoever made a response wants its connection to end.
pub(super) fn closes(head: &Parts) -> bool {
    let said = head.headers.get_all(header::CONNECTION).iter();
    said.filter_map(|said| said.to_str().ok())
        .flat_map(|said| said.split(','))
        .any(|option| option.trim().eq_ignore_ascii_case("close"))
}

/// The date as heads have it, written anew once a second.
#[derive(Default)]
pub(super) struct Date {
    second: u64,
    text: String,
}

impl Date {
    pub(super) fn at(&mut self, second: u64) -> &[u8] {
        if self.second != second || self.text.is_empty() {
            self.second = second;
            self.text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(second));
        }
        self.text.as_bytes()
    }
}

/// Writes a head. How its body is told is ours to say, and that the connection `closes` if the head does not.
pub(super) fn write_head(
    out: &mut Vec<u8>,
    head: &Parts,
    framing: Framing,
    closes: bool,
    date: &[u8],
) {
    if head.status == StatusCode::OK {
        out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
    } else {
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(head.status.as_str().as_bytes());
        out.push(b' ');
        let reason = head.status.canonical_reason().unwrap_or("<none>");
        out.extend_from_slice(reason.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    let mut has_date = false;
    for (name, value) in &head.headers {
        match *name {
            header::CONTENT_LENGTH | header::TRANSFER_ENCODING => continue,
            header::CONNECTION if closes => continue,
            header::DATE => has_date = true,
            _ => {}
        }
        field(out, name, value.as_bytes());
    }
    match framing {
        Framing::Nothing => {}
        // Nothing can go wrong in writing to memory.
        Framing::Length(length) => {
            let _ = write!(out, "content-length: {length}\r\n");
        }
        Framing::Chunks => field(out, &header::TRANSFER_ENCODING, b"chunked"),
    }
    if closes {
        field(out, &header::CONNECTION, b"close");
    }
    if !has_date {
        field(out, &header::DATE, date);
    }
    out.extend_from_slice(b"\r\n");
}

fn field(out: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}
