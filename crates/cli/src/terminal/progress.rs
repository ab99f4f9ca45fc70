//! How far a call has got, as a bar, or as a wheel where nobody knows the end.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use fmcp::model::ProgressParams;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Output, clean};

/// How finely a bar is drawn.
const STEPS: u64 = 1_000;

/// How far a call has got. It goes from the screen when this is dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    is_bar: Mutex<bool>,
}

impl Progress {
    /// A wheel, until there is more to tell.
    pub(crate) fn new(out: &Output, what: &str) -> Self {
        let bar = out.bars().add(ProgressBar::no_length());
        bar.set_style(wheel());
        bar.set_message(clean(what).into_owned());
        if out.has_bars() {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self {
            bar,
            is_bar: Mutex::new(false),
        }
    }

    /// Shows what was reported.
    pub(crate) fn show(&self, report: &ProgressParams) {
        let (now, total) = (number(&report.progress), report.total.as_ref().map(number));
        if let Some(message) = &report.message {
            self.bar.set_message(clean(message).replace('\n', " "));
        }
        let Some(total) = total.filter(|total| *total > 0.0) else {
            return;
        };
        let mut is_bar = self.is_bar.lock().unwrap_or_else(PoisonError::into_inner);
        if !*is_bar {
            self.bar.set_length(STEPS);
            self.bar.set_style(bar());
            *is_bar = true;
        }
        drop(is_bar);
        let part = (now / total).clamp(0.0, 1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between nothing and all"
        )]
        self.bar.set_position((part * STEPS as f64).round() as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn number(number: &fmcp::core::Number) -> f64 {
    number.to_string().parse().unwrap_or_default()
}

fn wheel() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {wide_msg} {elapsed:>5}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn bar() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {percent:>3}% {wide_msg} {elapsed:>5}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
