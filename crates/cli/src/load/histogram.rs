//! Times, counted so that every quantile is right to one part in a hundred, in a fixed few kilobytes. Pure.

use std::time::Duration;

/// Into how many steps each doubling is divided.
const STEPS: u32 = 64;
const STEPS_LOG: u32 = 6;
/// Doublings of a nanosecond: up to five hours.
const DOUBLINGS: u32 = 44;

/// How often which time was taken.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    sum: u128,
    least: u64,
    most: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; (DOUBLINGS * STEPS) as usize],
            total: 0,
            sum: 0,
            least: u64::MAX,
            most: 0,
        }
    }
}

impl Histogram {
    /// Counts one.
    pub(crate) fn add(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let last = self.counts.len() - 1;
        self.counts[index(nanos).min(last)] += 1;
        self.total += 1;
        self.sum += u128::from(nanos);
        self.least = self.least.min(nanos);
        self.most = self.most.max(nanos);
    }

    /// Counts all of another.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
        self.sum += other.sum;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }

    /// How many were counted.
    pub(crate) fn count(&self) -> u64 {
        self.total
    }

    /// The mean.
    pub(crate) fn mean(&self) -> Duration {
        let mean = self.sum / u128::from(self.total.max(1));
        Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX))
    }

    /// The shortest and the longest.
    pub(crate) fn range(&self) -> (Duration, Duration) {
        let least = if self.total == 0 { 0 } else { self.least };
        (Duration::from_nanos(least), Duration::from_nanos(self.most))
    }

    /// The time within which this part of all stayed.
    pub(crate) fn quantile(&self, part: f64) -> Duration {
        let wanted = ((self.total as f64 * part).ceil().max(1.0)) as u64;
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return Duration::from_nanos(top(at).min(self.most));
            }
        }
        Duration::from_nanos(self.most)
    }

    /// Between which times how many lie: a line for each doubling that has any.
    pub(crate) fn doublings(&self) -> Vec<(Duration, Duration, u64)> {
        let groups = self.counts.chunks(STEPS as usize).enumerate();
        let lines = groups.map(|(at, counts)| {
            let from = if at == 0 {
                0
            } else {
                1_u64 << (at as u32 + STEPS_LOG - 1)
            };
            let to = 1_u64 << (at as u32 + STEPS_LOG);
            (
                Duration::from_nanos(from),
                Duration::from_nanos(to),
                counts.iter().sum::<u64>(),
            )
        });
        let lines: Vec<_> = lines.collect();
        let first = lines.iter().position(|line| line.2 > 0).unwrap_or(0);
        let last = lines
            .iter()
            .rposition(|line| line.2 > 0)
            .map_or(0, |last| last + 1);
        lines.get(first..last).unwrap_or_default().to_vec()
    }
}

/// Up to 64 ns each has its own place; from there on each doubling has 64.
fn index(nanos: u64) -> usize {
    let nanos = nanos.max(1);
    let high = 63 - nanos.leading_zeros();
    if high < STEPS_LOG {
        return nanos as usize;
    }
    let shift = high - STEPS_LOG;
    let group = shift + 1;
    (group * STEPS) as usize + ((nanos >> shift) as usize - STEPS as usize)
}

/// The greatest time that has this place.
fn top(index: usize) -> u64 {
    let (group, step) = (index as u32 / STEPS, index as u64 % u64::from(STEPS));
    match group {
        0 => step,
        group => ((u64::from(STEPS) + step + 1) << (group - 1)) - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_a_place_that_is_near_it() {
        for nanos in (1..2_000_u64).chain([12_345, 999_999, 1_000_000_007, 3_600_000_000_000]) {
            let top = top(index(nanos));
            assert!(top >= nanos, "{nanos} {top}");
            assert!((top - nanos) as f64 <= nanos as f64 / 63.0, "{nanos} {top}");
        }
    }

    #[test]
    fn quantiles_are_right_to_a_part_in_a_hundred() {
        let mut times = Histogram::default();
        for micros in 1..=10_000 {
            times.add(Duration::from_micros(micros));
        }
        for (part, micros) in [
            (0.5, 5_000.0),
            (0.9, 9_000.0),
            (0.99, 9_900.0),
            (1.0, 10_000.0),
        ] {
            let found = times.quantile(part).as_secs_f64() * 1e6;
            assert!((found - micros).abs() / micros < 0.02, "{part}: {found}");
        }
        assert_eq!(times.mean(), Duration::from_nanos(5_000_500));
        assert_eq!(times.range().0, Duration::from_micros(1));
        let lines = times.doublings();
        assert_eq!(lines.iter().map(|line| line.2).sum::<u64>(), 10_000);
    }

    #[test]
    fn halves_are_the_whole() {
        let (mut one, mut other) = (Histogram::default(), Histogram::default());
        one.add(Duration::from_millis(1));
        other.add(Duration::from_millis(3));
        one.merge(&other);
        assert_eq!((one.count(), one.mean()), (2, Duration::from_millis(2)));
        assert_eq!(Histogram::default().quantile(0.5), Duration::ZERO);
    }
}
