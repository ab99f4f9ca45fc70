//! What a program wrote before it was gone.

use std::{error::Error, iter};

use crate::terminal::clean;

/// How the transport begins what it keeps of a server's standard error.
const MARK: &str = "its last words:\n";

/// How many lines are shown; the last ones say most.
const LINES: usize = 12;

/// How many characters of a line are shown.
const LINE: usize = 300;

/// The last words of a server, indented, where they are among the causes of an error.
pub(crate) fn last_words(error: &(dyn Error + 'static)) -> Option<String> {
    let mut causes = iter::successors(Some(error), |&error| error.source());
    let words = causes.find_map(|cause| Some(cause.to_string().strip_prefix(MARK)?.to_owned()))?;
    let words = clean(&words);
    let lines: Vec<_> = words.lines().collect();
    let left_out = lines.len().saturating_sub(LINES);
    let mut shown: Vec<_> = lines[left_out..]
        .iter()
        .map(|line| indented(line))
        .collect();
    if left_out > 0 {
        shown.insert(0, "  …".to_owned());
    }
    Some(shown.join("\n"))
}

fn indented(line: &str) -> String {
    match line.char_indices().nth(LINE) {
        Some((end, _)) => format!("  {}…", &line[..end]),
        None => format!("  {line}"),
    }
}

#[cfg(test)]
mod tests {
    use fmcp::Error;

    use super::*;

    fn check(cause: &str, expect: Option<&str>) {
        let inner = Error::internal("gone").caused_by(cause.to_owned());
        let outer = Error::internal("down").caused_by(inner);
        assert_eq!(last_words(&outer).as_deref(), expect, "{cause:?}");
    }

    #[test]
    fn they_are_found_among_the_causes_and_steer_nothing() {
        check("its last words:\na\n  b", Some("  a\n    b"));
        check("its last words:\n\u{1b}[31mred", Some("  \u{fffd}[31mred"));
        check("another cause", None);
    }

    #[test]
    fn there_is_an_end_to_them() {
        let many: Vec<_> = (0..20).map(|at| format!("line {at}")).collect();
        let error = Error::internal("x").caused_by(format!("{MARK}{}", many.join("\n")));
        let shown = last_words(&error).unwrap();
        assert!(
            shown.starts_with("  …\n  line 8\n") && shown.ends_with("line 19"),
            "{shown}"
        );
        let error = Error::internal("x").caused_by(format!("{MARK}{}", "ü".repeat(1_000)));
        assert_eq!(last_words(&error).unwrap().chars().count(), 2 + LINE + 1);
    }
}
