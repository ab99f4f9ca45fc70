//! What time it is, as the server says: this crate reads no clock.

use std::time::{Duration, Instant};

use super::Context;

/// What time it is. Part of the state that calls carry; without it, nothing is measured.
#[derive(Clone, Copy, Debug)]
pub struct Clock(pub fn() -> Instant);

impl Context {
    /// What time it is, where a server answers the call.
    pub(super) fn now(&self) -> Option<Instant> {
        self.state::<Clock>().map(|clock| (clock.0)())
    }
}

/// Thousandths of a second, to the thousandth.
pub(super) fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
