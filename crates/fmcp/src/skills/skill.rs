//! A skill of a server, as a client knows it.

use serde_json::{Map, Value};

use super::{Entry, Files, path};

/// What a server says of a skill. None of its files has been read yet, and nothing of it has been verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Skill {
    entry: Entry,
}

impl Skill {
    /// Takes what a server says, if it can be.
    pub(crate) fn new(entry: Entry) -> Result<Self, String> {
        match entry.fault() {
            Some(fault) => Err(fault),
            None => Ok(Self { entry }),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        path::folder_of(&self.entry.uri).map_or("", |(_, name)| name)
    }

    /// What it is for.
    #[must_use]
    pub fn description(&self) -> &str {
        let words = self.entry.frontmatter.get("description");
        words.and_then(Value::as_str).unwrap_or_default()
    }

    /// Where its instructions are.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.entry.uri
    }

    /// All that it says about itself.
    #[must_use]
    pub fn front_matter(&self) -> &Map<String, Value> {
        &self.entry.frontmatter
    }

    /// Which files it has.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.entry.files
    }

    /// Where its folder is.
    pub(super) fn root(&self) -> &str {
        path::folder_of(&self.entry.uri).map_or("", |(root, _)| root)
    }
}
