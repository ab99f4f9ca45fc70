//! From values to a URI.

use std::fmt;

use super::template::{Part, UriTemplate, Variable};
use super::units::{ENCODED, byte, is_unreserved, push_encoded};
use super::{MAX_URI_LEN, Match, Value};

/// Why values could not be written as a URI. Other values have to be given; there is nothing to
/// retry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExpandError {
    /// A path variable has no value.
    Missing(String),
    /// A path variable has an empty value, which no URI can carry.
    Empty(String),
    /// An item with a comma in a list that is written with commas.
    Comma(String),
    /// The URI would be longer than [`MAX_URI_LEN`].
    TooLong,
    /// However they are encoded, the values would be read back as others.
    Ambiguous,
}

impl std::error::Error for ExpandError {}

impl fmt::Display for ExpandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("URI template: ")?;
        match self {
            Self::Missing(name) => write!(f, "the required variable `{name}` has no value"),
            Self::Empty(name) => write!(f, "the value of `{name}` is empty; a path needs one"),
            Self::Comma(name) => write!(
                f,
                "an item of `{name}` holds a comma, which separates its items; declare it as a list, {{?{name}*}}"
            ),
            Self::TooLong => write!(f, "the URI would be longer than {MAX_URI_LEN} bytes"),
            Self::Ambiguous => f.write_str(
                "these values would be read back as others; the template's literals do not tell its variables apart",
            ),
        }
    }
}

pub(super) fn expand(
    template: &UriTemplate,
    value_of: impl FnMut(&str) -> Option<Value>,
) -> Result<String, ExpandError> {
    let given = gather(template, value_of)?;
    let values = given
        .iter()
        .map(|(variable, value)| (variable.name.clone(), read_back(variable, value)));
    let wanted = Match {
        values: values.collect(),
    };
    let literal_bytes = literal_bytes(template);
    // The second way encodes whatever the literals hold: uglier, but then only literals are raw.
    for guard in [&[][..], &literal_bytes] {
        let uri = write(template, &given, guard);
        if uri.len() > MAX_URI_LEN {
            return Err(ExpandError::TooLong);
        }
        if template.matches(&uri).as_ref() == Some(&wanted) {
            return Ok(uri);
        }
    }
    Err(ExpandError::Ambiguous)
}

type Given<'t> = Vec<(&'t Variable, Value)>;

/// The values, each fit for its variable.
fn gather(
    template: &UriTemplate,
    mut value_of: impl FnMut(&str) -> Option<Value>,
) -> Result<Given<'_>, ExpandError> {
    let mut given = Vec::with_capacity(template.variables.len());
    for variable in template.variables() {
        let name = variable.name();
        let value = value_of(name).filter(|value| !value.texts().is_empty());
        match value {
            None if variable.optional() => {}
            None => return Err(ExpandError::Missing(name.to_owned())),
            Some(value) => {
                check(variable, &value)?;
                given.push((variable, value));
            }
        }
    }
    Ok(given)
}

fn check(variable: &Variable, value: &Value) -> Result<(), ExpandError> {
    let name = || variable.name().to_owned();
    match value {
        Value::Many(items) if !variable.list() && items.iter().any(|item| item.contains(',')) => {
            Err(ExpandError::Comma(name()))
        }
        _ if !variable.optional() && joined(value).is_empty() => Err(ExpandError::Empty(name())),
        _ => Ok(()),
    }
}

/// The value as matching gives it for this variable.
fn read_back(variable: &Variable, value: &Value) -> Value {
    if variable.list() {
        Value::Many(value.texts().to_vec())
    } else {
        Value::One(joined(value))
    }
}

fn joined(value: &Value) -> String {
    value.texts().join(",")
}

/// What the literals after the first variable hold; the one before it cannot be misplaced.
fn literal_bytes(template: &UriTemplate) -> Vec<u8> {
    let literals = template.parts.iter().skip(1).filter_map(|part| match part {
        Part::Literal(units) => Some(units),
        Part::Variable { .. } => None,
    });
    literals.flatten().copied().map(byte).collect()
}

fn write(template: &UriTemplate, given: &Given<'_>, guard: &[u8]) -> String {
    let mut uri = String::new();
    let mut given = given.iter();
    for part in &template.parts {
        match part {
            Part::Literal(units) => {
                for unit in units {
                    push(&mut uri, byte(*unit), unit & ENCODED == 0);
                }
            }
            Part::Variable { wildcard } => {
                // `gather` gave every path variable a value, before those of the query.
                if let Some((_, value)) = given.next() {
                    push_path(&mut uri, *wildcard, value, guard);
                }
            }
        }
    }
    let mut mark = '?';
    let mut push_pair = |key: &str, items: &[String]| {
        uri.push(std::mem::replace(&mut mark, '&'));
        push_items(&mut uri, &[key.to_owned()], is_unreserved);
        uri.push('=');
        push_items(&mut uri, items, is_unreserved);
    };
    for (key, value) in &template.fixed_query {
        push_pair(key, std::slice::from_ref(value));
    }
    for (variable, value) in given {
        if variable.list() {
            value
                .texts()
                .iter()
                .for_each(|item| push_pair(variable.name(), std::slice::from_ref(item)));
        } else {
            push_pair(variable.name(), value.texts());
        }
    }
    uri
}

fn push_path(uri: &mut String, wildcard: bool, value: &Value, guard: &[u8]) {
    if guard.is_empty() {
        push_items(uri, value.texts(), |byte| {
            is_unreserved(byte) || wildcard && byte == b'/'
        });
    } else {
        push_items(uri, &[joined(value)], |byte| {
            is_unreserved(byte) && !guard.contains(&byte)
        });
    }
}

/// Writes items with commas between them; `raw` tells which bytes stay as they are.
fn push_items(uri: &mut String, items: &[String], raw: impl Fn(u8) -> bool) {
    for (nth, item) in items.iter().enumerate() {
        if nth > 0 {
            uri.push(',');
        }
        item.bytes().for_each(|byte| push(uri, byte, raw(byte)));
    }
}

fn push(uri: &mut String, byte: u8, raw: bool) {
    if raw {
        uri.push(char::from(byte));
    } else {
        push_encoded(uri, byte);
    }
}
