//! What came of a question to the user.

use crate::{
    Extra, Raw,
    protocol::model::{ElicitAction, ElicitResult},
};

/// What the user did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elicited<T> {
    /// Answered.
    Accepted(T),
    /// Said no.
    Declined,
    /// Turned away without an answer.
    Cancelled,
}

impl<T> Elicited<T> {
    /// The answer, where there is one.
    pub fn accepted(self) -> Option<T> {
        match self {
            Self::Accepted(answer) => Some(answer),
            Self::Declined | Self::Cancelled => None,
        }
    }

    /// Whether the user has answered.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// The same with another answer.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Elicited<U> {
        match self {
            Self::Accepted(answer) => Elicited::Accepted(change(answer)),
            Self::Declined => Elicited::Declined,
            Self::Cancelled => Elicited::Cancelled,
        }
    }
}

/// Reads what a client says of its user, and with `accept` what the user has entered.
///
/// # Errors
/// When it cannot be read, in words for whoever answers.
pub(super) fn read<T>(
    answer: &Raw,
    accept: impl FnOnce(Extra) -> Result<T, String>,
) -> Result<Elicited<T>, String> {
    let answer: ElicitResult = answer
        .parse()
        .map_err(|_| "it is no answer to a question to the user".to_owned())?;
    match answer.action {
        ElicitAction::Accept => accept(answer.content.unwrap_or_default()).map(Elicited::Accepted),
        ElicitAction::Decline => Ok(Elicited::Declined),
        ElicitAction::Cancel => Ok(Elicited::Cancelled),
        other => Err(format!("nobody knows what {:?} means", other.as_str())),
    }
}
