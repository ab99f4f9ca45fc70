//! The scenarios that are not attempted yet, each for a revision. The list only shrinks.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

/// Revision and scenario.
pub(crate) struct Waiting(BTreeSet<(String, String)>);

impl Waiting {
    /// Reads a line for each: the revision, a space, the scenario. `#` begins a comment.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let mut waiting = BTreeSet::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
            let [revision, scenario] = <[String; 2]>::try_from(words)
                .or_else(|_| bail!("line {number}: want `revision scenario`, got {line:?}"))?;
            if !waiting.insert((revision, scenario)) {
                bail!("line {number}: {line:?} stands there twice");
            }
        }
        Ok(Self(waiting))
    }

    pub(crate) fn has(&self, revision: &str, scenario: &str) -> bool {
        let key = (revision.to_owned(), scenario.to_owned());
        self.0.contains(&key)
    }

    /// The scenarios of a revision.
    pub(crate) fn of<'a>(&'a self, revision: &'a str) -> impl Iterator<Item = &'a str> {
        let of_it = move |(of, _): &&(String, String)| of == revision;
        self.0.iter().filter(of_it).map(|(_, name)| name.as_str())
    }

    /// The revisions that anything waits for.
    pub(crate) fn revisions(&self) -> BTreeSet<&str> {
        self.0.iter().map(|(revision, _)| &**revision).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_revision_and_a_scenario() {
        let waiting = Waiting::read("# why\n\n2025-11-25 a # later\n2026-07-28 a\n").unwrap();
        assert!(waiting.has("2025-11-25", "a") && !waiting.has("2025-11-25", "b"));
        assert_eq!(waiting.of("2026-07-28").collect::<Vec<_>>(), ["a"]);
        assert_eq!(waiting.revisions().len(), 2);
    }

    #[test]
    fn other_lines_are_refused() {
        for text in ["a", "2025-11-25 a b", "2025-11-25 a\n2025-11-25  a"] {
            assert!(Waiting::read(text).is_err(), "{text}");
        }
    }
}
