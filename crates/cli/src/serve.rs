//! What those who serve see of the calls that come.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use fmcp::{Call, Middleware, Next, Reply, Result};

use crate::terminal::{Output, clean, style};

/// Tells of every call: what it was, how it ended, how long it took.
pub(crate) struct Shown {
    out: Output,
    /// When the present second began, and how many calls it has seen.
    second: Mutex<(Instant, u32)>,
}

/// How many calls are shown in a second: nobody reads more.
const MOST: u32 = 20;

impl Shown {
    pub(crate) fn new(out: &Output) -> Self {
        Self {
            out: out.clone(),
            second: Mutex::new((Instant::now(), 0)),
        }
    }

    /// Whether one more is to be shown in this second.
    fn has_room(&self) -> bool {
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        if second.0.elapsed() >= Duration::from_secs(1) {
            let left_out = second.1.saturating_sub(MOST);
            if left_out > 0 {
                self.out.note(&format!("… and {left_out} more"));
            }
            *second = (Instant::now(), 0);
        }
        second.1 += 1;
        second.1 <= MOST
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
        if !self.has_room() {
            return reply;
        }
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
