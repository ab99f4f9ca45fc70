//! For how long a claim surely lasts, and when it is to be renewed. Nothing here looks at a clock.

use tokio::time::{Duration, Instant};

/// How long to wait at the most before a queue is asked again that has failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The lease of a claim.
pub(super) struct Lease {
    length: Duration,
    until: Instant,
    next: Instant,
}

impl Lease {
    /// One that begins now.
    pub(super) fn new(length: Duration, now: Instant) -> Self {
        let mut lease = Self {
            length,
            until: now,
            next: now,
        };
        lease.renewed(now);
        lease
    }

    pub(super) fn length(&self) -> Duration {
        self.length
    }

    /// How long after the last renewal the next one is due.
    pub(super) fn beat(&self) -> Duration {
        self.length / 3
    }

    /// How long to wait before something is tried again.
    pub(super) fn pause(&self) -> Duration {
        PAUSE.min(self.length / 10)
    }

    /// Until when nobody else can have claimed the task.
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    /// When it is to be renewed.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// It was renewed: at the earliest when that was asked for.
    pub(super) fn renewed(&mut self, asked: Instant) {
        self.until = asked + self.length;
        self.next = asked + self.beat();
    }

    /// It is not known whether it was renewed.
    pub(super) fn failed(&mut self, now: Instant) {
        self.next = now + self.pause();
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        now >= self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lasts_from_the_last_renewal_that_was_good() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut lease = Lease::new(Duration::from_secs(30), begin);
        assert_eq!(lease.next(), at(10));
        lease.failed(at(15));
        assert_eq!((lease.next(), lease.until()), (at(16), at(30)));
        assert!(!lease.is_over(at(29)) && lease.is_over(at(30)));
        lease.renewed(at(16));
        assert_eq!((lease.next(), lease.until()), (at(26), at(46)));
    }
}
