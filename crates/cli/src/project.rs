//! Crates: built by cargo, whose words about what is wrong are shown as they are.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::outcome::{Exit, Failure};

/// The folder of the crate that somebody means, if it is one.
pub(crate) fn folder(text: &str) -> Option<PathBuf> {
    let path = Path::new(text);
    let folder = match path.file_name().is_some_and(|name| name == "Cargo.toml") {
        true => path.parent().unwrap_or_else(|| Path::new(".")),
        false => path,
    };
    folder
        .join("Cargo.toml")
        .is_file()
        .then(|| folder.to_owned())
}

/// Builds the crate, and gives its program.
pub(crate) fn build(folder: &Path, bin: Option<&str>, release: bool) -> Result<PathBuf, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "build",
        "--message-format=json-render-diagnostics",
        "--manifest-path",
    ]);
    command.arg(folder.join("Cargo.toml"));
    if release {
        command.arg("--release");
    }
    if let Some(bin) = bin {
        command.args(["--bin", bin]);
    }
    let built = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| {
            Failure::usage(format!("cargo cannot be started: {e}")).hint("install Rust")
        })?;
    if !built.status.success() {
        let words = format!("{} does not compile", folder.display());
        return Err(Failure::new(Exit::Failed, words).hint("cargo says above what is wrong"));
    }
    let programs = programs(&String::from_utf8_lossy(&built.stdout));
    match programs.as_slice() {
        [program] => Ok(program.clone()),
        [] => Err(
            Failure::usage(format!("{} has no program", folder.display()))
                .hint("a crate with a src/main.rs has one"),
        ),
        many => {
            let names = many.iter().filter_map(|path| path.file_stem()?.to_str());
            let names: Vec<_> = names.collect();
            let words = format!("{} has several programs", folder.display());
            Err(Failure::usage(words).hint(format!("--bin, with one of {}", names.join(", "))))
        }
    }
}

/// The programs that cargo says it has built.
fn programs(said: &str) -> Vec<PathBuf> {
    let messages = said
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let programs = messages.filter_map(|message| {
        let kinds = message.pointer("/target/kind")?.as_array()?;
        let is_program =
            message["reason"] == "compiler-artifact" && kinds.iter().any(|kind| kind == "bin");
        let path = message["executable"].as_str().filter(|_| is_program)?;
        Some(PathBuf::from(path))
    });
    programs.collect()
}

/// What the files of a crate looked like: another stamp, and something has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(u64);

/// How many files are looked at.
const MOST: usize = 20_000;

impl Stamp {
    /// Of the crate's sources and manifest, and of other folders.
    pub(crate) fn of(folder: &Path, more: &[PathBuf]) -> Self {
        let mut stamp = DefaultHasher::new();
        let own = ["Cargo.toml", "Cargo.lock", "build.rs", "src"].map(|name| folder.join(name));
        let mut waiting: Vec<PathBuf> = own.into_iter().chain(more.iter().cloned()).collect();
        let mut seen = 0;
        while let Some(path) = waiting.pop() {
            seen += 1;
            let Ok(about) = std::fs::symlink_metadata(&path) else {
                continue;
            };
            if about.is_dir() && seen < MOST {
                let inside = std::fs::read_dir(&path)
                    .into_iter()
                    .flatten()
                    .filter_map(Result::ok);
                let mut inside: Vec<_> = inside.map(|entry| entry.path()).collect();
                inside.retain(|path| path.file_name().is_none_or(|name| name != "target"));
                inside.sort();
                waiting.extend(inside);
            } else if about.is_file() {
                (&path, about.len(), about.modified().ok()).hash(&mut stamp);
            }
        }
        Self(stamp.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_changes_with_every_file_but_not_with_what_is_built() {
        let place = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = place.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("src/main.rs", "a");
        let first = Stamp::of(place.path(), &[]);
        write("target/debug/x", "built");
        assert_eq!(Stamp::of(place.path(), &[]), first);
        write("src/deep/er.rs", "new");
        let second = Stamp::of(place.path(), &[]);
        assert_ne!(second, first);
        write("src/main.rs", "longer");
        assert_ne!(Stamp::of(place.path(), &[]), second);
    }

    #[test]
    fn only_programs_count() {
        let said = "{\"reason\":\"compiler-artifact\",\"target\":{\"kind\":[\"lib\"]},\"executable\":null}\n\
             not json\n\
             {\"reason\":\"compiler-artifact\",\"target\":{\"kind\":[\"example\"]},\"executable\":\"/t/e\"}\n\
             {\"reason\":\"compiler-artifact\",\"target\":{\"kind\":[\"bin\"]},\"executable\":\"/t/x\"}\n\
             {\"reason\":\"build-finished\",\"success\":true}\n";
        assert_eq!(programs(said), [PathBuf::from("/t/x")]);
    }
}
