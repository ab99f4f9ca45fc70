//! What the clients need: found, or put under `target/interop`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

use super::sdk::Sdk;
use crate::run::Cargo;

/// Where everything is.
pub(super) struct Installed {
    /// The server's program.
    pub(super) server: PathBuf,
    /// Everything that is put there for the tests.
    pub(super) folder: PathBuf,
}

impl Installed {
    /// Builds the server and makes these SDKs ready.
    pub(super) fn prepare(root: &Path, sdks: &[Sdk]) -> Result<Self> {
        let exe = std::env::current_exe().context("the path of xtask")?;
        let profile = exe.parent().context("xtask lies in a folder")?;
        let installed = Self {
            server: profile.join(format!("interop-server{}", std::env::consts::EXE_SUFFIX)),
            folder: profile.with_file_name("interop"),
        };
        let sources = root.join("interop");
        fs::create_dir_all(installed.logs())?;
        Cargo::new(&["build", "--package", "fmcp-interop"]).run(root)?;
        if sdks.contains(&Sdk::TypeScript1) || sdks.contains(&Sdk::TypeScript2) {
            typescript(
                &sources.join("typescript"),
                &installed.folder.join("typescript"),
            )?;
        }
        if sdks.contains(&Sdk::Python) {
            python(&sources.join("python"), &installed.folder.join("python"))?;
        }
        if sdks.contains(&Sdk::Rust) {
            let target = installed.folder.join("rust");
            let target = target
                .to_str()
                .context("the target folder has no name in UTF-8")?;
            Cargo::new(&["build", "--locked", "--target-dir", target])
                .run(&sources.join("rust"))?;
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

/// Node finds packages beside the program only, so that the program is copied to where they are.
fn typescript(sources: &Path, folder: &Path) -> Result<()> {
    tool("node", "Node.js 20 or newer")?;
    tool("npm", "npm, which comes with Node.js")?;
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
                .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
                .current_dir(folder))
        },
    )
}

fn python(sources: &Path, folder: &Path) -> Result<()> {
    tool("python3", "Python 3.11 or newer")?;
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

fn interpreter(folder: &Path) -> PathBuf {
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

/// Whether a tool can be started. Without it there is no test, which is a failure.
fn tool(name: &str, what: &str) -> Result<()> {
    let mut command = Command::new(name);
    command
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        _ => bail!("`{name}` is missing: install {what}"),
    }
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
        let error = tool("no-such-tool", "Nothing 1.0").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`no-such-tool` is missing: install Nothing 1.0"
        );
    }
}
