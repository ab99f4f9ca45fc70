//! What is started, and how it is ended.

use std::{ffi::OsString, fmt, path::PathBuf, time::Duration};

use crate::client::duplex;

/// What is started, with what it is given, and how it is ended.
#[derive(Clone)]
#[non_exhaustive]
pub struct Settings {
    /// What the server is called in errors and in the log.
    pub name: String,
    /// The program: a path, or a name that is looked for in `PATH`.
    pub program: OsString,
    /// Its arguments. No shell reads them.
    pub arguments: Vec<OsString>,
    /// Variables of its environment, besides those that it inherits.
    pub environment: Vec<(OsString, OsString)>,
    /// Which variables it inherits from this process.
    pub inherit: Inherit,
    /// The folder that it runs in; `None`: that of this process.
    pub directory: Option<PathBuf>,
    /// Where what it writes to its standard error goes.
    pub stderr: Stderr,
    /// How long it may take to end.
    pub grace: Grace,
    /// How much it may do at once, and how often it is started again.
    pub each: duplex::Settings,
}

/// Which variables a server inherits.
///
/// An environment is where tokens are kept that are meant for somebody else, so a server gets what a
/// program needs to run, and what it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inherit {
    /// Those that a program needs to run, and that tell no secrets: `PATH`, `HOME`, the language, and the
    /// like.
    #[default]
    Safe,
    /// All.
    All,
    /// None.
    Nothing,
}

/// Where what a server writes to its standard error goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stderr {
    /// To the log, line by line, with the server's name. The last lines are part of the error when the
    /// server crashes.
    #[default]
    Log,
    /// To the end of this file.
    File(PathBuf),
    /// Where the standard error of this process goes.
    Inherit,
    /// Nowhere.
    Null,
}

/// How long a server may take to end.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Grace {
    /// After its standard input has been closed, before it is told to end (`SIGTERM`).
    pub close: Duration,
    /// After it has been told, before it is killed with all that it has started.
    pub terminate: Duration,
}

impl Default for Grace {
    fn default() -> Self {
        Self {
            close: Duration::from_secs(2),
            terminate: Duration::from_secs(2),
        }
    }
}

impl Settings {
    /// `program`, without arguments.
    #[must_use]
    pub fn new(program: impl Into<OsString>) -> Self {
        let program = program.into();
        let name = std::path::Path::new(&program).file_name();
        let name = name.unwrap_or(&program).to_string_lossy().into_owned();
        Self {
            name,
            program,
            arguments: Vec::new(),
            environment: Vec::new(),
            inherit: Inherit::default(),
            directory: None,
            stderr: Stderr::default(),
            grace: Grace::default(),
            each: duplex::Settings::default(),
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn arguments<A: Into<OsString>>(mut self, more: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(more.into_iter().map(Into::into));
        self
    }

    /// Adds a variable to its environment.
    #[must_use]
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }
}

/// Arguments and variables may hold what nobody should read in a log.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.environment.iter().map(|(name, _)| name).collect();
        f.debug_struct("Settings")
            .field("name", &self.name)
            .field("program", &self.program)
            .field("arguments", &self.arguments.len())
            .field("environment", &names)
            .field("inherit", &self.inherit)
            .field("directory", &self.directory)
            .field("stderr", &self.stderr)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show() {
        let settings = Settings::new("/usr/bin/server")
            .arguments(["--token", "hunter2"])
            .variable("TOKEN", "hunter3");
        let text = format!("{settings:?}");
        assert!(!text.contains("hunter"), "{text}");
        assert!(
            text.contains("TOKEN") && text.contains("\"server\""),
            "{text}"
        );
    }
}
