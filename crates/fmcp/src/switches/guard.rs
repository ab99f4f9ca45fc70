//! Who may see and use the switches.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use fmcp_core::{Error, Kind, Principal, Result, is_same_secret};
use http::{HeaderMap, header::AUTHORIZATION};

use crate::handler::panic_words;

/// The shortest secret, in bytes.
const MIN_SECRET: usize = 32;

/// Who asks for a switch to be used.
#[non_exhaustive]
pub struct Caller<'a> {
    pub(super) principal: Option<&'a Principal>,
    pub(super) headers: Option<&'a HeaderMap>,
}

impl Caller<'_> {
    /// Who it is, where the server has an authenticator and it knows.
    #[must_use]
    pub fn principal(&self) -> Option<&Principal> {
        self.principal
    }

    /// The headers of the HTTP request; none on other transports.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.headers
    }
}

/// Who may.
pub(super) enum Guard {
    /// Whoever may call the server at all.
    Open,
    /// Principals that have all of these.
    Scopes(BTreeSet<Box<str>>),
    /// Whoever says this as a bearer token.
    Secret(Box<str>),
    /// Whoever this lets in.
    When(Box<dyn Fn(&Caller<'_>) -> bool + Send + Sync>),
}

impl Guard {
    /// What makes it no guard at all.
    pub(super) fn fault(&self) -> Option<String> {
        match self {
            Self::Scopes(scopes) if scopes.is_empty() => Some(
                "no scope is wanted of who uses them; `Board::open` says that on purpose".into(),
            ),
            Self::Secret(secret) if secret.len() < MIN_SECRET => {
                Some(format!("their secret is shorter than {MIN_SECRET} bytes"))
            }
            _ => None,
        }
    }

    /// Lets the caller in.
    ///
    /// # Errors
    /// [`Kind::Unauthenticated`] when nobody knows who it is, [`Kind::Forbidden`] when that one may not.
    pub(super) fn admit(&self, caller: &Caller<'_>) -> Result<()> {
        let unknown = |words| Err(Error::new(Kind::Unauthenticated, words));
        let forbidden = |words| Err(Error::new(Kind::Forbidden, words));
        match self {
            Self::Open => Ok(()),
            Self::Scopes(scopes) => match caller.principal {
                None => unknown("components are switched by known callers only"),
                Some(who) if scopes.iter().all(|scope| who.has_scope(scope)) => Ok(()),
                Some(_) => forbidden("the caller lacks a scope that switching components needs"),
            },
            Self::Secret(secret) => match caller.headers.and_then(bearer) {
                Some(said) if is_same_secret(said, secret) => Ok(()),
                _ => unknown("components are switched by those only who say the secret"),
            },
            Self::When(may) => {
                let asking = catch_unwind(AssertUnwindSafe(|| may(caller)));
                let may = asking.unwrap_or_else(|panic| {
                    let panic = panic_words(&*panic);
                    tracing::error!(panic, "the guard of the switches panicked");
                    false
                });
                if may {
                    Ok(())
                } else {
                    forbidden("the caller may not switch components")
                }
            }
        }
    }
}

/// The token that headers bear, if it is one only.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(one), None) = (all.next(), all.next()) else {
        return None;
    };
    let (scheme, token) = one.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn who_may_is_decided_by_the_guard() {
        let scopes = || Guard::Scopes(["read".into(), "write".into()].into());
        let secret = || Guard::Secret(SECRET.into());
        let when = |may: fn(&Caller<'_>) -> bool| Guard::When(Box::new(may));
        let ada = |scopes: &[&str]| Some(Principal::new("ada").scopes(scopes.iter().copied()));
        let (unknown, forbidden) = (Some(Kind::Unauthenticated), Some(Kind::Forbidden));
        let good = format!("Bearer {SECRET}");
        for (guard, principal, said, expect) in [
            (Guard::Open, None, None, None),
            (scopes(), None, None, unknown),
            (scopes(), ada(&["read"]), None, forbidden),
            (scopes(), ada(&["read", "write", "more"]), None, None),
            (scopes(), None, Some(good.as_str()), unknown),
            (secret(), None, None, unknown),
            (secret(), ada(&["read", "write"]), None, unknown),
            (secret(), None, Some(SECRET), unknown),
            (
                secret(),
                None,
                Some("Bearer 0123456789abcdef0123456789abcdeg"),
                unknown,
            ),
            (secret(), None, Some("Bearer 0123456789abcdef"), unknown),
            (
                secret(),
                None,
                Some("Basic 0123456789abcdef0123456789abcdef"),
                unknown,
            ),
            (secret(), None, Some(good.as_str()), None),
            (when(|caller| caller.headers().is_none()), None, None, None),
            (
                when(|caller| caller.principal().is_some()),
                None,
                None,
                forbidden,
            ),
            (when(|_| panic!("no")), None, None, forbidden),
        ] {
            let headers: Option<HeaderMap> = said.map(|said| {
                [(AUTHORIZATION, said.parse().unwrap())]
                    .into_iter()
                    .collect()
            });
            let caller = Caller {
                principal: principal.as_ref(),
                headers: headers.as_ref(),
            };
            let refused = guard.admit(&caller).err().map(|error| error.kind());
            assert_eq!(refused, expect, "{said:?} {principal:?}");
        }
    }

    #[test]
    fn a_guard_that_guards_nothing_is_a_fault() {
        assert!(Guard::Scopes(BTreeSet::new()).fault().is_some());
        assert!(Guard::Secret("x".repeat(31).into()).fault().is_some());
        assert!(Guard::Secret("x".repeat(32).into()).fault().is_none());
    }
}
