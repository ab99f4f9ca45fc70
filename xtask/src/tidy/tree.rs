//! The files of the repository.

use std::{fs, io, path::Path};

use anyhow::{Context, Result};

/// Paths relative to the root, with `/`, sorted.
pub(crate) struct Tree<'a> {
    root: &'a Path,
    pub(crate) paths: Vec<String>,
}

impl<'a> Tree<'a> {
    pub(crate) fn read(root: &'a Path) -> Result<Self> {
        let mut paths = Vec::new();
        walk(root, "", &mut paths).with_context(|| format!("reading {}", root.display()))?;
        paths.sort();
        Ok(Self { root, paths })
    }

    pub(crate) fn text(&self, path: &str) -> Result<String> {
        fs::read_to_string(self.root.join(path)).with_context(|| format!("reading {path}"))
    }

    /// Whether a file or a folder of this name exists; an empty path is the root.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }
}

fn walk(folder: &Path, prefix: &str, paths: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            if !matches!(name.as_str(), "target" | ".git" | "node_modules") {
                walk(&entry.path(), &format!("{path}/"), paths)?;
            }
        } else if name != ".git" {
            paths.push(path);
        }
    }
    Ok(())
}

/// Whether the file is a test: beside the code (`tests.rs`) or in a crate's folder `tests`.
pub(crate) fn is_test(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    parts.next() == Some("tests.rs") || parts.any(|part| part == "tests")
}

pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_known_by_their_place() {
        assert!(is_test("crates/core/tests/it/main.rs"));
        assert!(is_test("crates/core/src/raw/tests.rs"));
        assert!(!is_test("crates/core/src/raw.rs"));
        assert!(!is_test("xtask/src/test.rs"));
    }
}
