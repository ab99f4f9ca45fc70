//! Log messages under a name, with fields, at once or gathered.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{Context, Due, report::levels};
use crate::{
    Raw,
    protocol::model::{LogLevel, LogMessageParams},
};

/// Sends log messages under a name, its category: by it clients sort them, and servers decide from which
/// level on they are sent ([`LogLevels`](super::LogLevels)).
///
/// ```
/// # async fn handler(ctx: fmcp_core::Context) {
/// let log = ctx.logger("validation").with("table", "users");
/// log.info("42 rows").await; // {"message": "42 rows", "table": "users"}
/// log.with("row", 17).warning("no name").await;
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Logger {
    context: Context,
    name: String,
    fields: Map<String, Value>,
    buffer: Option<Buffer>,
}

/// How log messages are gathered, to be sent together: so many, or after so long, or at the end of the
/// call, whatever comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    entries: usize,
    every: Duration,
}

impl Default for Buffer {
    /// 100 messages, or a second.
    fn default() -> Self {
        Self {
            entries: 100,
            every: Duration::from_secs(1),
        }
    }
}

impl Buffer {
    /// 100 messages, or a second.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many messages are sent together, at least one. However many: of one call, no more than
    /// 1,000 wait, and 256 KiB of them; what has no room is left out, and counted.
    #[must_use]
    pub fn entries(mut self, entries: usize) -> Self {
        self.entries = entries.max(1);
        self
    }

    /// Sets how long a message waits at most.
    #[must_use]
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }
}

impl Context {
    /// A logger with a name.
    #[must_use]
    pub fn logger(&self, name: impl Into<String>) -> Logger {
        Logger {
            context: self.clone(),
            name: name.into(),
            fields: Map::new(),
            buffer: None,
        }
    }
}

impl Logger {
    /// The same logger with a field that stands in each of its messages. A message with fields is an
    /// object; a text is its `message`.
    #[must_use]
    pub fn with(&self, field: impl Into<String>, value: impl Into<Value>) -> Self {
        let mut more = self.clone();
        more.fields.insert(field.into(), value.into());
        more
    }

    /// The same logger, gathering its messages.
    #[must_use]
    pub fn buffered(&self, buffer: Buffer) -> Self {
        let mut more = self.clone();
        more.buffer = Some(buffer);
        more
    }

    /// Whether a message of this level would be sent: for messages that are dear to make.
    #[must_use]
    pub fn wants(&self, level: LogLevel) -> bool {
        self.context.wants_log(level, Some(&self.name))
    }

    /// Sends a log message to the caller, if it wants messages of this level.
    pub async fn log(&self, level: LogLevel, data: impl Into<Value>) {
        let data = data.into();
        let gathers = self
            .buffer
            .and_then(|buffer| Some((buffer, self.context.outbox()?)));
        let Some((buffer, outbox)) = gathers else {
            let data = with_fields(data, &self.fields);
            return self.context.send_log(level, Some(&self.name), data).await;
        };
        if !outbox.wants(level, Some(&self.name)) {
            return;
        }
        let data = Raw::from(with_fields(data, &self.fields));
        let message = LogMessageParams::new(level, data).logger(self.name.clone());
        let now = self.context.now();
        let due = now.and_then(|now| now.checked_add(buffer.every));
        outbox.push(message, due.map_or(Due::AtTheEnd, Due::At));
        if outbox.len() >= buffer.entries {
            outbox.flush().await;
        }
    }

    /// Sends what this call has gathered.
    pub async fn flush(&self) {
        if let Some(outbox) = self.context.outbox() {
            outbox.flush().await;
        }
    }
}

/// What is said, with the fields beside it. What the message says itself comes first.
fn with_fields(data: Value, fields: &Map<String, Value>) -> Value {
    if fields.is_empty() {
        return data;
    }
    let mut all = match data {
        Value::Object(all) => all,
        data => Map::from_iter([("message".to_owned(), data)]),
    };
    for (field, value) in fields {
        all.entry(field).or_insert_with(|| value.clone());
    }
    Value::Object(all)
}

levels!(Logger);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_stand_beside_what_is_said() {
        let fields = Map::from_iter([("a".to_owned(), json!(1))]);
        for (data, fields, expect) in [
            (json!("m"), &Map::new(), json!("m")),
            (json!("m"), &fields, json!({"message": "m", "a": 1})),
            (json!({"b": 2}), &fields, json!({"b": 2, "a": 1})),
            (json!({"a": 2}), &fields, json!({"a": 2})),
            (json!([1]), &fields, json!({"message": [1], "a": 1})),
        ] {
            assert_eq!(with_fields(data, fields), expect);
        }
    }
}
