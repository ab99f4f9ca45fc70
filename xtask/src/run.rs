//! Commands: printed before they run, their output left alone.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

/// One call of cargo.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Cargo {
    args: Vec<String>,
    env: Vec<(&'static str, &'static str)>,
}

impl Cargo {
    pub(crate) fn new(args: &[&str]) -> Self {
        Self::default().args(args)
    }

    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|&arg| arg.to_owned()));
        self
    }

    pub(crate) fn env(mut self, key: &'static str, value: &'static str) -> Self {
        self.env.push((key, value));
        self
    }

    /// The command as one would type it.
    pub(crate) fn line(&self) -> String {
        let env = self
            .env
            .iter()
            .map(|(key, value)| format!("{key}=\"{value}\""));
        env.chain(["cargo".to_owned()])
            .chain(self.args.iter().cloned())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Prints the command and runs it in `folder`.
    pub(crate) fn run(&self, folder: &Path) -> Result<()> {
        println!("+ {}", self.line());
        let status = self
            .command(folder)
            .status()
            .context("cargo cannot be started")?;
        ensure!(status.success(), "`{}` failed ({status})", self.line());
        Ok(())
    }

    /// Whether the command succeeds, with nothing shown.
    pub(crate) fn succeeds(&self, folder: &Path) -> bool {
        let mut command = self.command(folder);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new("cargo");
        command
            .args(&self.args)
            .envs(self.env.iter().copied())
            .current_dir(folder);
        // `cargo run` sets these for xtask. Build scripts that watch them would build their crate again
        // on every change between `cargo xtask test` and a plain `cargo test`.
        for (key, _) in std::env::vars_os() {
            let name = key.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&key);
            }
        }
        command
    }
}

/// A cargo command that does not come with Rust.
pub(crate) struct Tool {
    pub(crate) subcommand: &'static str,
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
}

impl Tool {
    /// Installs the tool where cargo installs, unless some version of it is there.
    pub(crate) fn ensure(&self, folder: &Path) -> Result<()> {
        let version = Cargo::new(&[self.subcommand, "--version"]);
        if version.succeeds(folder) {
            return Ok(());
        }
        let install = Cargo::new(&[
            "install",
            "--locked",
            self.package,
            "--version",
            self.version,
        ]);
        install
            .run(folder)
            .with_context(|| format!("{} is missing and could not be installed", self.package))?;
        ensure!(
            version.succeeds(folder),
            "{} was installed, but `{}` still fails: is cargo's bin folder in PATH?",
            self.package,
            version.line()
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_reads_as_typed() {
        let doc = Cargo::new(&["doc"])
            .args(&["--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            doc.line(),
            "RUSTDOCFLAGS=\"-D warnings\" cargo doc --no-deps"
        );
    }

    #[test]
    fn a_failing_command_is_an_error_that_names_it() {
        let error = Cargo::new(&["no-such-command"])
            .run(Path::new("."))
            .unwrap_err();
        assert!(
            error.to_string().contains("`cargo no-such-command` failed"),
            "{error}"
        );
    }
}
