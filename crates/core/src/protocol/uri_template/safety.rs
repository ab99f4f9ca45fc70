//! The policy that keeps values from leading out of a directory.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use percent_encoding::percent_decode;

use super::{Match, Value};

/// How often a value is decoded further in search of what it may hide.
const MAX_DECODINGS: usize = 4;

/// Refuses values that a handler could not join to a directory without leaving it: a `..`
/// component, an absolute path (POSIX, Windows or UNC), a NUL.
///
/// `\` separates components as `/` does, and any value that begins with a letter and a colon counts
/// as a Windows path, since joining `C:x` leaves the directory too. A value that shows one of
/// these only after further percent-decoding is refused as well, since handlers often decode
/// again. Every variable is judged, those of the query too, and every item of a list.
///
/// What it does not do: look at the file system. Symbolic links and reserved device names are the
/// handler's to judge.
///
/// ```
/// use fmcp_core::protocol::uri_template::{Safety, UriTemplate};
///
/// let template = UriTemplate::parse("files://{path*}{?from}")?;
/// let safety = Safety::default().exempt("from");
/// assert!(template.matches_safely("files://a/b?from=/root", &safety).is_some());
/// assert!(template.matches_safely("files://a/%2e%2e/b", &safety).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Safety {
    on: bool,
    exempt: BTreeSet<String>,
}

impl Default for Safety {
    /// On, without exemptions.
    fn default() -> Self {
        Self {
            on: true,
            exempt: BTreeSet::new(),
        }
    }
}

impl Safety {
    /// The policy that refuses nothing.
    #[must_use]
    pub fn off() -> Self {
        Self {
            on: false,
            exempt: BTreeSet::new(),
        }
    }

    /// Lets the variable `name` have any value.
    #[must_use]
    pub fn exempt(mut self, name: impl Into<String>) -> Self {
        self.exempt.insert(name.into());
        self
    }

    /// Judges the values of a match.
    ///
    /// # Errors
    ///
    /// The first variable with a value that is refused. Tell the caller no more than that the
    /// resource was not found; the reason is for the log.
    pub fn check(&self, found: &Match) -> Result<(), Unsafe> {
        if !self.on {
            return Ok(());
        }
        for (name, value) in found
            .iter()
            .filter(|(name, _)| !self.exempt.contains(*name))
        {
            if let Some(reason) = refusal(value) {
                return Err(Unsafe {
                    name: name.to_owned(),
                    reason,
                });
            }
        }
        Ok(())
    }
}

/// A value that [`Safety`] refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsafe {
    name: String,
    reason: UnsafeReason,
}

impl Unsafe {
    /// The variable.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why its value was refused.
    #[must_use]
    pub fn reason(&self) -> UnsafeReason {
        self.reason
    }
}

impl std::error::Error for Unsafe {}

impl fmt::Display for Unsafe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.reason {
            UnsafeReason::Parent => "has a `..` component",
            UnsafeReason::Absolute => "is an absolute path",
            UnsafeReason::Nul => "holds a NUL",
            UnsafeReason::Nested => "is percent-encoded too many times over",
        };
        write!(f, "URI template: the value of `{}` {reason}", self.name)
    }
}

/// Why a value was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsafeReason {
    /// A component is `..`.
    Parent,
    /// The value is an absolute path.
    Absolute,
    /// The value holds a NUL.
    Nul,
    /// The value is percent-encoded so many times over that its meaning was not pursued.
    Nested,
}

fn refusal(value: &Value) -> Option<UnsafeReason> {
    value.texts().iter().find_map(|text| judge(text.as_bytes()))
}

fn judge(text: &[u8]) -> Option<UnsafeReason> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..=MAX_DECODINGS {
        if let Some(reason) = judge_plain(&text) {
            return Some(reason);
        }
        match Cow::from(percent_decode(&text)) {
            Cow::Borrowed(_) => return None,
            Cow::Owned(decoded) => text = Cow::Owned(decoded),
        }
    }
    Some(UnsafeReason::Nested)
}

fn judge_plain(text: &[u8]) -> Option<UnsafeReason> {
    let separator = |byte: &u8| matches!(byte, b'/' | b'\\');
    // Windows drops the spaces around a component.
    if text
        .split(separator)
        .any(|component| component.trim_ascii() == b"..")
    {
        return Some(UnsafeReason::Parent);
    }
    if text.contains(&0) {
        return Some(UnsafeReason::Nul);
    }
    match text {
        [b'/' | b'\\', ..] => Some(UnsafeReason::Absolute),
        [drive, b':', ..] if drive.is_ascii_alphabetic() => Some(UnsafeReason::Absolute),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_leaves_the_directory() {
        use UnsafeReason::{Absolute, Nested, Nul, Parent};
        for (text, expect) in [
            ("", None),
            ("a/b.txt", None),
            ("a..b", None),
            ("...", None),
            (".", None),
            ("100%", None),
            ("%41", None),
            ("ab:c", None),
            ("1:2", None),
            ("..", Some(Parent)),
            ("a/../b", Some(Parent)),
            ("a\\..\\b", Some(Parent)),
            ("a/..", Some(Parent)),
            ("a/.. /b", Some(Parent)),
            ("%2e%2e", Some(Parent)),
            ("a%2f..", Some(Parent)),
            ("a%5C%2E.", Some(Parent)),
            ("%252e%252e", Some(Parent)),
            ("/etc", Some(Absolute)),
            ("%2Fetc", Some(Absolute)),
            ("\\x", Some(Absolute)),
            ("\\\\host\\share", Some(Absolute)),
            ("C:\\x", Some(Absolute)),
            ("c:/x", Some(Absolute)),
            ("c:x", Some(Absolute)),
            ("c%3A/x", Some(Absolute)),
            ("a\0b", Some(Nul)),
            ("a%00", Some(Nul)),
            ("%2525252525252541", Some(Nested)),
        ] {
            assert_eq!(judge(text.as_bytes()), expect, "{text:?}");
        }
    }

    #[test]
    fn looks_into_lists_and_passes_over_exemptions() {
        let found = Match {
            values: vec![("l".into(), Value::Many(vec!["a".into(), "/b".into()]))],
        };
        let refused = Safety::default()
            .check(&found)
            .expect_err("the second item is absolute");
        assert_eq!(
            (refused.name(), refused.reason()),
            ("l", UnsafeReason::Absolute)
        );
        assert_eq!(
            refused.to_string(),
            "URI template: the value of `l` is an absolute path"
        );
        assert_eq!(Safety::default().exempt("l").check(&found), Ok(()));
        assert_eq!(Safety::off().check(&found), Ok(()));
    }
}
