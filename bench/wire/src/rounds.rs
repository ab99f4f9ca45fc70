//! What one case costs, round after round.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::subject::Subject;

/// The costs of one case in CPU microseconds of the server for each call.
#[derive(Default)]
pub(crate) struct Rounds {
    costs: Vec<f64>,
    quickest: f64,
}

impl Rounds {
    /// Adds a round of so many calls.
    pub(crate) async fn add(
        &mut self,
        server: &Subject,
        calls: u64,
        round: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        let (cpu, start) = (server.cpu()?, Instant::now());
        round.await?;
        let (cpu, wall) = (server.cpu()? - cpu, start.elapsed());
        let each = |time: Duration| time.as_secs_f64() * 1e6 / calls as f64;
        self.costs.push(each(cpu));
        self.quickest = self.quickest.max(1e6 / each(wall));
        Ok(())
    }

    /// What the work itself costs: the least of all rounds.
    pub(crate) fn least(&self) -> f64 {
        self.costs.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// What it cost in the middle of what went on beside it.
    pub(crate) fn median(&self) -> f64 {
        median(self.costs.clone())
    }

    /// How many times what another case cost: the median over the rounds, of which each took its turn beside
    /// the other's. What disturbs the machine for a while then disturbs both.
    pub(crate) fn over(&self, other: &Self) -> f64 {
        let pairs = self.costs.iter().zip(&other.costs);
        median(pairs.map(|(ours, theirs)| ours / theirs).collect())
    }

    /// Prints a row of the table.
    pub(crate) fn print(&self, name: &str) {
        println!(
            "{name:<30} {:>10.2} {:>10.2} {:>14.0} {:>12.0}",
            self.least(),
            self.median(),
            1e6 / self.least(),
            self.quickest,
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Prints the head of the table.
pub(crate) fn print_head(title: &str) {
    println!(
        "{title:<30} {:>10} {:>10} {:>14} {:>12}",
        "CPU µs", "median", "calls/CPU s", "calls/s"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_and_the_median_of_all_rounds_are_told() {
        let rounds = Rounds {
            costs: vec![3.0, 1.0, 9.0, 2.0, 4.0],
            quickest: 1.0,
        };
        assert_eq!((rounds.least(), rounds.median()), (1.0, 3.0));
    }

    #[test]
    fn cases_are_compared_round_by_round() {
        let of = |costs: &[f64]| Rounds {
            costs: costs.to_vec(),
            quickest: 1.0,
        };
        // The machine is twice as slow in the last two rounds.
        let (ours, theirs) = (of(&[1.0, 1.0, 2.0, 2.0]), of(&[2.0, 2.0, 4.0, 4.0]));
        assert!((ours.over(&theirs) - 0.5).abs() < 1e-9);
    }
}
