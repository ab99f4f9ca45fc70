//! Files as such: index files hold no logic, every file says what it is for, no drawer for odds and ends.

use super::{
    Fault, Source, budget,
    tree::{file_name, is_test},
};

const DRAWERS: [&str; 6] = ["utils", "util", "common", "helpers", "helper", "prelude"];
/// An attribute macro's entry must stand in the crate's root: it may, when it only calls on.
const ENTRY_STOP: usize = 5;

/// Functions and `impl`s in `lib.rs` and `mod.rs`.
pub(crate) fn logic(source: &Source) -> Vec<Fault> {
    if is_test(&source.path) || !matches!(file_name(&source.path), "lib.rs" | "mod.rs") {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for word in source.words() {
        let line = source.line(word.at);
        let allowed = match word.text {
            "fn" => is_macro_entry(source, word.at),
            "impl" => false,
            _ => true,
        };
        if !allowed {
            let message = format!(
                "`{}` in an index file: move it to a file with a noun's name",
                word.text
            );
            faults.push(Fault::new(&source.path, line, message));
        }
    }
    faults
}

fn is_macro_entry(source: &Source, at: usize) -> bool {
    let before = &source.code[..at];
    let item = before.rfind(['}', ';']).map_or(0, |end| end + 1);
    let line = source.line(at);
    before[item..].contains("#[proc_macro")
        && budget::all(source).any(|f| f.line == line && f.lines <= ENTRY_STOP)
}

/// The `//!` at the top. Cases that a test feeds to the compiler need none.
pub(crate) fn doc(path: &str, text: &str) -> Option<Fault> {
    let fixture = path
        .split_once("tests/")
        .is_some_and(|(_, inner)| inner.strip_prefix("it/").unwrap_or(inner).contains('/'));
    let first = text.lines().find(|line| !line.trim().is_empty());
    let has = first.is_some_and(|line| line.starts_with("//!"));
    let message = "no `//!` at the top: say in a sentence what belongs in this file";
    (!has && !fixture).then(|| Fault::new(path, 1, message))
}

/// Files and folders with a name that anything fits.
pub(crate) fn drawer(path: &str) -> Option<Fault> {
    let found = path
        .split('/')
        .map(|part| part.strip_suffix(".rs").unwrap_or(part))
        .find(|part| DRAWERS.contains(part))?;
    let message = format!("`{found}` says nothing of what is inside: name it after its noun");
    Some(Fault::new(path, 1, message))
}

/// The conformance suite's list of known failures exists once.
pub(crate) fn expected_failures(paths: &[String]) -> Vec<Fault> {
    let is_list = |path: &&String| {
        let name = file_name(path).replace('_', "-");
        name.starts_with("expected-failures")
    };
    let message = "a second list of expected failures: keep one, and let it shrink";
    let lists = paths.iter().filter(is_list).skip(1);
    lists.map(|path| Fault::new(path, 1, message)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let faults = logic(&Source::new(path, text));
        faults.iter().map(|fault| fault.line).collect()
    }

    #[test]
    fn index_files_hold_no_logic() {
        let text = "//! fn in a comment\nmod a;\npub use a::A;\nfn b() {}\nimpl A {}\n";
        assert_eq!(lines("crates/a/src/lib.rs", text), [4, 5]);
        assert_eq!(lines("crates/a/src/x/mod.rs", text), [4, 5]);
        assert_eq!(lines("crates/a/src/x.rs", text), [0; 0]);
        assert_eq!(lines("crates/a/tests/it/x/mod.rs", text), [0; 0]);
    }

    #[test]
    fn a_macros_entry_may_stand_in_the_root() {
        let entry =
            "#[proc_macro_attribute]\npub fn tool(a: T, b: T) -> T {\n    expand(a, b)\n}\n";
        assert_eq!(lines("src/lib.rs", entry), [0; 0]);
        assert_eq!(lines("src/lib.rs", &format!("{entry}fn b() {{}}\n")), [5]);
        let long = entry.replace("expand", "a();\nb();\nc();\nexpand");
        assert_eq!(lines("src/lib.rs", &long), [2]);
    }

    #[test]
    fn every_file_says_what_it_is_for() {
        assert_eq!(doc("src/a.rs", "\n//! What.\nmod b;"), None);
        assert!(doc("src/a.rs", "mod b;").is_some());
        assert!(doc("src/a.rs", "/// outer\nmod b;").is_some());
        assert!(doc("src/a.rs", "").is_some());
        assert!(doc("crates/a/tests/it/main.rs", "mod b;").is_some());
        assert_eq!(doc("crates/a/tests/ui/missing.rs", "fn main() {}"), None);
        assert_eq!(doc("crates/a/tests/it/ui/missing.rs", "fn main() {}"), None);
    }

    #[test]
    fn drawers_are_refused() {
        assert!(drawer("crates/a/src/utils.rs").is_some());
        assert!(drawer("crates/a/src/common/mod.rs").is_some());
        assert!(drawer("crates/a/src/prelude.rs").is_some());
        assert_eq!(drawer("crates/a/src/uncommon.rs"), None);
    }

    #[test]
    fn one_list_of_expected_failures() {
        let paths = [
            "a/expected-failures.yml",
            "b/expected_failures.txt",
            "b/c.yml",
        ]
        .map(str::to_owned);
        assert_eq!(expected_failures(&paths[..1]), []);
        let faults = expected_failures(&paths);
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].path, "b/expected_failures.txt");
    }
}
