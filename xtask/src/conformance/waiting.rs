//! The scenarios that are not attempted yet, each for a side and a revision. The list only shrinks.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::run::Run;

/// Run and scenario.
pub(crate) struct Waiting(BTreeSet<(Run<'static>, String)>);

impl Waiting {
    /// Reads a line for each: the side, the revision, the scenario, with spaces between. `#` begins a comment.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let mut waiting = BTreeSet::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let words: Vec<_> = line.split_whitespace().collect();
            let [side, revision, scenario] = words[..] else {
                bail!("line {number}: want `side revision scenario`, got {line:?}");
            };
            let Some(run) = Run::find(side, revision) else {
                bail!("line {number}: the suite is not run for a {side} in {revision}");
            };
            if !waiting.insert((run, scenario.to_owned())) {
                bail!("line {number}: {line:?} stands there twice");
            }
        }
        Ok(Self(waiting))
    }

    pub(crate) fn has(&self, run: Run<'_>, scenario: &str) -> bool {
        self.of(run).any(|listed| listed == scenario)
    }

    /// The scenarios of a run.
    pub(crate) fn of<'a>(&'a self, run: Run<'a>) -> impl Iterator<Item = &'a str> {
        let of_it = move |(of, _): &&(Run<'static>, String)| *of == run;
        self.0.iter().filter(of_it).map(|(_, name)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_side_a_revision_and_a_scenario() {
        let waiting =
            Waiting::read("# why\n\nserver 2025-11-25 a # later\nclient 2026-07-28 a\n").unwrap();
        let run = |side, revision| Run::find(side, revision).unwrap();
        assert!(waiting.has(run("server", "2025-11-25"), "a"));
        assert!(!waiting.has(run("server", "2025-11-25"), "b"));
        assert!(!waiting.has(run("client", "2025-11-25"), "a"));
        assert_eq!(
            waiting.of(run("client", "2026-07-28")).collect::<Vec<_>>(),
            ["a"]
        );
    }

    #[test]
    fn other_lines_are_refused() {
        for text in [
            "a",
            "2025-11-25 a",
            "server 2025-11-25 a b",
            "server 2031-01-01 a",
            "pigeon 2025-11-25 a",
            "server 2025-11-25 a\nserver 2025-11-25  a",
        ] {
            assert!(Waiting::read(text).is_err(), "{text}");
        }
    }
}
