//! A message that nobody answers.

use std::time::Duration;

use crate::protocol::{
    Params, Topic,
    model::{CancelledParams, LogMessageParams, ProgressParams},
};

/// A notification, in either direction.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Notice {
    /// A request is getting on.
    Progress(ProgressParams),
    /// A log message for the client.
    Log(LogMessageParams),
    /// A request is no longer wanted.
    Cancelled(CancelledParams),
    /// The list of components of a kind is not what it was.
    ListChanged(crate::ComponentKind),
    /// The resource of this URI is not what it was.
    ResourceUpdated(Box<str>),
    /// The handshake of a legacy session is over.
    Initialized,
    /// The client's list of roots is not what it was.
    RootsChanged,
    /// Not for the wire: the caller may hang up now, and come back for the rest after this long.
    /// Transports that can resume do so; others let it be.
    HangUp(Duration),
    /// Not for the wire: something is wrong with the way to the client, in words for the log.
    Broken(Box<str>),
    /// Any other.
    Other(Topic, Params),
}

impl Notice {
    /// The notification as it came. One whose parameters do not fit stays as it is.
    #[must_use]
    pub fn read(topic: Topic, params: Params) -> Self {
        use crate::ComponentKind as Kind;
        let known = match &topic {
            Topic::Progress => params.parse().ok().map(Self::Progress),
            Topic::Message => params.parse().ok().map(Self::Log),
            Topic::Cancelled => params.parse().ok().map(Self::Cancelled),
            Topic::ToolsChanged => Some(Self::ListChanged(Kind::Tool)),
            Topic::ResourcesChanged => Some(Self::ListChanged(Kind::Resource)),
            Topic::PromptsChanged => Some(Self::ListChanged(Kind::Prompt)),
            Topic::ResourceUpdated => params.name().map(|uri| Self::ResourceUpdated(uri.into())),
            Topic::Initialized => Some(Self::Initialized),
            Topic::RootsChanged => Some(Self::RootsChanged),
            _ => None,
        };
        known.unwrap_or(Self::Other(topic, params))
    }

    /// What it tells.
    #[must_use]
    pub fn topic(&self) -> Topic {
        use crate::ComponentKind as Kind;
        match self {
            Self::Progress(_) => Topic::Progress,
            Self::Log(_) => Topic::Message,
            Self::Cancelled(_) => Topic::Cancelled,
            Self::ListChanged(Kind::Tool) => Topic::ToolsChanged,
            Self::ListChanged(Kind::Resource | Kind::Template) => Topic::ResourcesChanged,
            Self::ListChanged(Kind::Prompt) => Topic::PromptsChanged,
            Self::ResourceUpdated(_) => Topic::ResourceUpdated,
            Self::Initialized => Topic::Initialized,
            Self::RootsChanged => Topic::RootsChanged,
            Self::HangUp(_) => Topic::from("fmcp/hangUp"),
            Self::Broken(_) => Topic::from("fmcp/broken"),
            Self::Other(topic, _) => topic.clone(),
        }
    }
}
