//! Pauses between tries.

use std::{hash::BuildHasher as _, time::Duration};

use tokio::time::Instant;

/// The pauses between tries to reach a server: each twice as long as the one before, up to a limit, and half
/// of it left to chance, so that those who have lost a server together do not come back together.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    tries: u32,
}

impl Backoff {
    /// Pauses from `first` to `longest`.
    #[must_use]
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            tries: 0,
        }
    }

    /// How long to wait before the next try; never shorter than the other side wants it, where it said so.
    pub fn next(&mut self, wanted: Option<Duration>) -> Duration {
        let pause = self.pause(chance());
        self.tries = self.tries.saturating_add(1);
        pause.max(wanted.unwrap_or_default())
    }

    /// How many pauses there have been since the last success.
    #[must_use]
    pub const fn tries(&self) -> u32 {
        self.tries
    }

    /// A try has worked: the next pause is the first.
    pub fn reset(&mut self) {
        self.tries = 0;
    }

    fn pause(&self, chance: f64) -> Duration {
        let full = self
            .first
            .saturating_mul(1 << self.tries.min(30))
            .min(self.longest);
        spread(full, chance)
    }
}

/// Between half of a pause and all of it, as chance has it.
pub(super) fn jittered(full: Duration) -> Duration {
    spread(full, chance())
}

fn spread(full: Duration, chance: f64) -> Duration {
    let half = full / 2;
    half.saturating_add(half.mul_f64(chance.clamp(0.0, 1.0)))
}

/// Half a second at first, at most half a minute.
impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(500), Duration::from_secs(30))
    }
}

/// A number between 0 and 1 that nobody foresees.
fn chance() -> f64 {
    let number = foldhash::quality::RandomState::default().hash_one(Instant::now());
    #[expect(clippy::cast_precision_loss, reason = "32 bits of chance are enough")]
    let number = (number >> 32) as f64;
    number / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit_and_differ() {
        let ms = Duration::from_millis;
        let mut pauses = Backoff::new(ms(100), ms(1_000));
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push((pauses.pause(0.0), pauses.pause(1.0)));
            let next = pauses.next(None);
            assert!((seen.last().unwrap().0..=seen.last().unwrap().1).contains(&next));
        }
        assert_eq!(seen[0], (ms(50), ms(100)));
        assert_eq!(seen[1], (ms(100), ms(200)));
        assert_eq!(seen[5], (ms(500), ms(1_000)));
        assert_eq!(pauses.next(Some(ms(5_000))), ms(5_000));
        assert_eq!(pauses.tries(), 7);
        pauses.reset();
        assert_eq!(pauses.pause(1.0), ms(100));
        let chances: Vec<f64> = (0..64).map(|_| chance()).collect();
        assert!(chances.iter().any(|chance| *chance != chances[0]));
    }
}
