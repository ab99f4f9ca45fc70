//! What a configuration says, once it is checked.

use std::{path::PathBuf, time::Duration};

use fmcp_core::protocol::Revision;
use http::{HeaderName, HeaderValue, Uri};
use indexmap::IndexMap;

use super::{Names, Secret};
use crate::{Approvals, Reshape};

/// Which servers there are, by name, in the order in which they stand there.
///
/// ```
/// use fmcp::config::Servers;
///
/// let servers = Servers::parse(r#"{"mcpServers": {
///     "files": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "."]},
///     "crm": {"url": "https://example.com/mcp", "headers": {"X-Team": "${TEAM:-blue}"}}
/// }}"#)?;
/// assert_eq!(servers.names().collect::<Vec<_>>(), ["files", "crm"]);
///
/// let error = Servers::parse(r#"{"mcpServers": {"crm": {"url": "crm.example.com"}}}"#).unwrap_err();
/// assert!(error.to_string().starts_with("the configuration: mcpServers.crm.url: "));
/// # Ok::<(), fmcp::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Servers {
    pub(super) entries: IndexMap<Box<str>, Entry>,
    pub(crate) approvals: Option<Approvals>,
}

impl Servers {
    /// No server.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a server, or replaces the one of this name.
    #[must_use]
    pub fn with(mut self, name: impl Into<Box<str>>, entry: Entry) -> Self {
        self.entries.insert(name.into(), entry);
        self
    }

    /// Holds tools whose definition has changed until it is approved, where the servers are mounted.
    #[must_use]
    pub fn approvals(mut self, approvals: &Approvals) -> Self {
        self.approvals = Some(approvals.clone());
        self
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(AsRef::as_ref)
    }

    /// The server of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// The servers.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(name, entry)| (name.as_ref(), entry))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// One server: how it is reached, and what is let through.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// How it is reached.
    pub way: Way,
    /// How long one call may take, where it says so.
    pub timeout: Option<Duration>,
    /// The revision to speak, and no other, where it says so.
    pub revision: Option<Revision>,
    /// Which of its tools there are.
    pub tools: Names,
    /// Tools that are offered in another shape, where the server is mounted.
    pub reshapes: Vec<Reshape>,
    /// Tags of which a component must have one, where the server is mounted.
    pub include_tags: Option<Vec<Box<str>>>,
    /// Tags of which a component must have none, where the server is mounted.
    pub exclude_tags: Vec<Box<str>>,
    /// The domain that its tools belong to where they are discovered, whatever they say themselves.
    pub domain: Option<Box<str>>,
    /// The group within that domain.
    pub group: Option<Box<str>>,
    /// Headers of callers that are passed on, where the server is mounted.
    pub pass_headers: Vec<HeaderName>,
    /// Whether it is to be left alone.
    pub disabled: bool,
}

impl Entry {
    /// A server that is reached like this, whole.
    #[must_use]
    pub fn new(way: Way) -> Self {
        Self {
            way,
            timeout: None,
            revision: None,
            tools: Names::new(),
            reshapes: Vec::new(),
            include_tags: None,
            exclude_tags: Vec::new(),
            domain: None,
            group: None,
            pass_headers: Vec::new(),
            disabled: false,
        }
    }
}

/// How a server is reached.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Way {
    /// It is started.
    Command(Command),
    /// It is called.
    Remote(Remote),
}

/// A program that is a server on its standard streams.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Command {
    /// The program.
    pub program: Box<str>,
    /// Its arguments.
    pub args: Vec<String>,
    /// What is added to its environment.
    pub env: Vec<(String, Secret)>,
    /// The folder that it works in.
    pub cwd: Option<PathBuf>,
    /// The file that its standard error is added to; without one, it goes to the log.
    pub stderr: Option<PathBuf>,
}

impl Command {
    /// A program without arguments.
    #[must_use]
    pub fn new(program: impl Into<Box<str>>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            cwd: None,
            stderr: None,
        }
    }
}

/// A server at an address.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Remote {
    /// The address.
    pub url: Uri,
    /// Which transport, where it says so; else it is found out.
    pub kind: Option<RemoteKind>,
    /// Headers of every request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How the client proves who is calling.
    pub auth: Auth,
}

impl Remote {
    /// A server at this address.
    #[must_use]
    pub fn new(url: Uri) -> Self {
        Self {
            url,
            kind: None,
            headers: Vec::new(),
            auth: Auth::None,
        }
    }
}

/// A transport to a server at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemoteKind {
    /// Streamable HTTP.
    Http,
    /// HTTP+SSE of 2024-11-05.
    Sse,
    /// WebSocket.
    WebSocket,
}

/// How a client proves who is calling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Auth {
    /// Not at all, or by headers.
    #[default]
    None,
    /// By a token.
    Bearer(Secret),
    /// By OAuth: the user is asked in a browser.
    OAuth,
}
