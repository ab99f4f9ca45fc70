//! What is on for the caller.

use super::Context;
use crate::{Flags, flags::Who};

impl Context {
    /// Whether a feature is on for whoever makes this call. What there is no flag for is off, and so is
    /// everything on a server without flags.
    ///
    /// A user is the principal's subject, or else the session; a permission is a scope of the principal.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        let Some(flags) = self.state::<Flags>() else {
            return false;
        };
        let principal = self.principal();
        let session = self.session().filter(|session| session.lasts());
        let session = session.map(|session| session.id());
        let user = principal.map(|who| &*who.subject).or(session);
        let may = |permission: &str| principal.is_some_and(|who| who.has_scope(permission));
        flags.is_on(name, &Who { user, may: &may })
    }
}
