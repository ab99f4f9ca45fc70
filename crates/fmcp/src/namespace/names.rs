//! Names of many servers' components in one list.

use std::borrow::Cow;

/// Puts a name before the names of components, and takes it away again.
///
/// Tools and prompts become `name_tool`; URIs get the name in front of what follows their scheme, so that
/// they stay URIs: `data://x/1` becomes `data://name/x/1`, `urn:isbn:1` becomes `urn:name/isbn:1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Namespace(Box<str>);

impl Namespace {
    pub(crate) fn new(name: impl Into<Box<str>>) -> Self {
        Self(name.into())
    }

    /// The name that is put before.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What a tool or prompt is called outside.
    pub(crate) fn name(&self, inner: &str) -> String {
        format!("{}_{inner}", self.0)
    }

    /// What a tool or prompt is called inside, if it is one of here.
    pub(crate) fn strip_name<'a>(&self, outer: &'a str) -> Option<&'a str> {
        outer.strip_prefix(&*self.0)?.strip_prefix('_')
    }

    /// What a URI, or a template of URIs, is outside.
    pub(crate) fn uri(&self, inner: &str) -> String {
        let (scheme, rest) = split(inner);
        format!("{scheme}{}/{rest}", self.0)
    }

    /// What a URI, or a template of URIs, is inside, if it is one of here.
    pub(crate) fn strip_uri(&self, outer: &str) -> Option<String> {
        let (scheme, rest) = split(outer);
        let rest = rest.strip_prefix(&*self.0)?.strip_prefix('/')?;
        Some(format!("{scheme}{rest}"))
    }
}

/// A URI's scheme with what belongs to it (`data://`, `urn:`), and the rest. A text without a scheme, such
/// as a template that begins with a variable, is all rest.
fn split(uri: &str) -> (Cow<'_, str>, &str) {
    let is_scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && (text.chars()).all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    match uri.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => match rest.strip_prefix("//") {
            Some(rest) => (uri[..scheme.len() + 3].into(), rest),
            None => (uri[..=scheme.len()].into(), rest),
        },
        _ => ("".into(), uri),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(inner: &str, outer: &str) {
        let namespace = Namespace::new("ns");
        assert_eq!(namespace.uri(inner), outer);
        assert_eq!(namespace.strip_uri(outer).as_deref(), Some(inner));
    }

    #[test]
    fn uris_stay_uris_and_come_back_as_they_were() {
        check("data://x/1", "data://ns/x/1");
        check("file:///etc/hosts", "file://ns//etc/hosts");
        check(
            "https://example.com/a?b=c://d",
            "https://ns/example.com/a?b=c://d",
        );
        check(
            "data://{category}/{id}{?format}",
            "data://ns/{category}/{id}{?format}",
        );
        check("urn:isbn:1", "urn:ns/isbn:1");
        check("{+path}", "ns/{+path}");
        check("", "ns/");
        check("a b:c", "ns/a b:c");
    }

    #[test]
    fn what_is_not_of_here_is_not_stripped() {
        let namespace = Namespace::new("ns");
        for outer in ["data://other/x", "data://ns", "data://nsx/1", "ns", "x"] {
            assert_eq!(namespace.strip_uri(outer), None, "{outer}");
        }
        assert_eq!(namespace.strip_name("ns_a_b"), Some("a_b"));
        assert_eq!(namespace.strip_name("nsa"), None);
        assert_eq!(namespace.strip_name("other_a"), None);
    }
}
