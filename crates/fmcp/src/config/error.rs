//! What is wrong with a configuration.

use std::{error::Error as StdError, fmt};

/// One thing that is wrong: where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Where in the file: `mcpServers.weather.args[1]`.
    pub path: String,
    /// What is wrong there.
    pub why: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.why);
        }
        write!(f, "{}: {}", self.path, self.why)
    }
}

/// All that is wrong with a configuration.
#[derive(Debug)]
#[non_exhaustive]
pub struct ConfigError {
    /// The file, where it came from one.
    pub file: Option<Box<str>>,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

impl ConfigError {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Self { file: None, faults }
    }

    pub(super) fn whole(why: impl Into<String>) -> Self {
        let path = String::new();
        Self::new(vec![Fault {
            path,
            why: why.into(),
        }])
    }

    pub(super) fn in_file(mut self, file: impl Into<Box<str>>) -> Self {
        self.file = Some(file.into());
        self
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.as_deref().unwrap_or("the configuration"))?;
        match self.faults.as_slice() {
            [fault] => write!(f, ": {fault}"),
            faults => {
                write!(f, " has {} faults:", faults.len())?;
                faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
            }
        }
    }
}

impl StdError for ConfigError {}

impl From<ConfigError> for fmcp_core::Error {
    fn from(error: ConfigError) -> Self {
        Self::invalid_params(error.to_string()).caused_by(error)
    }
}
