//! Calls that are made again.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use fmcp_transport::client::Backoff;
use tokio::time::Instant;

use super::error::ClientError;

/// The first pause before a call is made again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// The longest pause that a server may ask for. A call that is to wait longer fails.
const LONGEST: Duration = Duration::from_secs(60);

/// How many calls can be made again at once before calls that succeed have to make up for them.
const RESERVE: f64 = 10.0;

/// What one call adds to what may be made again: one more for ten calls.
const PER_CALL: f64 = 0.1;

/// And one more each ten seconds, so that somebody who seldom calls is not left without.
const PER_SECOND: f64 = 0.1;

/// Whether calls that fail are made again. Without any word about it, they are not.
///
/// Made again is only what is safe to repeat: lists, resources, prompts, completions and pings, and tools that
/// say that they only read or are idempotent, as far as the client has listed them; other calls only
/// where it is certain that the server has not seen them. And only what may succeed later: a server that
/// cannot be reached, is overloaded, or did not answer in time.
///
/// The pauses between grow, and differ at random; a server that says when it wants to be asked again
/// is waited for. All calls of a client together may be made again about once for every ten calls, so that
/// a server that is down is not stormed.
///
/// ```
/// use std::time::Duration;
/// use fmcp::{Client, Retry, Server};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
/// let server = Server::new("s");
/// let client = Client::builder(&server).retry(Retry::transient(3)).connect().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    more: u32,
    first: Duration,
    longest: Duration,
}

impl Retry {
    /// Nothing is made again.
    #[must_use]
    pub const fn none() -> Self {
        Self::transient(0)
    }

    /// Makes a call up to `more` times again, where the reason why it failed may pass.
    #[must_use]
    pub const fn transient(more: u32) -> Self {
        Self {
            more,
            first: PAUSES.0,
            longest: PAUSES.1,
        }
    }

    /// Sets the first pause, and the longest: each is twice as long as the one before. Without it, they go
    /// from a tenth of a second to ten seconds.
    #[must_use]
    pub const fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.first = first;
        self.longest = longest;
        self
    }

    /// Whether anything is made again.
    pub(super) const fn is_on(&self) -> bool {
        self.more > 0
    }

    /// The pauses between the tries of one call.
    pub(super) const fn pauses(&self) -> Backoff {
        Backoff::new(self.first, self.longest)
    }

    /// Whether a call is made again that has failed `failed` times, the last time with `failure`.
    pub(super) fn may_repeat(&self, failed: u32, failure: Failure, is_repeatable: bool) -> bool {
        let is_soon = failure.wants.is_none_or(|wants| wants <= LONGEST);
        let is_safe = is_repeatable || failure.is_unsent;
        failed <= self.more && failure.may_pass && is_safe && is_soon
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::none()
    }
}

/// What counts about a failure.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Failure {
    may_pass: bool,
    is_unsent: bool,
    wants: Option<Duration>,
}

impl Failure {
    /// How long the server wants not to be asked.
    pub(super) const fn wants(&self) -> Option<Duration> {
        self.wants
    }

    pub(super) fn of(error: &ClientError) -> Self {
        let (is_unsent, wants) = match error {
            ClientError::Call { error, .. } => (error.is_unsent(), error.pause()),
            _ => (false, None),
        };
        Self {
            may_pass: error.is_retryable(),
            is_unsent,
            wants,
        }
    }
}

/// What all calls of a client may be made again.
#[derive(Debug)]
pub(super) struct Budget(Mutex<Tokens>);

#[derive(Clone, Copy, Debug)]
struct Tokens {
    left: f64,
    at: Instant,
}

impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new(Tokens {
            left: RESERVE,
            at: Instant::now(),
        }))
    }
}

impl Budget {
    /// A call is made for the first time.
    pub(super) fn earn(&self) {
        self.with(Tokens::earn);
    }

    /// Whether a call may be made again.
    pub(super) fn spend(&self) -> bool {
        self.with(|tokens| tokens.spend(Instant::now()))
    }

    fn with<T>(&self, change: impl FnOnce(&mut Tokens) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Tokens {
    fn earn(&mut self) {
        self.left = (self.left + PER_CALL).min(RESERVE);
    }

    fn spend(&mut self, now: Instant) -> bool {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = since.mul_add(PER_SECOND, self.left).min(RESERVE);
        self.at = now;
        let may = self.left >= 1.0;
        if may {
            self.left -= 1.0;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use fmcp_core::{Error, Kind};

    use super::*;

    /// Whether a call is made again that failed so, for the `failed`th time of at most three.
    fn check(error: Error, is_repeatable: bool, failed: u32, expect: bool) {
        let words = format!("{error:?}, repeatable: {is_repeatable}, failed: {failed}");
        let failure = Failure::of(&ClientError::call("tools/call t", error));
        let may = Retry::transient(3).may_repeat(failed, failure, is_repeatable);
        assert_eq!(may, expect, "{words}");
        assert!(!Retry::default().may_repeat(failed, failure, is_repeatable));
    }

    #[test]
    fn only_what_may_pass_and_is_safe_is_made_again() {
        let down = || Error::new(Kind::Unavailable, "down");
        check(down(), true, 1, true);
        check(down(), true, 3, true);
        check(down(), true, 4, false);
        check(down(), false, 1, false);
        check(down().unsent(), false, 1, true);
        check(down().unsent(), false, 4, false);
        check(Error::new(Kind::Overloaded, "busy"), true, 1, true);
        check(Error::new(Kind::Timeout, "slow"), true, 1, true);
        check(Error::new(Kind::Timeout, "slow"), false, 1, false);
        for kind in [
            Kind::InvalidParams,
            Kind::Internal,
            Kind::Unauthenticated,
            Kind::Cancelled,
        ] {
            check(Error::new(kind, "no"), true, 1, false);
            check(Error::new(kind, "no").unsent(), true, 1, false);
        }
    }

    #[test]
    fn a_server_that_says_when_is_waited_for_within_reason() {
        let busy = |pause| Error::new(Kind::Overloaded, "busy").retry_after(pause);
        check(busy(LONGEST), true, 1, true);
        check(busy(LONGEST + Duration::from_millis(1)), true, 1, false);
    }

    #[test]
    fn a_server_that_is_down_is_not_stormed() {
        let now = Instant::now();
        let mut tokens = Tokens {
            left: RESERVE,
            at: now,
        };
        let mut again = 0;
        for _ in 0..1_000 {
            tokens.earn();
            again += u32::from(tokens.spend(now));
        }
        assert!(
            (105..=110).contains(&again),
            "{again} of 1000 calls were made again"
        );
        assert!(!tokens.spend(now));
        assert!(tokens.spend(now + Duration::from_secs(10)));
        assert!(!tokens.spend(now + Duration::from_secs(10)));
        let later = now + Duration::from_secs(1_000_000);
        assert_eq!((0..100).filter(|_| tokens.spend(later)).count(), 10);
    }
}
