//! What tidy finds.

use std::fmt;

/// A broken rule at a line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    pub(crate) path: String,
    pub(crate) line: usize,
    message: String,
    /// The name by which the fault may be exempted, if it may be.
    what: Option<String>,
}

impl Fault {
    /// `message` says what is wrong and what to do.
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
            what: None,
        }
    }

    /// Lets a line of the exemption list excuse this fault.
    pub(crate) fn exemptable(mut self, what: impl Into<String>) -> Self {
        self.what = Some(what.into());
        self
    }

    pub(crate) fn is_excused_by(&self, path: &str, what: &str) -> bool {
        self.path == path && self.what.as_deref() == Some(what)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)?;
        match &self.what {
            Some(what) => write!(f, " [{what}]"),
            None => Ok(()),
        }
    }
}
