//! A parsed template and its variables.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::units::Unit;
use super::{ExpandError, Match, Safety, TemplateError, Value};

/// A URI template, parsed: the supported part of RFC 6570, in both directions.
///
/// | written | takes | when matching |
/// |---|---|---|
/// | `{p}` | one path segment, not empty | never crosses `/`, `?`, `#` |
/// | `{p*}`, `{+p}` | the rest of a path, not empty | crosses `/`, never `?`, `#` |
/// | `{?a,b}` | query values, each optional | any order, unknown keys ignored, first value wins |
/// | `{?b*}` | a list, `b=1&b=2` | every value of that key, in order |
/// | `{&a,b}` | more of the query | after `{?…}` or a literal `?k=v` |
///
/// Matching takes values percent-decoded, once; `+` stays `+`. What it does not do: judge whether
/// a value is safe to use as a path ([`matches_safely`](Self::matches_safely) does), or give it a
/// type.
///
/// ```
/// use fmcp_core::protocol::uri_template::{Safety, UriTemplate, Value};
///
/// let template = UriTemplate::parse("repo://{owner}/files/{path*}{?lines,tag*}")?;
/// let uri = "repo://acme/files/src/main%20old.rs?tag=a&tag=b";
///
/// let found = template.matches_safely(uri, &Safety::default()).expect("it matches");
/// assert_eq!(found.get("owner"), Some(&Value::from("acme")));
/// assert_eq!(found.get("path"), Some(&Value::from("src/main old.rs")));
/// assert_eq!(found.get("lines"), None);
/// assert_eq!(
///     found.to_json(),
///     r#"{"owner":"acme","path":"src/main old.rs","tag":["a","b"]}"#
/// );
///
/// let again = template.expand(|name| found.get(name).cloned())?;
/// assert_eq!(again, uri);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct UriTemplate {
    pub(super) source: String,
    /// How much of `source` comes before the first expression, query or end.
    pub(super) prefix_len: usize,
    /// The path and the fragment; a literal stands between any two variables.
    pub(super) parts: Vec<Part>,
    /// The pairs of a literal query, decoded; a URI must carry each.
    pub(super) fixed_query: Vec<(String, String)>,
    pub(super) variables: Vec<Variable>,
}

/// A piece of the path.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Literal(Vec<Unit>),
    /// The next of the path's variables; they come first in `variables`.
    Variable {
        wildcard: bool,
    },
}

/// One variable of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub(super) name: Arc<str>,
    pub(super) place: Place,
}

/// Where a variable stands, and so what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Segment,
    Wildcard,
    Query,
    QueryList,
}

impl UriTemplate {
    /// Parses a template; see the table above for what is supported.
    ///
    /// # Errors
    ///
    /// The first fault found, with its place and what to write instead.
    pub fn parse(template: &str) -> Result<Self, TemplateError> {
        super::parse::parse(template)
    }

    /// The template as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The variables, in the order in which they were written.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.variables.iter()
    }

    /// What stands before the first variable and before any query, as it was written.
    ///
    /// A URI that matches starts with it, up to percent-encoding (`a%2Db` for `a-b`).
    #[must_use]
    pub fn literal_prefix(&self) -> &str {
        &self.source[..self.prefix_len]
    }

    /// The values in `uri`, or `None` when it is not of this form.
    ///
    /// Where a URI can be read in several ways, each variable, from the left, takes as much as it
    /// can. A literal is found by its raw text; only when that gives no reading is its
    /// percent-encoded form accepted too (never for `/`, `?`, `#`). The work grows with the length
    /// of the URI times the number of variables, whatever the input; a URI longer than
    /// [`MAX_URI_LEN`](super::MAX_URI_LEN) does not match.
    #[must_use]
    pub fn matches(&self, uri: &str) -> Option<Match> {
        super::matching::matches(self, uri)
    }

    /// As [`matches`](Self::matches), and `None` too when `safety` refuses a value, so that a
    /// refusal cannot be told from a resource that does not exist.
    #[must_use]
    pub fn matches_safely(&self, uri: &str, safety: &Safety) -> Option<Match> {
        self.matches(uri)
            .filter(|found| safety.check(found).is_ok())
    }

    /// The URI in which the variables have the values that `value_of` gives for their names.
    ///
    /// The result is checked: matching it gives these values back. A value is encoded as far as
    /// that needs. Two forms change on the way: a list for a variable that is not a list is
    /// written with commas and comes back as one text (see [`Value::items`]), and a text for a
    /// list variable comes back as a list of one. Optional variables without a value, or with an
    /// empty list, are left out.
    ///
    /// # Errors
    ///
    /// When a path variable has no value or an empty one, when an item with a comma would have to
    /// be written into a comma separated list, when the URI would be longer than
    /// [`MAX_URI_LEN`](super::MAX_URI_LEN), or when no encoding of the values reads back as them.
    pub fn expand(
        &self,
        value_of: impl FnMut(&str) -> Option<Value>,
    ) -> Result<String, ExpandError> {
        super::expand::expand(self, value_of)
    }

    pub(super) fn query_variables(&self) -> impl Iterator<Item = &Variable> {
        self.variables.iter().filter(|variable| variable.optional())
    }
}

impl Variable {
    /// The name between the braces.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a URI may lack it: true in the query, false in the path.
    #[must_use]
    pub fn optional(&self) -> bool {
        matches!(self.place, Place::Query | Place::QueryList)
    }

    /// Whether its value is a list (`{?b*}`).
    #[must_use]
    pub fn list(&self) -> bool {
        self.place == Place::QueryList
    }

    /// Whether it crosses slashes (`{p*}`, `{+p}`).
    #[must_use]
    pub fn wildcard(&self) -> bool {
        self.place == Place::Wildcard
    }
}

impl FromStr for UriTemplate {
    type Err = TemplateError;

    fn from_str(template: &str) -> Result<Self, TemplateError> {
        Self::parse(template)
    }
}

impl fmt::Display for UriTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl fmt::Debug for UriTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UriTemplate").field(&self.source).finish()
    }
}

impl PartialEq for UriTemplate {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for UriTemplate {}
