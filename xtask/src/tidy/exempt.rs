//! The exemption list: `path | what | reason`, one line each. It only shrinks.

use super::Fault;

/// Where the list lies.
pub(crate) const PATH: &str = "xtask/tidy-exempt.txt";

/// The faults that remain, with those of the list itself.
pub(crate) fn apply(list: &str, mut faults: Vec<Fault>) -> Vec<Fault> {
    let mut own = Vec::new();
    for (number, line) in (1..).zip(list.lines().map(str::trim)) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let parts: Vec<&str> = line.splitn(3, '|').map(str::trim).collect();
        let [path, what, reason] = parts[..] else {
            own.push(Fault::new(
                PATH,
                number,
                "not `path | what | reason`: write all three",
            ));
            continue;
        };
        if reason.is_empty() {
            own.push(Fault::new(
                PATH,
                number,
                "an exemption without a reason: give it",
            ));
        }
        let before = faults.len();
        faults.retain(|fault| !fault.is_excused_by(path, what));
        if faults.len() == before {
            let message = format!("`{path}` needs no exemption for `{what}`: delete the line");
            own.push(Fault::new(PATH, number, message));
        }
    }
    faults.extend(own);
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &str, expect: &[&str]) {
        let faults = vec![
            Fault::new("a.rs", 1, "long").exemptable("file"),
            Fault::new("a.rs", 2, "hard"),
        ];
        let left = apply(list, faults);
        assert_eq!(
            left.iter().map(ToString::to_string).collect::<Vec<_>>(),
            expect
        );
    }

    #[test]
    fn an_exemption_excuses_its_fault_only() {
        check("", &["a.rs:1: long [file]", "a.rs:2: hard"]);
        check("# why\n\na.rs | file | generated", &["a.rs:2: hard"]);
    }

    #[test]
    fn the_list_may_not_rot() {
        check(
            "a.rs | file | generated\nb.rs | file | gone",
            &[
                "a.rs:2: hard",
                "xtask/tidy-exempt.txt:2: `b.rs` needs no exemption for `file`: delete the line",
            ],
        );
        check(
            "a.rs | file |",
            &[
                "a.rs:2: hard",
                "xtask/tidy-exempt.txt:1: an exemption without a reason: give it",
            ],
        );
        check(
            "a.rs | file",
            &[
                "a.rs:1: long [file]",
                "a.rs:2: hard",
                "xtask/tidy-exempt.txt:1: not `path | what | reason`: write all three",
            ],
        );
    }
}
