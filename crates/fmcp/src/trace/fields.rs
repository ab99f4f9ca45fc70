//! The fields of spans and events as JSON, bounded.

use std::fmt::{self, Write};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};

/// How long a text may be, in bytes; the rest is left out.
const MAX_TEXT: usize = 4_096;

/// How many fields are taken.
const MAX_FIELDS: usize = 64;

/// Fields, by their names.
#[derive(Debug, Default)]
pub(super) struct Fields(pub(super) Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        if self.0.len() < MAX_FIELDS {
            self.0.insert(field.name().to_owned(), value.into());
        }
    }
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, bounded(format_args!("{value}")));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, bounded(format_args!("{value}")));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, bounded(format_args!("{value:?}")));
    }
}

/// As much of a text as there is room for. Of a longer one, no more is written than that.
fn bounded(text: fmt::Arguments<'_>) -> String {
    let mut room = Room(String::new());
    if room.write_fmt(text).is_err() {
        room.0.push('…');
    }
    room.0
}

struct Room(String);

impl Write for Room {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_TEXT - self.0.len();
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        let end = text.floor_char_boundary(room);
        self.0.push_str(&text[..end]);
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = "é".repeat(MAX_TEXT);
        let cut = bounded(format_args!("{long}"));
        assert_eq!(cut.len(), MAX_TEXT + '…'.len_utf8());
        let fits = "é".repeat(MAX_TEXT / 2);
        assert_eq!(bounded(format_args!("{fits}")), fits);
        let odd = format!("x{long}");
        assert_eq!(
            bounded(format_args!("{odd}"))
                .chars()
                .filter(|c| *c == 'é')
                .count(),
            MAX_TEXT / 2 - 1
        );
    }
}
