//! What the suite says, held against what it should say.

use std::fmt;

use anyhow::{Result, bail};

use super::{run::Run, waiting::Waiting};

/// Where scenarios stand that are not attempted yet.
pub(crate) const LIST: &str = "conformance/not-yet-attempted.txt";

/// What the script says of one scenario.
struct Verdict<'a> {
    word: Word,
    scenario: &'a str,
    why: &'a str,
}

#[derive(Clone, Copy, PartialEq)]
enum Word {
    Pass,
    Fail,
    /// The suite skips it, whatever the server does.
    Skipped,
}

impl<'a> Verdict<'a> {
    fn read(line: &'a str) -> Result<Self> {
        let mut words = line.splitn(3, ' ');
        let (word, scenario) = (words.next(), words.next());
        let word = match word {
            Some("PASS") => Word::Pass,
            Some("FAIL") => Word::Fail,
            Some("NA") => Word::Skipped,
            _ => bail!("no verdict: {line:?}"),
        };
        Ok(Self {
            word,
            scenario: scenario.unwrap_or_default(),
            why: words.next().unwrap_or_default(),
        })
    }
}

/// How one run has gone.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Report {
    /// Side and revision.
    run: String,
    passed: usize,
    waiting: usize,
    skipped: usize,
    /// In words, each beginning with its scenario.
    pub(crate) faults: Vec<String>,
}

impl Report {
    /// Reads the script's lines. `whole` says that no scenario was left out; else there may be none.
    pub(crate) fn of(run: Run<'_>, lines: &str, waiting: &Waiting, whole: bool) -> Result<Self> {
        let verdicts: Vec<_> = lines.lines().map(Verdict::read).collect::<Result<_>>()?;
        if verdicts.is_empty() && whole {
            bail!("no scenario was run");
        }
        let mut report = Self {
            run: run.to_string(),
            ..Self::default()
        };
        for verdict in &verdicts {
            let listed = waiting.has(run, verdict.scenario);
            report.add(verdict, listed);
        }
        for listed in waiting.of(run).filter(|_| whole) {
            if !verdicts.iter().any(|verdict| verdict.scenario == listed) {
                let fault = format!("{listed}: there is no such scenario, take it off {LIST}");
                report.faults.push(fault);
            }
        }
        Ok(report)
    }

    /// Whether no scenario was run.
    pub(crate) fn is_empty(&self) -> bool {
        self.passed + self.waiting + self.skipped + self.faults.len() == 0
    }

    fn add(&mut self, verdict: &Verdict<'_>, listed: bool) {
        let Verdict {
            word,
            scenario,
            why,
        } = verdict;
        match (word, listed) {
            (Word::Pass, false) => self.passed += 1,
            (Word::Skipped, false) => self.skipped += 1,
            (Word::Fail, true) => self.waiting += 1,
            (Word::Fail, false) => self.faults.push(format!("{scenario}: {why}")),
            (Word::Pass, true) => {
                let fault = format!("{scenario}: it passes, take it off {LIST}");
                self.faults.push(fault);
            }
            (Word::Skipped, true) => {
                let fault = format!("{scenario}: the suite skips it, take it off {LIST}");
                self.faults.push(fault);
            }
        }
    }
}

/// A line of the table.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            run,
            passed,
            waiting,
            skipped,
            faults,
        } = self;
        let failed = faults.len();
        write!(
            f,
            "{run:<19}{passed:>8}{failed:>8}{waiting:>14}{skipped:>22}"
        )
    }
}

/// All runs in one table, and what is wrong under it.
pub(crate) fn table(reports: &[Report]) -> String {
    let mut text = format!(
        "\n{:<19}{:>8}{:>8}{:>14}{:>22}\n",
        "side and revision", "passed", "failed", "not attempted", "skipped by the suite"
    );
    for report in reports {
        text += &format!("{report}\n");
    }
    for report in reports {
        for fault in &report.faults {
            text += &format!("{} {fault}\n", report.run);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = "PASS ping 2 checks\nFAIL tasks-a no such tool\nNA later skipped\n";

    fn run() -> Run<'static> {
        Run::find("server", "2026-07-28").unwrap()
    }

    fn check(lines: &str, list: &str, whole: bool, expect: (usize, usize, &[&str])) {
        let waiting = Waiting::read(list).unwrap();
        let report = Report::of(run(), lines, &waiting, whole).unwrap();
        let (passed, waiting, faults) = expect;
        assert_eq!((report.passed, report.waiting), (passed, waiting));
        assert_eq!(report.faults, faults);
    }

    #[test]
    fn what_fails_must_be_listed() {
        check(LINES, "server 2026-07-28 tasks-a", true, (1, 1, &[]));
        check(LINES, "", true, (1, 0, &["tasks-a: no such tool"]));
        let other = "server 2025-11-25 tasks-a\nclient 2026-07-28 tasks-a";
        check(LINES, other, true, (1, 0, &["tasks-a: no such tool"]));
    }

    #[test]
    fn what_is_listed_must_fail() {
        let list = "server 2026-07-28 tasks-a\nserver 2026-07-28 ping\nserver 2026-07-28 later\nserver 2026-07-28 gone";
        let faults = [
            "ping: it passes, take it off conformance/not-yet-attempted.txt",
            "later: the suite skips it, take it off conformance/not-yet-attempted.txt",
            "gone: there is no such scenario, take it off conformance/not-yet-attempted.txt",
        ];
        check(LINES, list, true, (0, 1, &faults));
        check(LINES, list, false, (0, 1, &faults[..2]));
    }

    #[test]
    fn nothing_and_nonsense_are_no_verdicts() {
        let waiting = Waiting::read("").unwrap();
        for lines in ["", "conformance: npm is missing"] {
            assert!(Report::of(run(), lines, &waiting, true).is_err(), "{lines}");
        }
        // Some of the scenarios may be none in one revision.
        assert!(Report::of(run(), "", &waiting, false).unwrap().is_empty());
        assert!(Report::of(run(), "conformance: npm is missing", &waiting, false).is_err());
        assert!(
            !Report::of(run(), LINES, &waiting, false)
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn the_table_has_a_line_for_each_run_and_fault() {
        let reports = [
            Report {
                run: "server 2025-11-25".to_owned(),
                passed: 33,
                waiting: 3,
                ..Report::default()
            },
            Report {
                run: "client 2026-07-28".to_owned(),
                passed: 38,
                waiting: 12,
                skipped: 1,
                faults: vec!["caching: WARNING no ttlMs".to_owned()],
            },
        ];
        let expect = "\n\
            side and revision    passed  failed not attempted  skipped by the suite\n\
            server 2025-11-25        33       0             3                     0\n\
            client 2026-07-28        38       1            12                     1\n\
            client 2026-07-28 caching: WARNING no ttlMs\n";
        assert_eq!(table(&reports), expect);
    }
}
