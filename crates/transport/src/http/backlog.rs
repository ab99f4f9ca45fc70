//! The events of one stream: those that are still to be read, and those that are kept for a reader who
//! comes back.

use std::collections::VecDeque;

use bytes::Bytes;

/// The events of one stream, as many as there is room for; the newest always.
pub(crate) struct Backlog {
    /// The stream's number in its session, once it is one that can be resumed.
    number: Option<u32>,
    events: VecDeque<Bytes>,
    /// The number of the first event that is kept; they count from one.
    first: u64,
    /// The next event to be read.
    next: u64,
    kept: usize,
    unread: usize,
}

impl Default for Backlog {
    fn default() -> Self {
        Self {
            number: None,
            events: VecDeque::new(),
            first: 1,
            next: 1,
            kept: 0,
            unread: 0,
        }
    }
}

impl Backlog {
    /// Appends an event. Without a reader, the oldest make room.
    pub(crate) fn append(&mut self, message: Bytes, replay: usize, is_read: bool) {
        // Whatever has been read, or has nobody to read it, makes room for what is new.
        let is_resumable = self.number.is_some();
        self.kept += message.len();
        self.unread += message.len();
        self.events.push_back(message);
        while self.events.len() > 1 && self.kept > replay && (self.next > self.first || !is_read) {
            self.drop_first();
        }
        if !is_resumable {
            self.drop_read();
        }
    }

    fn drop_first(&mut self) {
        if let Some(event) = self.events.pop_front() {
            self.kept -= event.len();
            if self.next == self.first {
                self.unread -= event.len();
                self.next += 1;
            }
            self.first += 1;
        }
    }

    fn drop_read(&mut self) {
        while self.first < self.next && !self.events.is_empty() {
            self.drop_first();
        }
    }

    /// Everything that is unread, as it goes over the wire.
    pub(crate) fn read(&mut self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.unread + 64);
        let skip = usize::try_from(self.next - self.first).unwrap_or(usize::MAX);
        for event in self.events.iter().skip(skip) {
            if let Some(number) = self.number {
                let id = format!("id: {number}-{}\n", self.next);
                out.extend_from_slice(id.as_bytes());
            }
            out.extend_from_slice(b"data: ");
            out.extend_from_slice(event);
            out.extend_from_slice(b"\n\n");
            self.next += 1;
        }
        self.unread = 0;
        if self.number.is_none() {
            self.drop_read();
        }
        out
    }

    /// Keeps events that have been read from now on, under this number.
    pub(crate) fn make_resumable(&mut self, number: u32) {
        self.number.get_or_insert(number);
    }

    pub(crate) fn number(&self) -> Option<u32> {
        self.number
    }

    /// How many bytes are still to be read.
    pub(crate) fn unread(&self) -> usize {
        self.unread
    }

    /// Whether there has been no event yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.events.is_empty() && self.next == 1
    }

    /// Whether there has been such an event, or it is none: the zeroth.
    pub(crate) fn knows(&self, event: u64) -> bool {
        event < self.first + self.events.len() as u64
    }

    /// Goes on after this event, or after those that are gone.
    pub(crate) fn seek(&mut self, after: u64) {
        let last = self.first + self.events.len() as u64;
        self.next = after.saturating_add(1).clamp(self.first, last);
        let skip = usize::try_from(self.next - self.first).unwrap_or(usize::MAX);
        self.unread = self.events.iter().skip(skip).map(Bytes::len).sum();
    }

    /// The only event that there has been, if nobody has read it.
    pub(crate) fn take_lone(&mut self) -> Option<Bytes> {
        if self.first != 1 || self.next != 1 || self.events.len() != 1 {
            return None;
        }
        (self.unread, self.kept) = (0, 0);
        (self.next, self.first) = (2, 2);
        self.events.pop_front()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn rest(backlog: &mut Backlog, after: u64) -> String {
        backlog.seek(after);
        String::from_utf8(backlog.read()).unwrap()
    }

    #[test]
    fn without_a_reader_the_oldest_make_room_and_the_answer_stays() {
        let mut backlog = Backlog::default();
        backlog.make_resumable(7);
        for event in 1..=20 {
            let event = format!("{event:03}{}", "x".repeat(297));
            backlog.append(event.into(), 1_000, false);
        }
        assert!(backlog.kept <= 1_000);
        backlog.append("{}".into(), 1_000, false);
        assert!(backlog.knows(0) && backlog.knows(21) && !backlog.knows(22));
        for after in [0, 5, 17] {
            let rest = rest(&mut backlog, after);
            assert!(rest.starts_with("id: 7-18\ndata: 018"), "{after}: {rest}");
            assert!(rest.ends_with("id: 7-21\ndata: {}\n\n"), "{after}: {rest}");
        }
        assert_eq!(rest(&mut backlog, 20), "id: 7-21\ndata: {}\n\n");
        assert_eq!(rest(&mut backlog, 21), "");
    }

    #[test]
    fn what_cannot_be_resumed_is_not_kept_once_it_is_read() {
        let mut backlog = Backlog::default();
        assert!(backlog.is_fresh());
        backlog.append("1".into(), 1_000, true);
        backlog.append("2".into(), 1_000, true);
        assert!(backlog.take_lone().is_none());
        assert_eq!(backlog.read(), b"data: 1\n\ndata: 2\n\n");
        assert_eq!((backlog.kept, backlog.unread()), (0, 0));
        assert!(backlog.events.is_empty() && !backlog.is_fresh());
    }

    #[test]
    fn an_answer_is_alone_where_nothing_went_before() {
        let mut backlog = Backlog::default();
        backlog.append("{}".into(), 1_000, true);
        assert_eq!(backlog.take_lone().unwrap(), "{}");
        assert!(backlog.take_lone().is_none());
        assert!(!backlog.is_fresh());
    }
}
