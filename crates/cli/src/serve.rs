//! What those who serve see of the calls that come.

use std::time::Instant;

use fmcp::{Call, Middleware, Next, Reply, Result};

use crate::terminal::{Output, clean, style};

/// Tells of every call: what it was, how it ended, how long it took.
pub(crate) struct Shown {
    out: Output,
}

impl Shown {
    pub(crate) fn new(out: &Output) -> Self {
        Self { out: out.clone() }
    }
}

impl Middleware for Shown {
    async fn handle(&self, call: Call, next: Next<'_>) -> Result<Reply> {
        let method = call.method().as_str().to_owned();
        let name = call
            .name()
            .map(|name| format!(" {name}"))
            .unwrap_or_default();
        let began = Instant::now();
        let reply = next.run(call).await;
        let (colour, word) = match &reply {
            Ok(_) => (style::GOOD, "ok"),
            Err(error) if error.kind() == fmcp::Kind::InputRequired => (style::NAME, "asks"),
            Err(_) => (style::ERROR, "error"),
        };
        let word = self.out.paint_note(colour, word);
        let what = clean(&format!("{method}{name}")).replace('\n', " ");
        let millis = began.elapsed().as_secs_f64() * 1e3;
        self.out.note(&format!("{what}  {word}  {millis:.1} ms"));
        reply
    }
}
