//! Moments that fit into an atomic number.

use std::{sync::LazyLock, time::Duration};

use tokio::time::Instant;

/// When this process began to count the time.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A moment, in milliseconds as this process counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

impl Moment {
    pub(crate) fn now() -> Self {
        // Before the clock is looked at, so that none is before it.
        let start = *START;
        let since = Instant::now().saturating_duration_since(start);
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    pub(crate) fn of_millis(millis: u64) -> Self {
        Self(millis)
    }

    pub(crate) fn millis(self) -> u64 {
        self.0
    }

    /// How long it is after `earlier`.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// So much later.
    pub(crate) fn after(self, time: Duration) -> Self {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn moments_follow_each_other() {
        let first = Moment::now();
        tokio::time::advance(Duration::from_millis(1_500)).await;
        let second = Moment::now();
        assert_eq!(second.since(first), Duration::from_millis(1_500));
        assert_eq!(first.since(second), Duration::ZERO);
        assert_eq!(first.after(Duration::from_millis(1_500)), second);
        assert_eq!(Moment::of_millis(second.millis()), second);
        assert!(first.after(Duration::MAX) > second);
    }
}
