//! How a handler fails.

use std::{error::Error as StdError, fmt};

use crate::{
    Error, Raw,
    protocol::model::{Content, InputRequiredResult},
};

/// How a tool fails: what the author says, what some library said, or an error of the protocol.
///
/// A message made by the author (with [`HandlerError::new`]) is always shown to the client. An error that
/// came through `?` from elsewhere is shown only by a server that is told to show details; else the
/// client reads a fixed message, and the log has the rest.
///
/// ```
/// use fmcp_core::ToolError;
///
/// fn parse(text: &str) -> Result<i64, ToolError> {
///     if text.is_empty() {
///         return Err(ToolError::new("there is nothing to parse")); // shown
///     }
///     Ok(text.parse()?) // hidden
/// }
/// # assert!(parse("").unwrap_err().message().is_some());
/// # assert!(parse("x").unwrap_err().message().is_none());
/// ```
pub struct HandlerError(Box<Fault>);

/// How a tool fails.
pub type ToolError = HandlerError;
/// How reading a resource fails.
pub type ResourceError = HandlerError;
/// How filling in a prompt fails.
pub type PromptError = HandlerError;

enum Fault {
    /// Made by the author, for the client to read.
    Shown {
        message: String,
        content: Vec<Content>,
        structured: Option<Raw>,
    },
    /// Came from elsewhere; only the log may have it.
    Hidden(Box<dyn StdError + Send + Sync>),
    /// An error of the protocol, or questions to the user.
    Protocol(Error),
}

impl HandlerError {
    /// A failure that the client reads in these words.
    pub fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Fault::Shown {
            message: message.into(),
            content: Vec::new(),
            structured: None,
        }))
    }

    /// There is no such thing: for resources and prompts the answer that one gives who asks for something
    /// that does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self(Box::new(Fault::Protocol(Error::not_found(message.into()))))
    }

    /// A failure whose words stay in the log, unless the server is told to show details.
    pub fn hidden(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Box::new(Fault::Hidden(source.into())))
    }

    /// Ends the call with questions to the user instead of a result.
    #[must_use]
    pub fn ask(questions: InputRequiredResult) -> Self {
        Self(Box::new(Fault::Protocol(Error::ask(questions))))
    }

    /// Adds content that a tool's result carries beside the message.
    #[must_use]
    pub fn content(mut self, more: impl IntoIterator<Item = Content>) -> Self {
        if let Fault::Shown { content, .. } = &mut *self.0 {
            content.extend(more);
        }
        self
    }

    /// Adds structured content to a tool's result.
    #[must_use]
    pub fn structured(mut self, value: impl Into<Raw>) -> Self {
        if let Fault::Shown { structured, .. } = &mut *self.0 {
            *structured = Some(value.into());
        }
        self
    }

    /// The words for the client, where the author made them.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match &*self.0 {
            Fault::Shown { message, .. } => Some(message),
            Fault::Protocol(error) => Some(error.message()),
            Fault::Hidden(_) => None,
        }
    }

    /// Whether the handler was not run because the arguments do not fit its types.
    #[must_use]
    pub fn is_bad_arguments(&self) -> bool {
        matches!(&*self.0, Fault::Protocol(error) if error.kind() == crate::Kind::BadArguments)
    }

    /// Whether it is no failure: the handler has ended with questions.
    #[must_use]
    pub fn asks(&self) -> bool {
        matches!(&*self.0, Fault::Protocol(error) if error.kind() == crate::Kind::InputRequired)
    }

    /// Whether it is no failure: the handler goes on as a task.
    #[must_use]
    pub fn begins_task(&self) -> bool {
        matches!(&*self.0, Fault::Protocol(error) if error.kind() == crate::Kind::TaskBegins)
    }

    /// The failure of a handler that has run: whatever it says of arguments, it must not be run again.
    #[must_use]
    pub fn once_run(self) -> Self {
        match *self.0 {
            Fault::Protocol(error) if error.kind() == crate::Kind::BadArguments => Self(Box::new(
                Fault::Protocol(error.of_kind(crate::Kind::InvalidParams)),
            )),
            other => Self(Box::new(other)),
        }
    }

    /// What is behind it, one way or the other.
    pub fn into_parts(self) -> Failure {
        match *self.0 {
            Fault::Shown {
                message,
                content,
                structured,
            } => Failure::Shown {
                message,
                content,
                structured,
            },
            Fault::Hidden(source) => Failure::Hidden(source),
            Fault::Protocol(error) => Failure::Protocol(error),
        }
    }
}

/// What is behind a [`HandlerError`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// Made by the author, for the client to read.
    #[non_exhaustive]
    Shown {
        /// The words.
        message: String,
        /// What a tool's result carries beside the words.
        content: Vec<Content>,
        /// What a tool's result carries for machines.
        structured: Option<Raw>,
    },
    /// Came from elsewhere; only the log may have it.
    Hidden(Box<dyn StdError + Send + Sync>),
    /// An error of the protocol, or questions to the user.
    Protocol(Error),
}

/// Errors of libraries are hidden; an [`Error`] of this crate stays what it is.
impl<E: StdError + Send + Sync + 'static> From<E> for HandlerError {
    fn from(error: E) -> Self {
        let error: Box<dyn StdError + Send + Sync> = Box::new(error);
        match error.downcast::<Error>() {
            Ok(error) => Self(Box::new(Fault::Protocol(*error))),
            Err(error) => Self(Box::new(Fault::Hidden(error))),
        }
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Fault::Shown { message, .. } => f.debug_tuple("Shown").field(message).finish(),
            Fault::Hidden(source) => f.debug_tuple("Hidden").field(source).finish(),
            Fault::Protocol(error) => f.debug_tuple("Protocol").field(error).finish(),
        }
    }
}

/// What may stand as the error of a handler's `Result`: [`HandlerError`], or anything that can be
/// displayed (`anyhow::Error`, `Box<dyn Error>`, a library's error, a string), which is then hidden.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a handler",
    note = "use `ToolError` (or `ResourceError`, `PromptError`), or any error that implements `Display`"
)]
pub trait Fail: Send {
    /// Makes the failure.
    fn fail(self) -> HandlerError;
}

impl Fail for HandlerError {
    fn fail(self) -> HandlerError {
        self
    }
}

// `HandlerError` does not implement `Display`, so the two do not overlap; that is also what lets `?`
// turn every library's error into one.
#[diagnostic::do_not_recommend]
impl<E: fmt::Display + Send + 'static> Fail for E {
    fn fail(self) -> HandlerError {
        let mut this = Some(self);
        let any: &mut dyn std::any::Any = &mut this;
        match any.downcast_mut::<Option<Error>>().and_then(Option::take) {
            Some(error) => HandlerError::from(error),
            None => {
                HandlerError::hidden(this.map_or_else(String::new, |error| format!("{error:#}")))
            }
        }
    }
}
