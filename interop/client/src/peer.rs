//! Who the servers are, and what each does otherwise than the specification, or than the others.

use std::time::Duration;

use anyhow::{Result, bail};
use fmcp::{Kind, Revision};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Peer {
    Fmcp,
    TypeScript1,
    TypeScript2,
    Python,
    Rust,
    FastmcpPython,
    FastmcpTypeScript,
    Everything,
    Filesystem,
    Memory,
    /// The second TypeScript SDK behind an authorization server.
    Oidc,
}

/// How a call is refused that nobody can answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// By an error.
    Error(Kind),
    /// By a result that says that the tool failed, though there is no such tool.
    Result,
}

const NAMES: [(&str, Peer); 11] = [
    ("fmcp", Peer::Fmcp),
    ("typescript-1", Peer::TypeScript1),
    ("typescript-2", Peer::TypeScript2),
    ("python", Peer::Python),
    ("rust", Peer::Rust),
    ("fastmcp-python", Peer::FastmcpPython),
    ("fastmcp-typescript", Peer::FastmcpTypeScript),
    ("everything", Peer::Everything),
    ("filesystem", Peer::Filesystem),
    ("memory", Peer::Memory),
    ("oidc", Peer::Oidc),
];

impl Peer {
    pub(crate) fn named(name: &str) -> Result<Self> {
        match NAMES.iter().find(|(word, _)| *word == name) {
            Some((_, peer)) => Ok(*peer),
            None => bail!("nobody is called {name:?}"),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        let named = NAMES.iter().find(|(_, peer)| *peer == self);
        named.map_or("nobody", |(word, _)| word)
    }

    /// The newest revision that it speaks.
    pub(crate) fn newest(self) -> Revision {
        match self {
            Self::Fmcp | Self::TypeScript2 | Self::Python | Self::Rust | Self::FastmcpPython => {
                Revision::NEWEST
            }
            _ => Revision::NEWEST_LEGACY,
        }
    }

    /// What it says to the name of a tool that it does not have.
    pub(crate) fn unknown_tool(self) -> Refusal {
        match self {
            Self::TypeScript1 | Self::Python | Self::FastmcpPython => Refusal::Result,
            Self::FastmcpTypeScript => Refusal::Error(Kind::MethodNotFound),
            _ => Refusal::Error(Kind::InvalidParams),
        }
    }

    /// What it says to arguments that do not fit.
    pub(crate) fn wrong_arguments(self) -> Refusal {
        match self {
            Self::FastmcpTypeScript => Refusal::Error(Kind::InvalidParams),
            _ => Refusal::Result,
        }
    }

    /// What it says to the address of a note that is not there.
    pub(crate) fn missing_note(self, revision: Revision) -> Kind {
        match self {
            Self::FastmcpPython | Self::FastmcpTypeScript => Kind::Internal,
            _ if self != Self::TypeScript2 && revision < Revision::NEWEST => Kind::NotFound,
            _ => Kind::InvalidParams,
        }
    }

    /// Whether it tells who has subscribed to a resource that it has changed.
    pub(crate) fn has_subscriptions(self) -> bool {
        self != Self::FastmcpPython
    }

    /// How many of its three lists are others when it says so of all. A proxy tells only of those.
    pub(crate) fn changed_lists(self) -> usize {
        match self {
            Self::Python => 2,
            _ => 3,
        }
    }

    /// Whether it keeps to the level of the log that it is asked for.
    pub(crate) fn heeds_levels(self) -> bool {
        self != Self::FastmcpTypeScript
    }

    /// How long a session has begun before the server tells it of changes, and knows its roots.
    pub(crate) fn settling(self) -> Duration {
        match self {
            Self::FastmcpTypeScript => Duration::from_millis(2500),
            _ => Duration::ZERO,
        }
    }

    /// Whether its server can send a caller away who comes back for the answer.
    pub(crate) fn can_hang_up(self) -> bool {
        !matches!(self, Self::Rust | Self::FastmcpTypeScript)
    }
}
