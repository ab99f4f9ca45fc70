//! All rules over all files, all faults reported together.

use std::path::Path;

use anyhow::{Result, bail};

use super::{
    Fault, Source, Tree, budget, exempt, index, manifest, markdown, names, seams,
    tree::{file_name, is_test},
};

/// Prints every fault on a line of its own; an error when there is one.
pub(crate) fn run(root: &Path) -> Result<()> {
    let tree = Tree::read(root)?;
    let mut faults = exempt::apply(&tree.text(exempt::PATH)?, faults(&tree)?);
    if faults.is_empty() {
        println!("tidy: {} files, no faults", tree.paths.len());
        return Ok(());
    }
    faults.sort();
    for fault in &faults {
        println!("{fault}");
    }
    let list = exempt::PATH;
    bail!(
        "faults: {}; what ends in [name] can be excused in {list}: path | name | reason",
        faults.len()
    );
}

fn faults(tree: &Tree<'_>) -> Result<Vec<Fault>> {
    let mut faults = index::expected_failures(&tree.paths);
    let crates = crates(&tree.paths);
    for path in &tree.paths {
        let name = file_name(path);
        if name.ends_with(".rs") {
            faults.extend(rust(path, &tree.text(path)?));
        } else if name.ends_with(".md") {
            faults.extend(markdown::faults(path, &tree.text(path)?, &crates, |path| {
                tree.has(path)
            }));
        } else if name == "Cargo.toml" && !is_test(path) {
            faults.extend(manifest::faults(path, &tree.text(path)?));
        } else if name == "Cargo.lock" {
            faults.extend(manifest::lock(path, &tree.text(path)?));
        }
    }
    Ok(faults)
}

fn rust(path: &str, text: &str) -> Vec<Fault> {
    let mut faults: Vec<Fault> = index::doc(path, text)
        .into_iter()
        .chain(index::drawer(path))
        .collect();
    if !is_test(path) {
        let source = Source::new(path, text);
        for rule in [budget::faults, index::logic, names::faults, seams::faults] {
            faults.extend(rule(&source));
        }
    }
    faults
}

/// The folders of the crates: Markdown may name a path from there.
fn crates(paths: &[String]) -> Vec<String> {
    let folder = |path: &String| path.strip_suffix("/Cargo.toml").map(str::to_owned);
    paths.iter().filter_map(folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_for_rust_is_asked() {
        let text = format!(
            "fn a() {{\n{}}}\nstruct ToolManager;\nimpl A {{}}\ntokio::spawn(Revision::V1);\n",
            "b();\n".repeat(600)
        );
        let found: Vec<_> = rust("crates/core/src/utils/mod.rs", &text)
            .iter()
            .map(ToString::to_string)
            .collect();
        let says = |what: &str| found.iter().any(|fault| fault.contains(what));
        for what in [
            "no `//!`",
            "`utils` says nothing",
            "[file]",
            "[fn a]",
            "`fn` in an index",
            "`impl` in an index",
            "[type ToolManager]",
            "`tokio::`",
            "[revision]",
        ] {
            assert!(says(what), "{what}: {found:#?}");
        }
    }

    #[test]
    fn tests_have_no_budget() {
        let text = format!("//! doc\nfn a() {{\n{}}}\n", "b();\n".repeat(700));
        assert_eq!(rust("crates/core/tests/it/main.rs", &text), []);
        assert_eq!(rust("crates/core/src/a/tests.rs", &text), []);
    }
}
