//! What a client says about itself when it opens a link, and afterwards.

use fmcp_core::{
    Error, Raw, Result,
    protocol::{
        Era, Params, Revision,
        model::{ClientCapabilities, Implementation, InitializeParams, LogLevel, Meta, Task},
    },
};
use serde::Serialize;
use serde_json::json;

/// What a client says about itself.
#[derive(Clone, Debug)]
pub struct Greeting {
    /// Who the client is.
    pub info: Implementation,
    /// What it can do for the server.
    pub capabilities: ClientCapabilities,
    /// From which level on it wants log messages.
    pub log_level: Option<LogLevel>,
    /// The revision to speak, and no other; `None`: the newest that both sides know.
    pub revision: Option<Revision>,
    /// The revision to begin with, where none is pinned; the server may settle on another.
    pub preferred: Option<Revision>,
}

impl Greeting {
    /// A client that can do nothing for the server.
    #[must_use]
    pub fn new(info: Implementation) -> Self {
        Self {
            info,
            capabilities: ClientCapabilities::new(),
            log_level: None,
            revision: None,
            preferred: None,
        }
    }

    /// The revision to begin with: the one that is pinned, or else preferred; `None`: the newest.
    #[must_use]
    pub fn first(&self) -> Option<Revision> {
        self.revision.or(self.preferred)
    }

    /// The metadata of every request of `revision`: all there is to know, in those without a handshake.
    ///
    /// # Errors
    /// When what the client says cannot be written as JSON.
    pub fn meta(&self, revision: Revision) -> Result<Meta> {
        let mut meta = Meta::new();
        if revision.era() == Era::Modern {
            meta.insert(Meta::PROTOCOL_VERSION, json!(revision.as_str()));
            meta.insert(Meta::CLIENT_INFO, write(&self.info)?);
            meta.insert(Meta::CLIENT_CAPABILITIES, write(&self.capabilities)?);
            if let Some(level) = self.log_level {
                meta.insert(Meta::LOG_LEVEL, json!(level.as_str()));
            }
        }
        Ok(meta)
    }

    /// The parameters of `server/discover` in a revision without a handshake.
    ///
    /// # Errors
    /// When what the client says cannot be written as JSON.
    pub fn discover(&self, revision: Revision) -> Result<Params> {
        Params::of(&json!({"_meta": self.meta(revision)?}))
    }

    /// The parameters of `initialize` in a revision with one.
    #[must_use]
    pub fn initialize(&self, revision: Revision) -> InitializeParams {
        let mut capabilities = self.capabilities.clone();
        if let Some(extensions) = &mut capabilities.extensions {
            // Nobody answers a call with a task there, unless asked to.
            extensions.remove(Task::EXTENSION);
            if extensions.is_empty() {
                capabilities.extensions = None;
            }
        }
        InitializeParams::new(revision.as_str(), capabilities, self.info.clone())
    }
}

fn write<T: Serialize>(value: &T) -> Result<Raw> {
    Raw::from_serialize(value)
        .map_err(|e| Error::invalid_params("it cannot be written as JSON").caused_by(e))
}
