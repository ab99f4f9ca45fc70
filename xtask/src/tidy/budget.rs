//! The stops: lines of code in a file and in a function, tests left out.

use super::{Fault, Source, source};

const FILE_STOP: usize = 600;
const FUNCTION_STOP: usize = 100;

pub(crate) fn faults(source: &Source) -> Vec<Fault> {
    file(source, FILE_STOP)
        .into_iter()
        .chain(functions(source, FUNCTION_STOP))
        .collect()
}

fn file(source: &Source, stop: usize) -> Option<Fault> {
    let lines = source.code_lines(0, source.code.len());
    let message = format!(
        "{lines} lines of code, the stop is {stop}: take the pure part out, then the tests, then a noun"
    );
    (lines > stop).then(|| Fault::new(&source.path, 1, message).exemptable("file"))
}

fn functions(source: &Source, stop: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    for function in all(source) {
        let Function { name, line, lines } = function;
        if lines > stop {
            let message = format!(
                "fn {name} has {lines} lines of code, the stop is {stop}: give its parts names"
            );
            let fault = Fault::new(&source.path, line, message);
            faults.push(fault.exemptable(format!("fn {name}")));
        }
    }
    faults
}

/// A function with a body.
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// Every function of the file, inner ones too.
pub(crate) fn all(source: &Source) -> impl Iterator<Item = Function<'_>> {
    let code = source.code.as_str();
    let pairs = source.words().zip(source.words().skip(1));
    pairs.filter_map(move |(word, name)| {
        let between = &code[word.at + word.text.len()..name.at];
        if word.text != "fn" || !between.trim().is_empty() {
            return None;
        }
        let (_, end) = source::body(code, name.at)?;
        Some(Function {
            name: name.text,
            line: source.line(word.at),
            lines: source.code_lines(word.at, end),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
//! doc
trait T {
    fn bare(&self, f: fn(u8) -> [u8; 2]);
}

fn long(
    a: u8,
) -> [u8; 2] {
    // a comment
    if a > 1 {
        b();
    }
    c()
}
#[cfg(test)]
mod tests {
    fn also_long() {
        a();
        a();
        a();
        a();
        a();
        a();
        a();
    }
}
";

    fn check(stop: usize, find: fn(&Source, usize) -> Vec<Fault>, expect: &[&str]) {
        let faults = find(&Source::new("a.rs", TEXT), stop);
        assert_eq!(
            faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
            expect
        );
    }

    #[test]
    fn a_long_function_is_a_fault_at_its_line() {
        check(8, functions, &[]);
        check(
            7,
            functions,
            &["a.rs:6: fn long has 8 lines of code, the stop is 7: give its parts names [fn long]"],
        );
    }

    #[test]
    fn a_long_file_is_a_fault() {
        let find = |source: &Source, stop| file(source, stop).into_iter().collect();
        check(11, find, &[]);
        check(
            10,
            find,
            &[
                "a.rs:1: 11 lines of code, the stop is 10: take the pure part out, then the tests, then a noun [file]",
            ],
        );
    }

    #[test]
    fn the_stops_are_those_of_the_rules() {
        let long = format!("fn a() {{\n{}}}\n", "b();\n".repeat(99));
        assert_eq!(faults(&Source::new("a.rs", &long)).len(), 1);
        assert_eq!(
            faults(&Source::new("a.rs", &"use a;\n".repeat(601))).len(),
            1
        );
        assert_eq!(
            faults(&Source::new("a.rs", &"use a;\n".repeat(600))).len(),
            0
        );
    }
}
