//! What a user answers.

use fmcp_core::{Raw, protocol::model::ElicitAction};
use serde::Serialize;

/// What the user answers to a form: something, no, or nothing.
///
/// ```
/// use fmcp::Answer;
///
/// #[derive(serde::Serialize)]
/// struct Account { name: &'static str, newsletter: Option<bool> }
///
/// let typed = Answer::accept(Account { name: "octocat", newsletter: None });
/// let plain = Answer::accept(serde_json::json!({"name": "octocat"}));
/// let as_it_was_filled_in = Answer::defaults();
/// let no = Answer::decline();
/// # drop((typed, plain, as_it_was_filled_in, no));
/// ```
#[derive(Debug)]
pub struct Answer {
    pub(super) action: ElicitAction,
    pub(super) content: Result<Raw, serde_json::Error>,
}

impl Answer {
    /// The user has filled in the form: anything that is written as a JSON object, field by field.
    ///
    /// What is left out (or is `null`) becomes the form's default where it has one. Before it goes out,
    /// the whole is held to the form; what does not fit is never sent.
    #[must_use]
    pub fn accept(content: impl Serialize) -> Self {
        Self {
            action: ElicitAction::Accept,
            content: Raw::from_serialize(&content),
        }
    }

    /// The user agrees to the form as it was filled in already.
    #[must_use]
    pub fn defaults() -> Self {
        Self::empty(ElicitAction::Accept)
    }

    /// The user has said no.
    #[must_use]
    pub fn decline() -> Self {
        Self::empty(ElicitAction::Decline)
    }

    /// The user has turned away without an answer.
    #[must_use]
    pub fn cancel() -> Self {
        Self::empty(ElicitAction::Cancel)
    }

    fn empty(action: ElicitAction) -> Self {
        Self {
            action,
            content: Ok(Raw::empty_object()),
        }
    }
}

/// Whether the user agrees to go to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Yes, after having seen the address. It does not say that anything has been done there.
    Given,
    /// No.
    Refused,
    /// The user has turned away without an answer.
    Dismissed,
}

impl From<Consent> for ElicitAction {
    fn from(consent: Consent) -> Self {
        match consent {
            Consent::Given => Self::Accept,
            Consent::Refused => Self::Decline,
            Consent::Dismissed => Self::Cancel,
        }
    }
}
