//! Which server somebody means who types one word.

use std::path::Path;

use fmcp::{
    IntoTarget as _, Target,
    config::{ConfigError, Entry, Servers, Way},
};

use super::fastmcp;
use crate::{
    clients::{self, CLIENTS, Machine},
    outcome::Failure,
    settings::Settings,
    unknown::nearest,
};

/// The server that is meant.
pub(crate) struct Found {
    /// How it is reached.
    pub(crate) target: Target,
    /// All that a configuration says of it, where it is one of a configuration.
    pub(crate) entry: Option<Entry>,
    /// Whether it is all that a configuration names.
    is_configuration: bool,
    /// Whether it is several servers, of which one at least is at an address.
    has_several: bool,
}

/// What kind of server is meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Manner {
    /// One that runs elsewhere.
    Address,
    /// One that is started.
    Program,
    /// All that a configuration names.
    Configuration,
}

/// The server that is meant: one that the settings name, else what the library makes of it.
pub(crate) fn find(text: &str, only: Option<&str>, settings: &Settings) -> Result<Found, Failure> {
    if let Some(file) = &settings.file
        && let Some(entry) = file.servers.get(text)
    {
        return Ok(Found::of_entry(entry));
    }
    let Some(only) = only else {
        return match of_client(text)? {
            Some(entry) => Ok(Found::of_entry(&entry)),
            None => match fastmcp::read(Path::new(text))? {
                Some(target) => Ok(Found::of(target)),
                None => Found::of_text(text).and_then(|found| found.understood(text, settings)),
            },
        };
    };
    let path = Path::new(text);
    if !path.is_file() {
        let words = format!("--only {only}: {text} is no configuration of several servers");
        return Err(Failure::usage(words));
    }
    let servers = Servers::read(path).map_err(|error| faulty(&error))?;
    match servers.get(only) {
        Some(entry) => Ok(Found::of_entry(entry)),
        None => {
            let names: Vec<_> = servers.names().collect();
            let words = format!("there is no server {only:?} in {text}");
            Err(Failure::usage(words).hint(format!("one of {}", names.join(", "))))
        }
    }
}

/// The server that `fmcp discover` calls `cursor:files`.
fn of_client(text: &str) -> Result<Option<Entry>, Failure> {
    let is_client = |name: &str| name == "here" || CLIENTS.iter().any(|client| client.name == name);
    let Some((client, name)) = text.split_once(':').filter(|(client, _)| is_client(client)) else {
        return Ok(None);
    };
    let here = std::env::current_dir().map_err(|e| Failure::usage(e.to_string()))?;
    match clients::find(client, name, &Machine::here(), &here) {
        Some(entry) => Ok(Some(entry)),
        None => Err(Failure::usage(format!("{client} knows no server {name:?}"))
            .hint("`fmcp discover` shows those that there are")),
    }
}

impl Found {
    /// One that needs no configuration.
    pub(crate) fn of(target: Target) -> Self {
        Self {
            target,
            entry: None,
            is_configuration: false,
            has_several: false,
        }
    }

    /// What the library makes of a text. A configuration is read here, and only here: what is odd in it is
    /// told once.
    ///
    /// # Errors
    /// All that is wrong with a configuration.
    pub(crate) fn of_text(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        let (servers, name) = match text.starts_with('{') {
            true => (Servers::parse(text), "the configuration"),
            false if is_configuration(Path::new(text)) => (Servers::read(text), text),
            false => return Ok(Self::of(text.into_target())),
        };
        let servers = servers.map_err(|error| faulty(&error))?;
        if servers.iter().all(|(_, entry)| entry.disabled) {
            let words = match servers.is_empty() {
                true => format!("{name} names no server"),
                false => format!("{name} names no server that is not disabled"),
            };
            return Err(Failure::usage(words));
        }
        Ok(Self {
            is_configuration: true,
            has_several: has_several(&servers),
            ..Self::of(servers.into_target())
        })
    }

    /// Itself, unless it is nothing that a client could be connected to: then a server that the settings name
    /// may be meant.
    fn understood(self, text: &str, settings: &Settings) -> Result<Self, Failure> {
        let Err(error) = self.target.clone().way() else {
            return Ok(self);
        };
        let failure = Failure::usage(error.to_string());
        let near = settings.file.as_ref().and_then(|file| {
            let near = nearest(text, file.servers.names())?;
            Some(format!("did you mean {near:?}, of {}?", file.name))
        });
        Err(failure.hint(near.unwrap_or_else(|| {
            "an address (https://…/mcp), a program, a command in quotes, or a configuration"
                .to_owned()
        })))
    }

    fn of_entry(entry: &Entry) -> Self {
        let target = match &entry.way {
            Way::Command(command) => command.clone().into_target(),
            Way::Remote(remote) => remote.clone().into_target(),
            // A way that this program does not know is for the library to refuse.
            _ => Servers::new().with("server", entry.clone()).into_target(),
        };
        let target = match entry.revision {
            Some(revision) => target.revision(revision),
            None => target,
        };
        Self {
            entry: Some(entry.clone()),
            ..Self::of(target)
        }
    }

    /// What kind of server it is.
    pub(crate) fn manner(&self) -> Manner {
        match self.target.clone().way() {
            _ if self.is_configuration => Manner::Configuration,
            Ok(Some(Way::Command(_))) => Manner::Program,
            _ => Manner::Address,
        }
    }

    /// As a client connects to it: what its configuration does not let through is not there.
    pub(crate) fn for_client(self) -> Target {
        match self.entry {
            Some(mut entry) if !entry.tools.admit_all() || entry.timeout.is_some() => {
                // Whoever names it wants it.
                entry.disabled = false;
                Servers::new().with("server", entry).into_target()
            }
            _ => self.target,
        }
    }

    /// Whether its configuration says more than how it is reached.
    pub(crate) fn is_shaped(&self) -> bool {
        self.entry.as_ref().is_some_and(is_shaped)
    }

    /// Lets headers and a token go to one server only: of several, each would learn what is meant for another.
    ///
    /// # Errors
    /// When there are several.
    pub(crate) fn keeps_secrets(
        &self,
        text: &str,
        headers: &[String],
        auth: &str,
    ) -> Result<(), Failure> {
        // With `oauth` the user signs in to each of them.
        let has_token = !["", "none", "oauth"].contains(&auth);
        let what = match (headers.is_empty(), has_token) {
            (false, _) => "--header",
            (true, true) => "the token of --auth, FMCP_AUTH or the settings",
            (true, false) => return Ok(()),
        };
        if !self.has_several {
            return Ok(());
        }
        // A whole configuration may hold secrets of its own.
        let name = match text.trim_start().starts_with('{') {
            true => "the configuration",
            false => text,
        };
        let words = format!("{what} would go to every server of {name}");
        Err(Failure::usage(words).hint(
            "--only NAME takes one of them; or give each its `auth` or `headers` in the configuration",
        ))
    }
}

/// Whether the library reads it as a configuration.
fn is_configuration(path: &Path) -> bool {
    let is_json = |ending: &std::ffi::OsStr| ending.eq_ignore_ascii_case("json");
    path.extension().is_some_and(is_json) && path.is_file()
}

/// What is wrong with a configuration, in its own words.
fn faulty(error: &ConfigError) -> Failure {
    let failure = Failure::usage(error.to_string());
    match &error.file {
        Some(file) => failure.hint(format!("`fmcp config check {file}`, once it is mended")),
        None => failure,
    }
}

fn has_several(servers: &Servers) -> bool {
    let entries = servers.iter().map(|(_, entry)| entry);
    let enabled: Vec<_> = entries.filter(|entry| !entry.disabled).collect();
    let is_remote = |entry: &&Entry| matches!(entry.way, Way::Remote(_));
    enabled.len() > 1 && enabled.iter().any(is_remote)
}

/// Whether the entry says more than how the server is reached.
pub(crate) fn is_shaped(entry: &Entry) -> bool {
    !entry.tools.admit_all()
        || entry.timeout.is_some()
        || entry.revision.is_some()
        || !entry.reshapes.is_empty()
        || entry.include_tags.is_some()
        || !entry.exclude_tags.is_empty()
        || !entry.pass_headers.is_empty()
}
