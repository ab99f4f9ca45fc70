//! Thins out what a handler tells faster than anybody can read.

use std::{collections::HashMap, time::Duration};

use fmcp_core::{
    Notice, Raw,
    protocol::model::{LogLevel, LogMessageParams, ProgressParams, ProgressToken},
};
use tokio::time::Instant;

/// How many calls may report progress at once before the reports of further ones are left out.
const MAX_TOKENS: usize = 16_384;

/// The time over which log messages are counted.
const SECOND: Duration = Duration::from_secs(1);

/// How fast is fast enough.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// The least time between two progress reports of one call.
    pub progress_every: Duration,
    /// The most log messages within one second.
    pub logs_per_second: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            progress_every: Duration::from_millis(50),
            logs_per_second: 500,
        }
    }
}

impl Rates {
    /// Everything goes on that the protocol allows.
    pub const UNLIMITED: Self = Self {
        progress_every: Duration::ZERO,
        logs_per_second: u32::MAX,
    };
}

/// What becomes of a notice.
#[derive(Debug)]
pub enum Verdict {
    /// It goes on.
    Pass,
    /// It goes on, behind a message that says how many were left out before it.
    PassAfter(Box<Notice>),
    /// It is left out.
    Drop,
}

/// Decides for one peer which notices go on.
///
/// Of each call's progress reports the first goes on, one in each span of time, and the one that says
/// that all is done; never one that does not say more than the last, which the protocol forbids. Log
/// messages go on up to a number per second; the next one that does says how many did not. Everything
/// else goes on. It holds nothing back for later, and it does not send.
#[derive(Debug)]
pub struct Throttle {
    rates: Rates,
    reports: HashMap<ProgressToken, Report>,
    logs: Window,
}

/// The last report of a call that went on.
#[derive(Clone, Copy, Debug)]
struct Report {
    at: Instant,
    progress: f64,
    done: bool,
}

/// The log messages of the second that is running.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    since: Option<Instant>,
    sent: u32,
    dropped: u64,
}

impl Throttle {
    /// Nothing has gone on yet.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        Self {
            rates,
            reports: HashMap::new(),
            logs: Window::default(),
        }
    }

    /// What becomes of `notice`, which came `now`.
    pub fn judge(&mut self, notice: &Notice, now: Instant) -> Verdict {
        match notice {
            Notice::Progress(report) => self.judge_report(report, now),
            Notice::Log(_) => match self.logs.admit(now, self.rates.logs_per_second) {
                None => Verdict::Drop,
                Some(0) => Verdict::Pass,
                Some(dropped) => Verdict::PassAfter(Box::new(left_out(dropped))),
            },
            _ => Verdict::Pass,
        }
    }

    /// The call that reported by this token is over: another may take it, and begins anew.
    pub fn forget(&mut self, token: &ProgressToken) {
        self.reports.remove(token);
    }

    fn judge_report(&mut self, report: &ProgressParams, now: Instant) -> Verdict {
        let token = &report.progress_token;
        let every = self.rates.progress_every;
        let report = Report {
            at: now,
            progress: report.progress.as_f64(),
            done: is_done(report),
        };
        if !goes_on(self.reports.get(token), &report, every) {
            return Verdict::Drop;
        }
        if self.reports.len() >= MAX_TOKENS && !self.reports.contains_key(token) {
            // What lies further back than one span decides nothing any more.
            self.reports
                .retain(|_, last| now.duration_since(last.at) < every);
            if self.reports.len() >= MAX_TOKENS {
                return Verdict::Drop;
            }
        }
        self.reports.insert(token.clone(), report);
        Verdict::Pass
    }
}

/// Whether a report goes on, by the last one that did.
fn goes_on(last: Option<&Report>, report: &Report, every: Duration) -> bool {
    last.is_none_or(|last| {
        let in_time = report.at.duration_since(last.at) >= every || (report.done && !last.done);
        in_time && report.progress > last.progress
    })
}

fn is_done(report: &ProgressParams) -> bool {
    report
        .total
        .as_ref()
        .is_some_and(|total| report.progress.as_f64() >= total.as_f64())
}

impl Window {
    /// Whether a message goes on, and how many were left out before it.
    fn admit(&mut self, now: Instant, limit: u32) -> Option<u64> {
        let running = self
            .since
            .is_some_and(|since| now.duration_since(since) < SECOND);
        if !running {
            let dropped = self.dropped;
            *self = Self {
                since: Some(now),
                sent: 1,
                dropped: 0,
            };
            return Some(dropped);
        }
        if self.sent >= limit {
            self.dropped += 1;
            return None;
        }
        self.sent += 1;
        Some(0)
    }
}

fn left_out(count: u64) -> Notice {
    let words = format!("{count} log messages came too fast and were left out");
    let mut message =
        LogMessageParams::new(LogLevel::Warning, Raw::from(serde_json::Value::from(words)));
    message.logger = Some("fmcp".to_owned());
    Notice::Log(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn of_reports_the_first_the_last_and_one_in_each_span_go_on() {
        let start = Instant::now();
        // At which millisecond, how far of ten, and whether it goes on.
        for (name, reports) in [
            ("one", &[(0, 1.0, true)][..]),
            (
                "a tight loop",
                &[
                    (0, 1.0, true),
                    (1, 2.0, false),
                    (49, 3.0, false),
                    (50, 4.0, true),
                ],
            ),
            ("the end is told", &[(0, 9.0, true), (1, 10.0, true)]),
            (
                "the end is told once",
                &[
                    (0, 10.0, true),
                    (1, 10.0, false),
                    (2, 11.0, false),
                    (50, 10.0, false),
                    (51, 12.0, true),
                ],
            ),
            (
                "what does not grow",
                &[
                    (0, 5.0, true),
                    (60, 5.0, false),
                    (120, 4.0, false),
                    (180, 6.0, true),
                ],
            ),
            (
                "slow ones",
                &[(0, 1.0, true), (60, 2.0, true), (120, 3.0, true)],
            ),
        ] {
            let mut throttle = Throttle::new(Rates::default());
            for (at, done, expect) in reports {
                let report = ProgressParams::new(1, *done).total(10);
                let verdict = throttle.judge(&Notice::Progress(report), after(start, *at));
                assert_eq!(
                    matches!(verdict, Verdict::Pass),
                    *expect,
                    "{name}: {done} at {at} ms"
                );
            }
        }
    }

    #[test]
    fn calls_are_thinned_out_apart() {
        let (mut throttle, now) = (Throttle::new(Rates::default()), Instant::now());
        for token in 0..3 {
            let report = Notice::Progress(ProgressParams::new(token, 1));
            assert!(matches!(throttle.judge(&report, now), Verdict::Pass));
            assert!(matches!(throttle.judge(&report, now), Verdict::Drop));
        }
    }

    #[test]
    fn a_token_that_is_used_again_begins_anew() {
        let (mut throttle, now) = (Throttle::new(Rates::default()), Instant::now());
        let report = |done: u64| Notice::Progress(ProgressParams::new(1, done));
        assert!(matches!(throttle.judge(&report(9), now), Verdict::Pass));
        throttle.forget(&ProgressToken::from(1));
        assert!(matches!(throttle.judge(&report(1), now), Verdict::Pass));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (mut throttle, start) = (Throttle::new(Rates::default()), Instant::now());
        let report =
            |token: usize| Notice::Progress(ProgressParams::new(i64::try_from(token).unwrap(), 1));
        for token in 0..MAX_TOKENS {
            assert!(matches!(
                throttle.judge(&report(token), start),
                Verdict::Pass
            ));
        }
        assert!(matches!(
            throttle.judge(&report(MAX_TOKENS), start),
            Verdict::Drop
        ));
        let later = after(start, 50);
        assert!(matches!(
            throttle.judge(&report(MAX_TOKENS), later),
            Verdict::Pass
        ));
        assert_eq!(throttle.reports.len(), 1);
    }

    #[test]
    fn logs_are_counted_by_the_second() {
        let (mut window, start) = (Window::default(), Instant::now());
        for (at, expect) in [
            (0, Some(0)),
            (10, Some(0)),
            (20, None),
            (999, None),
            (1_000, Some(2)),
            (1_001, Some(0)),
            (1_002, None),
            (9_000, Some(1)),
        ] {
            assert_eq!(window.admit(after(start, at), 2), expect, "at {at} ms");
        }
    }

    #[test]
    fn the_next_message_says_how_many_were_left_out() {
        let (start, log) = (
            Instant::now(),
            Notice::Log(LogMessageParams::new(LogLevel::Info, Raw::empty_object())),
        );
        let mut throttle = Throttle::new(Rates {
            logs_per_second: 1,
            ..Rates::default()
        });
        assert!(matches!(throttle.judge(&log, start), Verdict::Pass));
        assert!(matches!(throttle.judge(&log, start), Verdict::Drop));
        match throttle.judge(&log, after(start, 1_000)) {
            Verdict::PassAfter(notice) => match *notice {
                Notice::Log(message) => {
                    assert!(message.data.as_str().starts_with("\"1 log message"));
                }
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
}
