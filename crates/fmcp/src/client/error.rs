//! How using a server fails.

use std::{error::Error as StdError, fmt, time::Duration};

use fmcp_core::{Error, Kind, protocol::model::InputRequiredResult};

use super::answer::CallResult;

/// How using a server fails.
///
/// ```
/// use fmcp::{Client, ClientError, Server, Tool, ToolError};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
/// let refuse = || async { Err::<String, _>(ToolError::new("not on Sundays")) };
/// let client = Client::connect(Server::new("s").tool(Tool::new("open", refuse))).await?;
///
/// match client.call("open", ()).await {
///     Err(ClientError::Tool { message, .. }) => assert_eq!(message, "not on Sundays"),
///     other => panic!("{other:?}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// The tool ran, and says that it failed.
    #[non_exhaustive]
    Tool {
        /// The tool.
        name: Box<str>,
        /// What it says, as text.
        message: String,
        /// All that it gave.
        result: Box<CallResult>,
    },
    /// The server, or the way to it, answered with an error.
    #[non_exhaustive]
    Call {
        /// What was asked.
        what: Box<str>,
        /// The error.
        error: Error,
    },
    /// No answer came in time. The call has been cancelled.
    #[non_exhaustive]
    Timeout {
        /// What was asked.
        what: Box<str>,
        /// How long it was waited for.
        after: Duration,
        /// Whether there was no sign of progress for so long either.
        is_silence: bool,
    },
    /// The call was ended by its token ([`CallOptions::cancel`](crate::CallOptions::cancel)).
    #[non_exhaustive]
    Cancelled {
        /// What was asked.
        what: Box<str>,
    },
    /// The client was closed before there was an answer.
    #[non_exhaustive]
    Closed {
        /// What was asked.
        what: Box<str>,
    },
    /// The tool gave something else than its output schema promises.
    #[non_exhaustive]
    Output {
        /// The tool.
        name: Box<str>,
        /// Where it breaks which rule.
        why: String,
        /// All that it gave.
        result: Box<CallResult>,
    },
    /// What was to be sent cannot be written as JSON.
    #[non_exhaustive]
    Unwritable {
        /// What was to be asked.
        what: Box<str>,
        /// Why not.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The answer is not of the type, or of the kind, that was asked for.
    #[non_exhaustive]
    Unreadable {
        /// What was asked.
        what: Box<str>,
        /// Why not.
        why: String,
    },
    /// A file of a skill is not what the server has listed, so it is not used.
    #[non_exhaustive]
    Unverified {
        /// The file.
        what: Box<str>,
        /// What differs.
        why: String,
    },
    /// What was read could not be written to the disk.
    #[non_exhaustive]
    Unsaved {
        /// What was read.
        what: Box<str>,
        /// Why not.
        source: std::io::Error,
    },
    /// A list was not read to its end.
    #[non_exhaustive]
    Endless {
        /// Which list.
        what: Box<str>,
        /// Why not.
        why: String,
    },
}

impl ClientError {
    pub(super) fn call(what: &str, error: Error) -> Self {
        Self::Call {
            what: what.into(),
            error,
        }
    }

    pub(crate) fn unreadable(what: &str, why: impl Into<String>) -> Self {
        Self::Unreadable {
            what: what.into(),
            why: why.into(),
        }
    }

    pub(super) fn unwritable(
        what: &str,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::Unwritable {
            what: what.into(),
            source: source.into(),
        }
    }

    /// What was asked: the method, and the name or URI that it was asked about.
    #[must_use]
    pub fn what(&self) -> &str {
        match self {
            Self::Tool { name, .. } | Self::Output { name, .. } => name,
            Self::Call { what, .. }
            | Self::Cancelled { what }
            | Self::Closed { what }
            | Self::Timeout { what, .. }
            | Self::Unwritable { what, .. }
            | Self::Unreadable { what, .. }
            | Self::Unverified { what, .. }
            | Self::Unsaved { what, .. }
            | Self::Endless { what, .. } => what,
        }
    }

    /// The kind of error, in the words of the protocol.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Tool { .. } => Kind::Handler,
            Self::Call { error, .. } => error.kind(),
            Self::Timeout { .. } => Kind::Timeout,
            Self::Unwritable { .. } => Kind::InvalidParams,
            Self::Cancelled { .. } | Self::Closed { .. } => Kind::Cancelled,
            Self::Output { .. }
            | Self::Unreadable { .. }
            | Self::Unverified { .. }
            | Self::Unsaved { .. }
            | Self::Endless { .. } => Kind::Internal,
        }
    }

    /// Whether the same call may succeed later. Whether it is safe to repeat is for the caller to know.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Call { error, .. } => error.is_retryable(),
            Self::Timeout { .. } => true,
            _ => false,
        }
    }

    /// All that the tool gave, if it is the tool that failed, or broke its promise.
    #[must_use]
    pub fn tool_result(&self) -> Option<&CallResult> {
        match self {
            Self::Tool { result, .. } | Self::Output { result, .. } => Some(result),
            _ => None,
        }
    }

    /// The questions to the user, where the call ended with some.
    ///
    /// # Errors
    /// The error itself where it did not.
    pub fn into_questions(self) -> Result<InputRequiredResult, Self> {
        match self {
            Self::Call { what, error } => error
                .into_questions()
                .map_err(|error| Self::Call { what, error }),
            other => Err(other),
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tool { name, message, .. } => write!(f, "tool {name:?} failed: {message}"),
            Self::Call { what, error } => write!(f, "{what}: {error}"),
            Self::Timeout {
                what,
                after,
                is_silence,
            } => {
                let sign = if *is_silence { " and no progress" } else { "" };
                write!(
                    f,
                    "{what}: no answer{sign} within {after:?}; the call was cancelled"
                )
            }
            Self::Cancelled { what } => write!(f, "{what}: cancelled before there was an answer"),
            Self::Closed { what } => write!(f, "{what}: the client has been closed"),
            Self::Output { name, why, .. } => {
                write!(
                    f,
                    "tool {name:?} did not give what its output schema promises: {why}"
                )
            }
            Self::Unwritable { what, source } => write!(f, "{what}: cannot be sent: {source}"),
            Self::Unreadable { what, why } => write!(f, "{what}: {why}"),
            Self::Unverified { what, why } => write!(f, "{what}: not used, because {why}"),
            Self::Unsaved { what, source } => write!(f, "{what}: cannot be saved: {source}"),
            Self::Endless { what, why } => write!(f, "{what}: {why}"),
        }
    }
}

impl StdError for ClientError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Call { error, .. } => StdError::source(error),
            Self::Unwritable { source, .. } => Some(&**source),
            Self::Unsaved { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<ClientError> for Error {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Call { error, .. } => error,
            other => Self::new(other.kind(), other.to_string()).caused_by(other),
        }
    }
}
