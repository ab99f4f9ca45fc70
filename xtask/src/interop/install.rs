//! What the clients need: found, or put under `target/interop`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    combination::{Combination, Other},
    peer::Peer,
    sdk::Sdk,
};
use crate::run::Cargo;

/// Where everything is.
pub(super) struct Installed {
    /// Our server's program.
    pub(super) server: PathBuf,
    /// Our client's program.
    pub(super) client: PathBuf,
    /// Everything that is put there for the tests.
    pub(super) folder: PathBuf,
}

impl Installed {
    /// Builds our own programs, and makes ready what these combinations need beside them.
    pub(super) fn prepare(root: &Path, chosen: &[Combination]) -> Result<Self> {
        let exe = std::env::current_exe().context("the path of xtask")?;
        let profile = exe.parent().context("xtask lies in a folder")?;
        let program = |name: &str| profile.join(name.to_owned() + std::env::consts::EXE_SUFFIX);
        let installed = Self {
            server: program("interop-server"),
            client: program("interop-client"),
            folder: profile.with_file_name("interop"),
        };
        let sources = root.join("interop");
        fs::create_dir_all(installed.logs())?;
        let build = "build --package fmcp-interop --package fmcp-interop-client";
        Cargo::new(&build.split(' ').collect::<Vec<_>>()).run(root)?;
        let needs = |language| chosen.iter().any(|one| language_of(one.other) == language);
        if needs(Language::TypeScript) {
            typescript(
                &sources.join("typescript"),
                &installed.folder.join("typescript"),
            )?;
        }
        if needs(Language::Python) {
            python(&sources.join("python"), &installed.folder.join("python"))?;
        }
        if needs(Language::Rust) {
            rust(root, &installed.folder.join("rust"))?;
        }
        Ok(installed)
    }

    /// The client's program, without its arguments.
    pub(super) fn client(&self, root: &Path, sdk: Sdk) -> Command {
        let node = |generation: &str| {
            let mut node = Command::new("node");
            node.arg(self.folder.join("typescript").join("client.mjs"));
            node.arg(generation);
            node
        };
        match sdk {
            Sdk::TypeScript1 => node("1"),
            Sdk::TypeScript2 => node("2"),
            Sdk::Python => {
                let mut python = Command::new(interpreter(&self.folder.join("python")));
                python.arg(root.join("interop/python/client.py"));
                python.env("PYTHONDONTWRITEBYTECODE", "1");
                python
            }
            Sdk::Rust => Command::new(self.folder.join("rust/debug/fmcp-interop-rust")),
        }
    }

    /// Where what clients and servers say beside the protocol is kept.
    pub(super) fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }
}

/// What has to be installed to run somebody.
#[derive(PartialEq)]
enum Language {
    /// Nothing: they are ours.
    Ours,
    TypeScript,
    Python,
    Rust,
}

fn language_of(other: Other) -> Language {
    match other {
        Other::Client(Sdk::Python) => Language::Python,
        Other::Client(Sdk::Rust) => Language::Rust,
        Other::Client(Sdk::TypeScript1 | Sdk::TypeScript2) => Language::TypeScript,
        Other::Server(peer) | Other::Upstream(peer) => match peer {
            Peer::Fmcp => Language::Ours,
            Peer::Python | Peer::FastmcpPython => Language::Python,
            Peer::Rust => Language::Rust,
            _ => Language::TypeScript,
        },
    }
}

/// Node finds packages beside the program only, so that the program is copied to where they are.
fn typescript(sources: &Path, folder: &Path) -> Result<()> {
    tool("node", &[20])?;
    tool("npm", &[])?;
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(sources)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
    }
    once(
        &sources.join("package-lock.json"),
        &folder.join("node_modules/.of"),
        || {
            run(Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .arg("--loglevel=error")
                .current_dir(folder))
        },
    )
}

/// The packages for Python, for others who need them.
pub(crate) fn python_for(root: &Path) -> Result<()> {
    let exe = std::env::current_exe().context("the path of xtask")?;
    let profile = exe.parent().context("xtask lies in a folder")?;
    let folder = profile.with_file_name("interop").join("python");
    fs::create_dir_all(&folder)?;
    python(&root.join("interop/python"), &folder)
}

fn python(sources: &Path, folder: &Path) -> Result<()> {
    tool("python3", &[3, 11])?;
    let requirements = sources.join("requirements.txt");
    once(&requirements, &folder.join(".of"), || {
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(folder))
        .context("python3 has no venv: on Debian, install python3-venv")?;
        run(Command::new(interpreter(folder))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(&requirements))
    })
}

pub(super) fn interpreter(folder: &Path) -> PathBuf {
    if cfg!(windows) {
        folder.join("Scripts/python.exe")
    } else {
        folder.join("bin/python")
    }
}

/// Installs what the list says, unless that has been done: the stamp has the list in it.
fn once(list: &Path, stamp: &Path, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted = fs::read(list).with_context(|| format!("reading {}", list.display()))?;
    if fs::read(stamp).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    install()?;
    fs::write(stamp, wanted).with_context(|| format!("writing {}", stamp.display()))
}

fn rust(root: &Path, target: &Path) -> Result<()> {
    let target = target.to_str();
    let target = target.context("the name of the target folder is not in UTF-8")?;
    let build = "build --locked --manifest-path interop/rust/Cargo.toml --target-dir";
    let build: Vec<_> = build.split(' ').collect();
    Cargo::new(&build).args(&[target]).run(root)
}

/// Whether a tool can be started and is new enough. Without it there is no test, which is a failure.
fn tool(name: &str, least: &[u32]) -> Result<()> {
    let wanted = least.iter().map(u32::to_string).collect::<Vec<_>>();
    let wanted = match &wanted[..] {
        [] => String::new(),
        parts => format!(" {} or newer", parts.join(".")),
    };
    let Ok(said) = Command::new(name).arg("--version").output() else {
        bail!("`{name}` is missing: install {name}{wanted}");
    };
    let said = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    let is_new_enough = version(&said).is_some_and(|version| version >= least.to_vec());
    ensure!(
        is_new_enough,
        "`{name}` is {said:?}: install {name}{wanted}"
    );
    Ok(())
}

/// The first version in a text: `v20.1.0`, `Python 3.11.7`.
fn version(text: &str) -> Option<Vec<u32>> {
    let begin = text.find(|c: char| c.is_ascii_digit())?;
    let end = |c: char| !c.is_ascii_digit() && c != '.';
    let version = text[begin..].split(end).next()?;
    version.split('.').map(|part| part.parse().ok()).collect()
}

fn run(command: &mut Command) -> Result<()> {
    println!("+ {command:?}");
    let status = command
        .status()
        .with_context(|| format!("{command:?} cannot be started"))?;
    ensure!(status.success(), "{command:?} failed ({status})");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_is_named() {
        let error = tool("no-such-tool", &[1, 2]).unwrap_err();
        let words = "`no-such-tool` is missing: install no-such-tool 1.2 or newer";
        assert_eq!(error.to_string(), words);
    }

    #[test]
    fn an_old_tool_is_told_from_a_new_one() {
        assert_eq!(version("v20.1.0"), Some(vec![20, 1, 0]));
        assert_eq!(version("Python 3.11.7+build"), Some(vec![3, 11, 7]));
        assert_eq!(version("unknown"), None);
        assert!(version("3.9.2") < Some(vec![3, 11]));
        assert!(tool("cargo", &[1, 9999]).is_err());
        assert!(tool("cargo", &[1, 95]).is_ok());
    }
}
