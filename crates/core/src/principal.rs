//! Who is calling, and the seam that finds out.

use std::{collections::BTreeSet, fmt, sync::Arc};

use crate::{BoxFuture, Extra, Result};

/// Who is calling, as an [`Authenticator`] found out.
#[derive(Clone, PartialEq)]
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
        }
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

/// Finds out who is calling from the headers of a request.
pub trait Authenticator: Send + Sync + 'static {
    /// The caller, `None` where the headers carry no credential at all.
    ///
    /// # Errors
    /// [`Kind::Unauthenticated`](crate::Kind::Unauthenticated) for a credential that is not good.
    fn authenticate<'a>(
        &'a self,
        headers: &'a http::HeaderMap,
    ) -> BoxFuture<'a, Result<Option<Principal>>>;
}
