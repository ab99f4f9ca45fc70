//! Who is calling, and the seam that finds out.

use std::{collections::BTreeSet, fmt, sync::Arc};

use http::{HeaderValue, request::Parts};

use crate::{BoxFuture, Error, Extensions, Extra, Kind, Result};

/// Who is calling, as an [`Authenticator`] found out.
#[derive(Clone)]
#[non_exhaustive]
pub struct Principal {
    /// Who, within the issuer.
    pub subject: Arc<str>,
    /// Who vouches for the subject.
    pub issuer: Option<Arc<str>>,
    /// The application that acts for the subject.
    pub client_id: Option<Arc<str>>,
    /// What the credential allows.
    pub scopes: BTreeSet<Box<str>>,
    /// Whatever else the credential says.
    pub claims: Extra,
    /// What the authenticator knows besides, typed.
    data: Extensions,
}

/// By what the credential says; what the authenticator has added does not count.
impl PartialEq for Principal {
    fn eq(&self, other: &Self) -> bool {
        self.subject == other.subject
            && self.issuer == other.issuer
            && self.client_id == other.client_id
            && self.scopes == other.scopes
            && self.claims == other.claims
    }
}

impl Principal {
    /// A principal with a subject and nothing else.
    pub fn new(subject: impl Into<Arc<str>>) -> Self {
        Self {
            subject: subject.into(),
            issuer: None,
            client_id: None,
            scopes: BTreeSet::new(),
            claims: Extra::default(),
            data: Extensions::new(),
        }
    }

    /// Adds a value that handlers find with the caller, one of each type: the user's record, say.
    ///
    /// ```
    /// use fmcp_core::Principal;
    ///
    /// struct Role(&'static str);
    ///
    /// let ada = Principal::new("ada").with(Role("admin"));
    /// assert_eq!(ada.get::<Role>().unwrap().0, "admin");
    /// ```
    #[must_use]
    pub fn with<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.data.insert(value);
        self
    }

    /// The value of this type that the authenticator has added.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.data.get()
    }

    /// Adds scopes.
    #[must_use]
    pub fn scopes<S: Into<Box<str>>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Whether the credential has this scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }
}

/// Claims may hold what nobody should read in a log.
impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("subject", &self.subject)
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// Finds out who is calling from the head of a request: its headers, and, among its extensions, the
/// peer's address and certificates where the transport knows them.
pub trait Authenticator: Send + Sync + 'static {
    /// The caller, `None` where the request carries no credential at all.
    ///
    /// # Errors
    /// [`Kind::Unauthenticated`] for a credential that is not good, [`Kind::Forbidden`] for a caller who may
    /// not come here.
    fn authenticate<'a>(&'a self, request: &'a Parts) -> BoxFuture<'a, Result<Option<Principal>>>;

    /// What is demanded of whoever is refused (`WWW-Authenticate`): with an error, or because it has come
    /// without a credential. Without a word of its own, a bearer token.
    fn challenge(&self, refused: Option<&Error>) -> Option<HeaderValue> {
        match refused.map(Error::kind) {
            None => Some(HeaderValue::from_static("Bearer")),
            Some(Kind::Unauthenticated) => {
                Some(HeaderValue::from_static("Bearer error=\"invalid_token\""))
            }
            Some(_) => None,
        }
    }
}
