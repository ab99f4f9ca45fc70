//! Scopes: what a token allows.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most scopes that are asked for, and the longest: a hostile server may name very many.
const MAX_COUNT: usize = 100;
const MAX_LENGTH: usize = 256;

/// A set of scopes, in the order in which they were named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Scopes(Vec<String>);

impl Scopes {
    /// The scopes of a text that separates them by spaces.
    pub(crate) fn parse(text: &str) -> Self {
        text.split_ascii_whitespace().collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(&self, scope: &str) -> bool {
        self.0.iter().any(|one| one == scope)
    }

    pub(crate) fn has_all(&self, others: &Self) -> bool {
        others.0.iter().all(|scope| self.has(scope))
    }

    /// These and those.
    pub(crate) fn and(&self, others: &Self) -> Self {
        self.0.iter().chain(&others.0).collect()
    }

    /// Those of these that are among the others.
    pub(crate) fn within(&self, others: &[String]) -> Self {
        let is_there = |scope: &&String| others.contains(*scope);
        self.0.iter().filter(is_there).collect()
    }

    /// These without one.
    pub(crate) fn without(&self, scope: &str) -> Self {
        self.0.iter().filter(|one| *one != scope).collect()
    }
}

impl<S: AsRef<str>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(scopes: I) -> Self {
        let mut all = Self::default();
        for scope in scopes {
            let scope = scope.as_ref();
            if all.0.len() < MAX_COUNT && is_scope(scope) && !all.has(scope) {
                all.0.push(scope.to_owned());
            }
        }
        all
    }
}

/// RFC 6749, section 3.3.
fn is_scope(text: &str) -> bool {
    let is_good = |byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    !text.is_empty() && text.len() <= MAX_LENGTH && text.bytes().all(is_good)
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// What an authorization server offers to those who want to stay logged in.
const OFFLINE: &str = "offline_access";

/// Which scopes to ask for.
pub(crate) struct Wish<'a> {
    /// What the application wants whatever the server says.
    pub(crate) configured: &'a Scopes,
    /// What the server has asked for in its challenge.
    pub(crate) challenged: Option<&'a Scopes>,
    /// What the server's metadata names.
    pub(crate) supported: Option<&'a Scopes>,
    /// What has been asked for before.
    pub(crate) before: Option<&'a Scopes>,
    /// What the authorization server names, where the user is to stay logged in.
    pub(crate) offered: Option<&'a Scopes>,
}

impl Wish<'_> {
    /// The challenge decides; without one the application; without that the metadata. What has been asked
    /// for before is asked for again, so that a step up loses nothing.
    pub(crate) fn scopes(&self) -> Scopes {
        let none = Scopes::default();
        let base = match (self.challenged, self.supported) {
            (Some(challenged), _) => challenged,
            (None, Some(supported)) if self.configured.is_empty() => supported,
            _ => &none,
        };
        let all = self.before.unwrap_or(&none).and(self.configured).and(base);
        // A server should not name this one, which is between us and the authorization server.
        let all = if self.configured.has(OFFLINE) {
            all
        } else {
            all.without(OFFLINE)
        };
        // Alone it would take the place of the scopes that are granted to whoever names none.
        if self.offered.is_some_and(|offered| offered.has(OFFLINE)) && !all.is_empty() {
            return all.and(&Scopes::parse(OFFLINE));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        configured: &str,
        challenged: Option<&str>,
        supported: Option<&str>,
        before: Option<&str>,
        offered: Option<&str>,
        expect: &str,
    ) {
        let [challenged, supported, before, offered] =
            [challenged, supported, before, offered].map(|text| text.map(Scopes::parse));
        let wish = Wish {
            configured: &Scopes::parse(configured),
            challenged: challenged.as_ref(),
            supported: supported.as_ref(),
            before: before.as_ref(),
            offered: offered.as_ref(),
        };
        let scopes = wish.scopes().to_string();
        assert_eq!(
            scopes, expect,
            "{configured:?} {challenged:?} {supported:?} {before:?}"
        );
    }

    #[test]
    fn the_challenge_decides_then_the_application_then_the_metadata() {
        check("", None, None, None, None, "");
        check("", None, Some("a b"), None, None, "a b");
        check("", Some("c"), Some("a b"), None, None, "c");
        check("mine", None, Some("a b"), None, None, "mine");
        check("mine", Some("c"), Some("a b"), None, None, "mine c");
        check("", Some("c"), Some("a"), Some("a b"), None, "a b c");
        check("", Some("a"), None, Some("a b"), None, "a b");
    }

    #[test]
    fn staying_logged_in_is_asked_for_where_it_is_offered() {
        check(
            "",
            Some("a"),
            None,
            None,
            Some("a offline_access"),
            "a offline_access",
        );
        check("", Some("a"), None, None, Some("a"), "a");
        check("", Some("a offline_access"), None, None, Some("a"), "a");
        check(
            "offline_access",
            Some("a"),
            None,
            None,
            None,
            "offline_access a",
        );
        check("", None, None, None, Some("offline_access"), "");
    }

    #[test]
    fn scopes_are_bounded_and_well_formed() {
        assert_eq!(Scopes::parse(" a  b a\tc ").to_string(), "a b c");
        assert_eq!(Scopes::parse("good b\"d ba\\d größe").to_string(), "good");
        let many = (0..1000).map(|n| format!("s{n}"));
        assert_eq!(many.collect::<Scopes>().0.len(), MAX_COUNT);
        assert!(Scopes::parse(&"x".repeat(MAX_LENGTH + 1)).is_empty());
    }
}
