//! How long a client waits for an answer.

use std::{future::pending, time::Duration};

use tokio::{sync::Notify, time::Instant};

/// How long a client waits for the answer to one try of a call, unless it is told otherwise.
const PER_CALL: Duration = Duration::from_secs(60);

/// How long a call that reports progress may take in all, unless it is told otherwise.
const TOTAL: Duration = Duration::from_secs(60 * 60);

/// How long a client waits for an answer. Without any word about it, a minute.
///
/// ```
/// use std::time::Duration;
/// use fmcp::{CallOptions, Timeout};
///
/// // A long job may go on for ten minutes, if it says every half a minute that it does.
/// let patient = Timeout::per_call(Duration::from_secs(30))
///     .reset_on_progress()
///     .total(Duration::from_secs(600));
/// let options = CallOptions::new().timeout(patient);
/// // A duration alone is the limit of each call, and `None` is no limit.
/// let brief = CallOptions::new().timeout(Duration::from_secs(5));
/// let endless = CallOptions::new().timeout(None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout {
    per_call: Option<Duration>,
    resets: bool,
    total: Option<Duration>,
}

impl Timeout {
    /// As long as it takes.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            per_call: None,
            resets: false,
            total: None,
        }
    }

    /// At most this long for each call. Where a call is tried again ([`Retry`](crate::Retry)), it counts
    /// for each try.
    #[must_use]
    pub const fn per_call(limit: Duration) -> Self {
        Self {
            per_call: Some(limit),
            resets: false,
            total: None,
        }
    }

    /// Begins the wait anew whenever the server reports progress; in all it ends after an hour, or what
    /// [`Timeout::total`] says.
    #[must_use]
    pub const fn reset_on_progress(mut self) -> Self {
        self.resets = true;
        self
    }

    /// At most this long in all: with every try, every pause between them, and every question of the
    /// server's that is answered on the way.
    #[must_use]
    pub const fn total(mut self, limit: Duration) -> Self {
        self.total = Some(limit);
        self
    }

    /// The limit of one call.
    pub(super) const fn first(&self) -> Option<Duration> {
        self.per_call
    }

    /// Whether progress counts.
    pub(super) const fn resets(&self) -> bool {
        self.resets && self.per_call.is_some()
    }

    /// When everything about a call that begins now is to be over.
    pub(super) fn end(&self, now: Instant) -> End {
        let limit = match self.total {
            None if self.resets() => Some(TOTAL),
            total => total,
        };
        End(limit.and_then(|limit| Some((now.checked_add(limit)?, limit))))
    }

    /// The clock of a try that begins now.
    pub(super) fn clock(&self, end: End, now: Instant) -> Clock {
        let first = self
            .per_call
            .and_then(|limit| Some((now.checked_add(limit)?, limit)));
        Clock {
            first,
            resets: self.resets(),
            end,
        }
    }
}

impl Default for Timeout {
    fn default() -> Self {
        Self::per_call(PER_CALL)
    }
}

impl From<Duration> for Timeout {
    fn from(limit: Duration) -> Self {
        Self::per_call(limit)
    }
}

impl From<Option<Duration>> for Timeout {
    fn from(limit: Option<Duration>) -> Self {
        limit.map_or_else(Self::none, Self::per_call)
    }
}

/// When everything about a call is to be over, and how long that was from its beginning.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct End(Option<(Instant, Duration)>);

impl End {
    /// Whether there is still time to wait for so long.
    pub(super) fn leaves(self, pause: Duration, now: Instant) -> bool {
        self.0
            .is_none_or(|(at, _)| at.saturating_duration_since(now) > pause)
    }
}

/// When one try is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    first: Option<(Instant, Duration)>,
    resets: bool,
    end: End,
}

/// How long was waited in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// For an answer.
    Answer(Duration),
    /// For any sign of life.
    Sign(Duration),
}

impl Clock {
    /// The moment after which nobody waits, whatever is heard until then.
    pub(super) fn last(&self) -> Option<Instant> {
        match (self.first, self.end.0) {
            (Some((first, _)), Some((end, _))) if !self.resets => Some(first.min(end)),
            (Some((first, _)), None) => Some(first),
            (_, end) => end.map(|(at, _)| at),
        }
    }

    /// The next moment at which the wait is over, when the last sign of life was at `heard`.
    fn next(&self, heard: Option<Instant>) -> Option<(Instant, Waited)> {
        let first = self.first.map(|(at, limit)| match heard {
            Some(heard) if self.resets => (heard.checked_add(limit).unwrap_or(at), limit),
            _ => (at, limit),
        });
        let end = self.end.0.map(|(at, limit)| (at, Waited::Answer(limit)));
        match (first, end) {
            (Some((at, _)), Some(end)) if end.0 <= at => Some(end),
            (Some((at, limit)), _) if self.resets => Some((at, Waited::Sign(limit))),
            (Some((at, limit)), _) => Some((at, Waited::Answer(limit))),
            (None, end) => end,
        }
    }

    /// Waits until nobody is to wait any more.
    pub(super) async fn run_out(&self, progress: Option<&Notify>) -> Waited {
        let mut heard = None;
        loop {
            let Some((at, waited)) = self.next(heard) else {
                return pending().await;
            };
            let sign = async {
                match progress {
                    Some(progress) => progress.notified().await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = sign => heard = Some(Instant::now()),
                () = tokio::time::sleep_until(at) => return waited,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// When a wait ends that began at 0 and last heard of progress after `heard` seconds.
    fn check(timeout: Timeout, heard: Option<u64>, expect: Option<(u64, Waited)>) {
        let now = Instant::now();
        let clock = timeout.clock(timeout.end(now), now);
        let next = clock.next(heard.map(|heard| now + s(heard)));
        assert_eq!(
            next.map(|(at, waited)| ((at - now).as_secs(), waited)),
            expect,
            "{timeout:?} {heard:?}"
        );
    }

    #[test]
    fn a_wait_ends_at_the_nearest_limit() {
        use Waited::{Answer, Sign};
        let plain = Timeout::per_call(s(5));
        check(Timeout::none(), Some(1), None);
        check(plain, None, Some((5, Answer(s(5)))));
        check(plain, Some(3), Some((5, Answer(s(5)))));
        check(plain.total(s(3)), None, Some((3, Answer(s(3)))));
        check(Timeout::none().total(s(3)), None, Some((3, Answer(s(3)))));
        let resets = plain.reset_on_progress();
        check(resets, None, Some((5, Sign(s(5)))));
        check(resets, Some(3), Some((8, Sign(s(5)))));
        check(resets, Some(3_599), Some((3_600, Answer(s(3_600)))));
        check(resets.total(s(7)), Some(3), Some((7, Answer(s(7)))));
        check(Timeout::none().reset_on_progress(), Some(3), None);
        check(Timeout::per_call(Duration::MAX), None, None);
    }

    #[test]
    fn handlers_hear_of_the_last_moment() {
        let last = |timeout: Timeout| {
            let now = Instant::now();
            let clock = timeout.clock(timeout.end(now), now);
            clock.last().map(|at| (at - now).as_secs())
        };
        assert_eq!(last(Timeout::per_call(s(5))), Some(5));
        assert_eq!(last(Timeout::per_call(s(5)).total(s(3))), Some(3));
        assert_eq!(
            last(Timeout::per_call(s(5)).reset_on_progress()),
            Some(3_600)
        );
        assert_eq!(last(Timeout::none()), None);
        assert_eq!(last(Timeout::none().total(s(3))), Some(3));
    }
}
