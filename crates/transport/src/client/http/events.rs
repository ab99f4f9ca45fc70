//! An event stream, read piece by piece.

use std::time::Duration;

use bytes::{Buf, Bytes};
use memchr::{memchr, memchr2};

/// How long the name of an event, its id or a comment may be beside its data.
const LINE: usize = 16 * 1024;

/// What a server wants us to wait at most: a day.
const LONGEST_RETRY: Duration = Duration::from_secs(24 * 3600);

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its name; empty for the usual `message`.
    pub(crate) name: Bytes,
    /// Its data, lines joined by line feeds.
    pub(crate) data: Bytes,
    /// Whether it has an id of its own ([`Events::last_id`]).
    pub(crate) has_id: bool,
}

impl Event {
    /// Whether it carries a message.
    pub(crate) fn is_message(&self) -> bool {
        !self.data.is_empty() && (self.name.is_empty() || self.name == "message"[..])
    }
}

/// More than may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Reads an event stream as HTML has it: fed with pieces, however they are cut, it gives events.
///
/// Data on one line that comes in one piece is not copied.
#[derive(Debug)]
pub(crate) struct Events {
    /// How large the data of one event may be.
    most: usize,
    /// What has been fed and not been read.
    piece: Bytes,
    /// The beginning of a line whose end has not been fed yet.
    begun: Vec<u8>,
    /// The last line ended with a carriage return: a line feed right after it belongs to it.
    is_after_cr: bool,
    is_first_line: bool,
    name: Bytes,
    data: Lines,
    id: Option<Bytes>,
    last_id: Option<Bytes>,
    retry: Option<Duration>,
}

/// The data of the event that is being read.
#[derive(Debug, Default)]
enum Lines {
    #[default]
    None,
    One(Bytes),
    Many(Vec<u8>),
}

impl Events {
    /// Reads events with data of at most `most` bytes.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            piece: Bytes::new(),
            begun: Vec::new(),
            is_after_cr: false,
            is_first_line: true,
            name: Bytes::new(),
            data: Lines::None,
            id: None,
            last_id: None,
            retry: None,
        }
    }

    /// The next piece. What was fed before must have been read.
    pub(crate) fn feed(&mut self, piece: Bytes) {
        debug_assert!(
            self.piece.is_empty(),
            "what was fed before has not been read"
        );
        self.piece = piece;
    }

    /// The next event; `None` when more has to be fed first.
    ///
    /// # Errors
    /// When a line or an event is too large. Nothing more can be read then.
    pub(crate) fn next(&mut self) -> Result<Option<Event>, TooLarge> {
        while let Some(line) = self.line()? {
            if line.is_empty() {
                if let Some(event) = self.finish() {
                    return Ok(Some(event));
                }
            } else {
                self.field(&line)?;
            }
        }
        Ok(None)
    }

    /// The id of the last event that was whole, by which a stream can be taken up again.
    pub(crate) fn last_id(&self) -> Option<&Bytes> {
        self.last_id.as_ref()
    }

    /// How long the server wants nobody to come back, as it has said last.
    pub(crate) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// The next line that is whole, without its end.
    fn line(&mut self) -> Result<Option<Bytes>, TooLarge> {
        if self.is_after_cr && !self.piece.is_empty() {
            self.is_after_cr = false;
            if self.piece[0] == b'\n' {
                self.piece.advance(1);
            }
        }
        let Some(end) = memchr2(b'\n', b'\r', &self.piece) else {
            self.begin()?;
            return Ok(None);
        };
        if self.begun.len() + end > self.longest_line() {
            return Err(TooLarge);
        }
        self.is_after_cr = self.piece[end] == b'\r';
        let mut line = self.piece.split_to(end);
        self.piece.advance(1);
        if !self.begun.is_empty() {
            let mut whole = std::mem::take(&mut self.begun);
            whole.extend_from_slice(&line);
            line = whole.into();
        }
        if std::mem::take(&mut self.is_first_line) && line.starts_with(b"\xef\xbb\xbf") {
            line.advance(3);
        }
        Ok(Some(line))
    }

    /// Keeps what is there of a line.
    fn begin(&mut self) -> Result<(), TooLarge> {
        if self.begun.len() + self.piece.len() > self.longest_line() {
            return Err(TooLarge);
        }
        self.begun.extend_from_slice(&self.piece);
        self.piece.clear();
        Ok(())
    }

    fn longest_line(&self) -> usize {
        self.most.saturating_add(LINE)
    }

    fn field(&mut self, line: &Bytes) -> Result<(), TooLarge> {
        let (name, value) = match memchr(b':', line) {
            // A comment.
            Some(0) => return Ok(()),
            Some(colon) => {
                let rest = line.slice(colon + 1..);
                let value = match rest.first() {
                    Some(b' ') => rest.slice(1..),
                    _ => rest,
                };
                (&line[..colon], value)
            }
            None => (&line[..], Bytes::new()),
        };
        match name {
            b"data" => return self.add(value),
            b"event" if value.len() > LINE => return Err(TooLarge),
            b"event" => self.name = value,
            b"id" if value.len() > LINE => return Err(TooLarge),
            b"id" if !value.contains(&0) => self.id = Some(value),
            b"retry" => {
                if let Some(retry) = milliseconds(&value) {
                    self.retry = Some(retry);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, line: Bytes) -> Result<(), TooLarge> {
        let most = self.most;
        self.data = match std::mem::take(&mut self.data) {
            Lines::None if line.len() > most => return Err(TooLarge),
            Lines::None => Lines::One(line),
            Lines::One(first) => {
                let mut all = Vec::with_capacity(first.len() + 1 + line.len());
                all.extend_from_slice(&first);
                Lines::Many(joined(all, &line, most)?)
            }
            Lines::Many(all) => Lines::Many(joined(all, &line, most)?),
        };
        Ok(())
    }

    /// The event that has been read; none where it had no data.
    fn finish(&mut self) -> Option<Event> {
        let has_id = self.id.is_some();
        if has_id {
            self.last_id = self.id.take();
        }
        let name = std::mem::take(&mut self.name);
        let data = match std::mem::take(&mut self.data) {
            Lines::None => return None,
            Lines::One(data) => data,
            Lines::Many(data) => data.into(),
        };
        Some(Event { name, data, has_id })
    }
}

fn joined(mut all: Vec<u8>, line: &[u8], most: usize) -> Result<Vec<u8>, TooLarge> {
    if all.len() + 1 + line.len() > most {
        return Err(TooLarge);
    }
    all.push(b'\n');
    all.extend_from_slice(line);
    Ok(all)
}

fn milliseconds(text: &[u8]) -> Option<Duration> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = std::str::from_utf8(text).ok()?.parse();
    // A number that does not even fit is as long as it gets.
    let retry = number.map_or(LONGEST_RETRY, Duration::from_millis);
    Some(retry.min(LONGEST_RETRY))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, PartialEq, Eq)]
    struct Read {
        events: Vec<(String, String)>,
        last_id: Option<String>,
        retry: Option<Duration>,
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, most: usize) -> Result<Read, TooLarge> {
        let mut events = Events::new(most);
        let mut found = Vec::new();
        for piece in pieces {
            events.feed(Bytes::copy_from_slice(piece));
            while let Some(event) = events.next()? {
                found.push((text(&event.name), text(&event.data)));
            }
        }
        Ok(Read {
            events: found,
            last_id: events.last_id().map(|id| text(id)),
            retry: events.retry(),
        })
    }

    /// What a stream says, whole and byte by byte.
    fn check(stream: &str, expect: &[(&str, &str)], last_id: Option<&str>, retry: Option<u64>) {
        let expect = Read {
            events: (expect.iter())
                .map(|(name, data)| ((*name).to_owned(), (*data).to_owned()))
                .collect(),
            last_id: last_id.map(str::to_owned),
            retry: retry.map(Duration::from_millis),
        };
        let whole = read([stream.as_bytes()], 1000);
        assert_eq!(whole.as_ref(), Ok(&expect), "{stream:?}");
        assert_eq!(read(stream.as_bytes().chunks(1), 1000), whole, "{stream:?}");
    }

    #[test]
    fn events_are_read_as_the_standard_has_it() {
        check("data: a\n\n", &[("", "a")], None, None);
        check("\u{feff}data: a\n\n", &[("", "a")], None, None);
        check(
            "data:a\r\rdata: b\r\n\r\n",
            &[("", "a"), ("", "b")],
            None,
            None,
        );
        check(
            "data: a\ndata\ndata:  b\n\n",
            &[("", "a\n\n b")],
            None,
            None,
        );
        check(
            "event: x\ndata: a\n\ndata: b\n\n",
            &[("x", "a"), ("", "b")],
            None,
            None,
        );
        check(": hello\n\n:\n\ndata: a\n\n", &[("", "a")], None, None);
        check("unknown: x\ndatum\n\n", &[], None, None);
        check("event: x\n\ndata: a\n\n", &[("", "a")], None, None);
        check("data: unfinished\n", &[], None, None);
        check("\n\n\r\n\n", &[], None, None);
    }

    #[test]
    fn an_id_counts_once_its_event_is_whole() {
        check("id: 7\ndata\n\n", &[("", "")], Some("7"), None);
        check("id: 7\n\nid: 8\n", &[], Some("7"), None);
        check("id: 7\n\nid\n\n", &[], Some(""), None);
        check("id: 7\n\nid: 8\0\n\n", &[], Some("7"), None);
    }

    #[test]
    fn a_pause_is_a_number() {
        check("retry: 500\n\n", &[], None, Some(500));
        check(
            "retry: 500\nretry: x\nretry: -1\nretry:\n\n",
            &[],
            None,
            Some(500),
        );
        let day = 24 * 3600 * 1000;
        check("retry: 99999999999999999999999\n\n", &[], None, Some(day));
    }

    #[test]
    fn what_is_too_large_is_not_read() {
        let event = |n: usize| format!("data: {}\n\n", "x".repeat(n));
        assert!(read([event(100).as_bytes()], 100).is_ok());
        assert_eq!(read([event(101).as_bytes()], 100), Err(TooLarge));
        let lines = "data: 0123456789\n".repeat(1000);
        assert_eq!(read([lines.as_bytes()], 100), Err(TooLarge));
        let name = format!("event: {}\n", "x".repeat(LINE + 1));
        assert_eq!(read([name.as_bytes()], 100), Err(TooLarge));
        // A line without an end does not grow, either.
        let piece = [b'x'; 1000];
        assert_eq!(read((0..1000).map(|_| &piece[..]), 100), Err(TooLarge));
    }

    proptest! {
        /// However a stream is cut, it says the same.
        #[test]
        fn cuts_do_not_matter(
            lines in proptest::collection::vec(
                "(data|id|event|retry|x)?(:)?( )?[a-c0-9\u{0}é]{0,4}(\r\n|\n|\r)(\n)?", 0..20),
            cuts in proptest::collection::vec(0usize..200, 0..8),
        ) {
            let stream = lines.concat().into_bytes();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|cut| &stream[cut[0]..cut[1]]);
            prop_assert_eq!(read(pieces, 1000), read([&stream[..]], 1000));
        }
    }
}
