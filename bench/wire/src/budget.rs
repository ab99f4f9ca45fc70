//! Figures that are held to a budget.

/// How far a figure that is measured in time may miss its budget before a check fails: other work on the
/// machine is never quite out of it, and a check is there to find what has become worse.
pub(crate) const SLACK: f64 = 1.35;

/// One figure and what it may be.
pub(crate) struct Budget {
    name: String,
    figure: f64,
    limit: f64,
    slack: f64,
    most: bool,
}

impl Budget {
    /// A figure that must not be greater.
    pub(crate) fn at_most(name: impl Into<String>, figure: f64, limit: f64) -> Self {
        Self {
            name: name.into(),
            figure,
            limit,
            slack: 1.0,
            most: true,
        }
    }

    /// A figure that must not be less.
    pub(crate) fn at_least(name: impl Into<String>, figure: f64, limit: f64) -> Self {
        Self {
            most: false,
            ..Self::at_most(name, figure, limit)
        }
    }

    /// A figure of time, which a busy machine may push beyond its budget by [`SLACK`].
    pub(crate) fn of_time(self) -> Self {
        self.slack(SLACK)
    }

    /// How far it may miss its budget before a check fails.
    pub(crate) fn slack(mut self, slack: f64) -> Self {
        self.slack = slack;
        self
    }

    fn within(&self, slack: f64) -> bool {
        if self.most {
            self.figure <= self.limit * slack
        } else {
            self.figure >= self.limit / slack
        }
    }

    fn verdict(&self) -> &'static str {
        if self.within(1.0) {
            "kept"
        } else if self.within(self.slack) {
            "missed, within slack"
        } else {
            "BROKEN"
        }
    }
}

/// Prints the figures beside their budgets; whether none misses its budget by more than its slack.
pub(crate) fn print(budgets: &[Budget]) -> bool {
    println!();
    for budget in budgets {
        let bound = if budget.most { "at most" } else { "at least" };
        println!(
            "{:<46} {:>9.2}   {bound:<8} {:>9.2}   {}",
            budget.name,
            budget.figure,
            budget.limit,
            budget.verdict()
        );
    }
    budgets.iter().all(|budget| budget.within(budget.slack))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_of_time_has_slack_and_a_count_has_none() {
        let count = Budget::at_most("count", 105.0, 100.0);
        assert_eq!(count.verdict(), "BROKEN");
        assert_eq!(count.of_time().verdict(), "missed, within slack");
        assert_eq!(
            Budget::at_most("time", 136.0, 100.0).of_time().verdict(),
            "BROKEN"
        );
    }

    #[test]
    fn a_ratio_can_be_too_small() {
        assert_eq!(Budget::at_least("ratio", 3.1, 3.0).verdict(), "kept");
        assert_eq!(Budget::at_least("ratio", 2.9, 3.0).verdict(), "BROKEN");
        assert_eq!(
            Budget::at_least("ratio", 2.9, 3.0).of_time().verdict(),
            "missed, within slack"
        );
    }
}
