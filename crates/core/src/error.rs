//! What can go wrong with a call: who is at fault, what the peer may read, whether to try again.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use crate::{
    Raw,
    protocol::model::{ErrorObject, InputRequiredResult},
};

/// The result of most fallible functions of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A call that could not be answered.
///
/// `message` may cross the wire; the source never does: it is for the log. A tool's own failure is not
/// one of these but a result that says so (see [`HandlerError`](crate::HandlerError)).
///
/// ```
/// use fmcp_core::{Error, Kind};
///
/// let error = Error::new(Kind::InvalidParams, "uri is missing");
/// assert_eq!(error.code(), -32602);
/// assert!(!error.is_retryable());
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    origin: Origin,
    message: Cow<'static, str>,
    data: Option<Raw>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    ask: Option<Box<InputRequiredResult>>,
    is_unsent: bool,
    retry_after: Option<Duration>,
}

/// What went wrong. Each kind has its code on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The bytes were not JSON.
    Parse,
    /// The JSON was not a message.
    InvalidRequest,
    /// Nobody answers this method.
    MethodNotFound,
    /// The parameters do not fit the method.
    InvalidParams,
    /// The named tool, resource or prompt does not exist, or the caller may not know that it does.
    NotFound,
    /// A tool's arguments do not fit what the tool takes.
    BadArguments,
    /// Something broke on this side.
    Internal,
    /// A handler failed in words that are not meant for the caller.
    Handler,
    /// A header contradicts the body.
    HeaderMismatch,
    /// The client did not declare a capability that the answer needs.
    MissingCapability,
    /// The protocol revision is not spoken here.
    UnsupportedRevision,
    /// The caller is not known.
    Unauthenticated,
    /// The caller is known and may not.
    Forbidden,
    /// Too much at once, or for this caller; later may do.
    Overloaded,
    /// It took too long.
    Timeout,
    /// The caller, or the other side's shutdown, ended it.
    Cancelled,
    /// The other side could not be reached.
    Unavailable,
    /// Not a failure: the answer needs something from the user first.
    InputRequired,
    /// Not a failure: the handler goes on as a task.
    TaskBegins,
    /// A code of somebody else.
    Other(i64),
}

/// Who is at fault.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// Whoever sent the call.
    Caller,
    /// This process.
    Here,
    /// The upstream of this name.
    Upstream(Box<str>),
}

impl Kind {
    /// The code on the wire, in the newest revision.
    #[must_use]
    pub fn code(self) -> i64 {
        match self {
            Self::Parse => ErrorObject::PARSE_ERROR,
            Self::InvalidRequest => ErrorObject::INVALID_REQUEST,
            Self::MethodNotFound => ErrorObject::METHOD_NOT_FOUND,
            Self::InvalidParams | Self::NotFound | Self::BadArguments => {
                ErrorObject::INVALID_PARAMS
            }
            Self::HeaderMismatch => ErrorObject::HEADER_MISMATCH,
            Self::MissingCapability => ErrorObject::MISSING_CLIENT_CAPABILITY,
            Self::UnsupportedRevision => ErrorObject::UNSUPPORTED_PROTOCOL_VERSION,
            // Codes of our own stand outside the range that JSON-RPC and MCP reserve.
            Self::Unauthenticated => -31_001,
            Self::Forbidden => -31_003,
            Self::Overloaded => -31_029,
            Self::Timeout => -31_008,
            Self::Cancelled => -31_099,
            Self::Unavailable => -31_004,
            Self::Internal | Self::Handler | Self::InputRequired | Self::TaskBegins => {
                ErrorObject::INTERNAL_ERROR
            }
            Self::Other(code) => code,
        }
    }

    /// The kind that a code on the wire stands for.
    #[must_use]
    pub fn from_code(code: i64) -> Self {
        match code {
            ErrorObject::PARSE_ERROR => Self::Parse,
            ErrorObject::INVALID_REQUEST => Self::InvalidRequest,
            ErrorObject::METHOD_NOT_FOUND => Self::MethodNotFound,
            ErrorObject::INVALID_PARAMS => Self::InvalidParams,
            ErrorObject::INTERNAL_ERROR => Self::Internal,
            ErrorObject::HEADER_MISMATCH => Self::HeaderMismatch,
            ErrorObject::MISSING_CLIENT_CAPABILITY => Self::MissingCapability,
            ErrorObject::UNSUPPORTED_PROTOCOL_VERSION => Self::UnsupportedRevision,
            ErrorObject::LEGACY_RESOURCE_NOT_FOUND => Self::NotFound,
            -31_001 => Self::Unauthenticated,
            -31_003 => Self::Forbidden,
            -31_029 => Self::Overloaded,
            -31_008 => Self::Timeout,
            -31_099 => Self::Cancelled,
            -31_004 => Self::Unavailable,
            other => Self::Other(other),
        }
    }

    fn blames(self) -> Origin {
        match self {
            Self::Internal
            | Self::Handler
            | Self::Overloaded
            | Self::Timeout
            | Self::Unavailable
            | Self::Other(_) => Origin::Here,
            _ => Origin::Caller,
        }
    }
}

impl Error {
    /// An error with words that may cross the wire.
    pub fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            origin: kind.blames(),
            message: message.into(),
            data: None,
            source: None,
            ask: None,
            is_unsent: false,
            retry_after: None,
        }))
    }

    /// Something broke on this side; the peer reads `message`, the log also the source.
    pub fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// The parameters do not fit.
    pub fn invalid_params(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::InvalidParams, message)
    }

    /// A tool, resource or prompt that does not exist.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// Ends a call with questions to the user instead of an answer.
    #[must_use]
    pub fn ask(questions: InputRequiredResult) -> Self {
        let mut error = Self::new(Kind::InputRequired, "input from the user is required");
        error.0.ask = Some(Box::new(questions));
        error
    }

    /// Adds data for the peer.
    #[must_use]
    pub fn data(mut self, data: impl Into<Raw>) -> Self {
        self.0.data = Some(data.into());
        self
    }

    /// Adds what caused it, for the log only.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says who is at fault, where the kind alone does not.
    #[must_use]
    pub fn from_origin(mut self, origin: Origin) -> Self {
        self.0.origin = origin;
        self
    }

    /// Says that nothing of the call has reached the other side, so that it may be made again whatever it
    /// does. For whoever carries calls, and knows.
    #[must_use]
    pub fn unsent(mut self) -> Self {
        self.0.is_unsent = true;
        self
    }

    /// Says when the other side wants to be asked again, where it did. It does not cross the wire.
    #[must_use]
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.0.retry_after = Some(pause);
        self
    }

    /// The same of another kind.
    #[must_use]
    pub fn of_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Who is at fault.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// The words that may cross the wire.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> i64 {
        self.0.kind.code()
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::Overloaded | Kind::Timeout | Kind::Unavailable
        )
    }

    /// Whether it is certain that nothing of the call has reached the other side.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.0.is_unsent
    }

    /// How long the other side wants not to be asked, where it said so.
    #[must_use]
    pub fn pause(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The questions, where the call ended with some.
    ///
    /// # Errors
    /// The error itself where it did not.
    pub fn into_questions(mut self) -> Result<InputRequiredResult> {
        match self.0.ask.take() {
            Some(questions) => Ok(*questions),
            None => Err(self),
        }
    }

    /// The error as it stands on the wire.
    #[must_use]
    pub fn to_object(&self) -> ErrorObject {
        let mut object = ErrorObject::new(self.code(), self.0.message.clone().into_owned());
        object.data.clone_from(&self.0.data);
        object
    }
}

impl From<ErrorObject> for Error {
    fn from(object: ErrorObject) -> Self {
        let mut error = Self::new(Kind::from_code(object.code), object.message);
        error.0.data = object.data;
        error
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Origin::Upstream(name) = &self.0.origin {
            write!(f, "{name}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

/// In words, with what is behind it: `main` shows an error so, and so do tests. `{:#?}` shows all fields.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return self.in_words(f);
        }
        let mut shape = f.debug_struct("Error");
        shape
            .field("kind", &self.0.kind)
            .field("origin", &self.0.origin)
            .field("message", &self.0.message);
        if let Some(data) = &self.0.data {
            shape.field("data", data);
        }
        if let Some(source) = &self.0.source {
            shape.field("source", source);
        }
        shape.finish()
    }
}

impl Error {
    fn in_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let (mut last, mut source) = (self.to_string(), self.source());
        while let Some(cause) = source {
            let words = cause.to_string();
            // Many repeat what is behind them.
            if !last.contains(&words) {
                write!(f, "\n  caused by: {}", words.replace('\n', "\n    "))?;
            }
            (last, source) = (words, cause.source());
        }
        if let Some(data) = &self.0.data {
            write!(f, "\n  data: {}", data.as_str())?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_as_its_kind() {
        for kind in [
            Kind::Parse,
            Kind::InvalidRequest,
            Kind::MethodNotFound,
            Kind::InvalidParams,
            Kind::Internal,
            Kind::HeaderMismatch,
            Kind::MissingCapability,
            Kind::UnsupportedRevision,
            Kind::Unauthenticated,
            Kind::Forbidden,
            Kind::Overloaded,
            Kind::Timeout,
            Kind::Cancelled,
            Kind::Unavailable,
            Kind::Other(-5),
        ] {
            assert_eq!(Kind::from_code(kind.code()), kind);
        }
    }

    #[test]
    fn the_source_stays_here() {
        let error = Error::internal("no luck").caused_by("password=hunter2");
        assert!(
            !serde_json::to_string(&error.to_object())
                .unwrap()
                .contains("hunter2")
        );
        assert!(format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn main_shows_an_error_in_words() {
        let taken = std::io::Error::other("address in use");
        let error = Error::internal("cannot listen: address in use").caused_by(taken);
        assert_eq!(format!("{error:?}"), "cannot listen: address in use");
        let error = Error::not_found("no note").caused_by("the folder\nis empty");
        let error = error.data(serde_json::json!({"at": 1}));
        assert_eq!(
            format!("{error:?}"),
            "no note\n  caused by: the folder\n    is empty\n  data: {\"at\":1}"
        );
        assert!(format!("{error:#?}").contains("kind: "));
    }

    #[test]
    fn an_error_is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
