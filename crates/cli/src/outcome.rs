//! How the program ends: exit codes, and the words for what went wrong.

use std::{fmt, io, process::ExitCode};

use fmcp::{ClientError, Error, Kind, config::ConfigError};
use serde_json::json;

use crate::terminal::{Output, clean, style};

/// How the program ends. The numbers are documented and stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// All is done.
    Done = 0,
    /// The server, or its tool, says no.
    Failed = 1,
    /// What was typed or configured is wrong.
    Usage = 2,
    /// The server cannot be started or reached.
    Unreachable = 3,
    /// The server wants to know who is calling, or refuses who is.
    Unauthorized = 4,
    /// It took too long.
    Timeout = 5,
    /// Ended by Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// What scripts read.
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Unreachable => "unreachable",
            Self::Unauthorized => "unauthorized",
            Self::Timeout => "timeout",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What went wrong, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: None,
        }
    }

    /// What was typed or configured is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Adds what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What an error means here.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        if let Some(own) = error.downcast_ref::<Self>() {
            let (message, hint) = (own.message.clone(), own.hint.clone());
            return Self {
                exit: own.exit,
                message,
                hint,
            };
        }
        if let Some(error) = error.downcast_ref::<ClientError>() {
            return of_client(error);
        }
        if let Some(error) = error.downcast_ref::<ConfigError>() {
            return Self::usage(error.to_string());
        }
        if let Some(error) = error.downcast_ref::<Error>() {
            return of_kind(error.kind(), error.to_string());
        }
        // Who reads no more has read enough.
        let has_gone = error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        match has_gone {
            true => Self::new(Exit::Done, ""),
            false => Self::new(Exit::Failed, format!("{error:#}")),
        }
    }

    /// Tells it.
    pub(crate) fn show(&self, out: &Output) -> Exit {
        if self.exit == Exit::Done {
            return self.exit;
        }
        if out.is_json() {
            let mut error = json!({"kind": self.exit.word(), "message": self.message});
            if let Some(hint) = &self.hint {
                error["hint"] = hint.as_str().into();
            }
            // Who cannot be told need not know.
            let _ = out.json(&json!({"error": error}));
            return self.exit;
        }
        let label = out.paint_note(style::ERROR, "Error:");
        // Words of servers may be among them.
        out.complain(&format!("{label} {}", clean(&self.message)));
        if let Some(hint) = &self.hint {
            let label = out.paint_note(style::DIM, "Try:");
            out.complain(&format!("{label} {}", clean(hint)));
        }
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

fn of_client(error: &ClientError) -> Failure {
    match error {
        ClientError::Tool { .. } | ClientError::Output { .. } => {
            Failure::new(Exit::Failed, error.to_string())
        }
        other => of_kind(other.kind(), other.to_string()),
    }
}

fn of_kind(kind: Kind, message: String) -> Failure {
    match kind {
        Kind::Unavailable => Failure::new(Exit::Unreachable, message),
        Kind::Unauthenticated => Failure::new(Exit::Unauthorized, message).hint(
            "--auth oauth to sign in with a browser, --auth TOKEN, or `fmcp login SERVER` once",
        ),
        Kind::Forbidden => Failure::new(Exit::Unauthorized, message),
        Kind::Timeout => Failure::new(Exit::Timeout, message)
            .hint("--timeout 5m waits longer, --timeout none as long as it takes"),
        Kind::Cancelled => Failure::new(Exit::Interrupted, message),
        Kind::MissingCapability => Failure::new(Exit::Failed, message).hint(
            "the server wants to ask the user: run this on a terminal, or answer with --answer NAME=VALUE, or --yes",
        ),
        Kind::MethodNotFound => Failure::new(Exit::Failed, message)
            .hint("`fmcp inspect SERVER` shows what the server offers"),
        _ => Failure::new(Exit::Failed, message),
    }
}
