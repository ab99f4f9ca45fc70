//! When a way that has broken is opened again.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// How often, and how fast, a way that has broken is opened again.
///
/// One that has held for as long as `within` is opened again at once. One that breaks sooner, or cannot
/// be opened, is opened after a pause that doubles each time, up to `longest`; after `tries` such failures
/// within `within` it is given up, until the first of them is past.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Restart {
    /// How many failures are too many; 0: what has broken stays broken.
    pub tries: usize,
    /// Within how long.
    pub within: Duration,
    /// The pause after the second failure; there is none after the first.
    pub shortest: Duration,
    /// The longest pause.
    pub longest: Duration,
}

impl Default for Restart {
    fn default() -> Self {
        Self {
            tries: 5,
            within: Duration::from_secs(60),
            shortest: Duration::from_millis(200),
            longest: Duration::from_secs(10),
        }
    }
}

impl Restart {
    /// Nothing is opened again.
    #[must_use]
    pub fn never() -> Self {
        Self {
            tries: 0,
            ..Self::default()
        }
    }

    /// As often as it is wanted.
    #[must_use]
    pub fn always() -> Self {
        Self {
            tries: usize::MAX,
            ..Self::default()
        }
    }
}

/// What has gone wrong of late.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<Instant>);

/// Failures that are remembered, whatever may be tried.
const MAX_REMEMBERED: usize = 64;

/// What may be done now.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It may be opened after this pause.
    After(Duration),
    /// It has failed so many times, and may not be opened before this long.
    GivenUp(usize, Duration),
    /// It is never opened again.
    Never,
}

impl History {
    /// What was open for this long has broken.
    pub(super) fn broke(&mut self, lived: Duration, now: Instant, policy: &Restart) {
        if lived >= policy.within {
            self.0.clear();
        } else {
            self.failed(now);
        }
    }

    /// It could not be opened.
    pub(super) fn failed(&mut self, now: Instant) {
        if self.0.len() == MAX_REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(now);
    }

    pub(super) fn verdict(&mut self, now: Instant, policy: &Restart) -> Verdict {
        if policy.tries == 0 {
            return Verdict::Never;
        }
        let age = |failed: &Instant| now.duration_since(*failed);
        while self
            .0
            .front()
            .is_some_and(|failed| age(failed) >= policy.within)
        {
            self.0.pop_front();
        }
        let failures = self.0.len();
        match self.0.front() {
            Some(first) if failures >= policy.tries => {
                Verdict::GivenUp(failures, policy.within.saturating_sub(age(first)))
            }
            _ => Verdict::After(pause(failures, policy)),
        }
    }
}

fn pause(failures: usize, policy: &Restart) -> Duration {
    let Some(doublings) = failures.checked_sub(2) else {
        return Duration::ZERO;
    };
    let factor = 1_u32 << doublings.min(20);
    policy.shortest.saturating_mul(factor).min(policy.longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What may be done after failures at these seconds, at the last of them.
    fn check(failures: &[u64], expect: &Verdict) {
        let (start, policy) = (Instant::now(), Restart::default());
        let mut history = History::default();
        let at = |second| start + Duration::from_secs(second);
        for second in failures {
            history.failed(at(*second));
        }
        let now = at(failures.last().copied().unwrap_or_default());
        assert_eq!(history.verdict(now, &policy), *expect);
    }

    #[test]
    fn pauses_double_and_there_is_an_end() {
        let after = |millis| Verdict::After(Duration::from_millis(millis));
        check(&[], &after(0));
        check(&[0], &after(0));
        check(&[0, 1], &after(200));
        check(&[0, 1, 2], &after(400));
        check(&[0, 1, 2, 3], &after(800));
        check(
            &[0, 1, 2, 3, 4],
            &Verdict::GivenUp(5, Duration::from_secs(56)),
        );
        check(&[0, 10, 20, 30, 70], &after(400));
    }

    #[test]
    fn what_has_held_long_is_forgiven() {
        let (now, policy) = (Instant::now(), Restart::default());
        let mut history = History::default();
        (0..5).for_each(|_| history.failed(now));
        history.broke(Duration::from_secs(60), now, &policy);
        let verdict = history.verdict(now, &policy);
        assert_eq!(verdict, Verdict::After(Duration::ZERO));
        assert_eq!(history.verdict(now, &Restart::never()), Verdict::Never);
    }

    #[test]
    fn a_pause_is_never_longer_than_it_may_be() {
        let many = usize::MAX;
        let longest = super::pause(many, &Restart::always());
        assert_eq!(longest, Restart::default().longest);
    }
}
