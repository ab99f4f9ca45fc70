//! Why a template was refused.

use std::fmt;

use super::parse::{MAX_TEMPLATE_LEN, MAX_VARIABLES};

/// Why a template was refused, and where. The template has to change; there is nothing to retry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    pub(super) position: usize,
    pub(super) fault: TemplateFault,
}

impl TemplateError {
    /// The byte of the template at which the fault stands.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// What is wrong.
    #[must_use]
    pub fn fault(&self) -> &TemplateFault {
        &self.fault
    }
}

impl std::error::Error for TemplateError {}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "URI template, byte {}: {}", self.position, self.fault)
    }
}

/// What can be wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateFault {
    /// The template has no text.
    Empty,
    /// The template is longer than [`MAX_TEMPLATE_LEN`].
    TooLong,
    /// There are more than [`MAX_VARIABLES`] variables.
    TooManyVariables,
    /// A `{` has no `}`.
    Unclosed,
    /// A `}` has no `{`.
    Unopened,
    /// An expression or a place in a list holds no name.
    NoName,
    /// A name holds a character that names may not hold.
    BadName(char),
    /// The same name stands twice.
    Duplicate(String),
    /// An operator of RFC 6570 that is not supported.
    Operator(char),
    /// The `:n` modifier of RFC 6570, which is not supported.
    Prefix,
    /// Several names in a path expression.
    SeveralNames,
    /// Two variables of the path touch.
    Adjacent,
    /// A second `{?…}`, or `{?…}` after a literal query.
    SecondQuery,
    /// `{&…}` where no query has begun.
    NoQuery,
    /// A path expression in a literal query.
    VariableInQuery(String),
    /// Text or a path expression after the query expression.
    AfterQuery,
    /// A query after `#`, or `#` after a query.
    Fragment,
    /// A `%` that does not begin a percent-encoded byte.
    Percent,
    /// A literal whose percent-encoded bytes are not UTF-8.
    NotUtf8,
}

const SUPPORTED: &str =
    "supported are {name}, {name*} and {+name} in the path, {?a,b*} and {&a,b*} for the query";

impl fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the template is empty"),
            Self::TooLong => write!(f, "the template is longer than {MAX_TEMPLATE_LEN} bytes"),
            Self::TooManyVariables => write!(f, "more than {MAX_VARIABLES} variables"),
            Self::Unclosed => f.write_str("this `{` is never closed; write a literal brace as %7B"),
            Self::Unopened => f.write_str("this `}` closes nothing; write a literal brace as %7D"),
            Self::NoName => f.write_str("a variable name is missing here"),
            Self::BadName(found) => write!(
                f,
                "{found:?} cannot be part of a variable name; names hold letters, digits, `_`, `-` and `.`"
            ),
            Self::Duplicate(name) => write!(f, "the variable `{name}` stands twice"),
            Self::Operator(found) => {
                write!(f, "the operator `{found}` is not supported; {SUPPORTED}")
            }
            Self::Prefix => write!(f, "the `:n` length modifier is not supported; {SUPPORTED}"),
            Self::SeveralNames => f.write_str(
                "a path expression holds one name; write {a}/{b}, or {?a,b} for the query",
            ),
            Self::Adjacent => f.write_str(
                "two variables touch, so nothing tells where one ends; put a literal between them",
            ),
            Self::SecondQuery => f.write_str("the query has begun already; continue it with {&…}"),
            Self::NoQuery => f.write_str("no query has begun yet; begin it with {?…}"),
            Self::VariableInQuery(name) => write!(
                f,
                "a path variable cannot stand in a literal query; write {{?{name}}}, or {{&{name}}} after `?k=v`"
            ),
            Self::AfterQuery => f.write_str("only {&…} may follow the query expression"),
            Self::Fragment => f.write_str("a template has a query or a `#` fragment, not both"),
            Self::Percent => f.write_str("`%` must begin a percent-encoded byte; write %25"),
            Self::NotUtf8 => f.write_str("the percent-encoded bytes of this literal are not UTF-8"),
        }
    }
}
