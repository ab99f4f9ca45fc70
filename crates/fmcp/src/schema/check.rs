//! Values held against a schema. What does not belong here: changing values, and the words that
//! faults are told in.

use std::{collections::HashMap, fmt, sync::Arc};

use jsonschema::{PatternOptions, Validator, error::ValidationErrorKind};
use serde_json::Value;

use super::{fit, quote, walk, words};

/// How many faults are told one by one.
const LISTED: usize = 20;
/// How many schemas one schema may hold.
const SUBSCHEMAS: usize = 10_000;
/// How deep schemas may stand in each other.
const DEPTH: usize = 64;
/// How deep the JSON of a schema may go, constants and defaults included.
const JSON_DEPTH: usize = 160;
/// How many schemas may apply to one and the same value, through references and `allOf`.
const AT_ONCE: usize = 100_000;
/// How many references and alternatives may follow each other for one value.
const CHAIN: usize = 256;
/// How many times a schema may be held against a part of a value while faults are gathered.
const VISITS: usize = 50_000;
/// The same, where both schema and value are a stranger's.
const STRANGERS: usize = 1_000_000;
/// What is said when there would be more.
const UNLISTED: &str = "does not fit the schema; what is wrong cannot be listed in bounded time";
/// How many bytes a compiled pattern and its cache may take.
const PATTERN: usize = 1 << 20;
/// The dialects that are understood, without scheme and closing `#`.
const DIALECTS: [&str; 5] = [
    "json-schema.org/draft/2020-12/schema",
    "json-schema.org/draft/2019-09/schema",
    "json-schema.org/draft-07/schema",
    "json-schema.org/draft-06/schema",
    "json-schema.org/draft-04/schema",
];

/// Why a schema cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaFault(String);

impl fmt::Display for SchemaFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SchemaFault {}

/// One thing that is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: `""` for the value itself, else `a.b[2]`.
    pub path: String,
    /// What was expected and what came.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// A schema, compiled: cheap to ask, made once per schema.
///
/// It reads nothing but the schema it is given (no network, no files), matches patterns in linear
/// time and takes `format` as the annotation it is.
///
/// ```
/// use fmcp::schema::Checker;
/// use serde_json::json;
///
/// let checker = Checker::new(&json!({"type": "object", "properties": {"b": {"maximum": 10}}}))?;
/// assert!(checker.accepts(&json!({"b": 10})));
/// assert_eq!(checker.faults(&json!({"b": 11}))[0].to_string(), "b: must be at most 10, got 11");
/// # Ok::<(), fmcp::schema::SchemaFault>(())
/// ```
pub struct Checker {
    schema: Arc<Value>,
    validator: Validator,
    noun: &'static str,
    /// Whether all references are pointers into the schema, so that work can be counted.
    pointers: bool,
}

impl Checker {
    /// Compiles `schema`.
    ///
    /// # Errors
    /// When it is no JSON Schema, refers to another document, is written in an unknown dialect, or
    /// is too large to be checked in bounded time.
    pub fn new(schema: &Value) -> Result<Self, SchemaFault> {
        Self::compile(Arc::new(schema.clone()), "property")
    }

    /// Compiles the schema of arguments: faults speak of arguments, not of properties.
    ///
    /// # Errors
    /// As for [`Checker::new`].
    pub fn for_arguments(schema: &Value) -> Result<Self, SchemaFault> {
        Self::compile(Arc::new(schema.clone()), "argument")
    }

    pub(super) fn compile(schema: Arc<Value>, noun: &'static str) -> Result<Self, SchemaFault> {
        within_bounds(&schema)?;
        known_dialect(&schema)?;
        counted(&schema)?;
        let patterns = PatternOptions::regex()
            .size_limit(PATTERN)
            .dfa_size_limit(PATTERN);
        let validator = jsonschema::options()
            .offline()
            .should_validate_formats(false)
            .with_pattern_options(patterns)
            .build(&schema)
            .map_err(|error| refusal(&error))?;
        Ok(Self {
            pointers: has_pointers_only(&schema),
            schema,
            validator,
            noun,
        })
    }

    /// Whether `value` is as the schema says.
    #[must_use]
    pub fn accepts(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// Whether `value` can be held against the schema in bounded time, whoever has made up the two.
    pub(crate) fn is_bounded_for(&self, value: &Value) -> bool {
        self.pointers && fit::visits_within(&self.schema, value, STRANGERS)
    }

    /// What is wrong with `value`; nothing when the schema accepts it. Past 20 faults only their
    /// number is told, and where gathering them would take too long, only that there are some.
    #[must_use]
    pub fn faults(&self, value: &Value) -> Vec<Fault> {
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        if !self.pointers || !fit::visits_within(&self.schema, value, VISITS) {
            return vec![Fault {
                path: String::new(),
                message: UNLISTED.to_owned(),
            }];
        }
        let words = words::Words {
            schema: &self.schema,
            value,
            noun: self.noun,
        };
        let mut faults = Vec::new();
        let mut unlisted = 0;
        for error in self.validator.iter_errors(value) {
            if faults.len() < LISTED {
                words.tell(&error, &mut faults);
            } else {
                unlisted += 1;
            }
        }
        if faults.is_empty() {
            // Whatever finding words for it came to: it does not fit.
            faults.push(Fault {
                path: String::new(),
                message: "does not fit the schema".to_owned(),
            });
        }
        unlisted += faults.len().saturating_sub(LISTED);
        faults.truncate(LISTED);
        if unlisted > 0 {
            let message = format!("and {unlisted} more");
            faults.push(Fault {
                path: String::new(),
                message,
            });
        }
        faults
    }
}

impl fmt::Debug for Checker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checker")
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

/// References by anchor or by `$id` are followed when checking, but not by what counts the work.
fn has_pointers_only(root: &Value) -> bool {
    let lost = |at: &Value| {
        at.as_str()
            .is_none_or(|at| walk::target(root, at).is_none())
    };
    !walk::any(root, &mut |one| {
        let dynamic = one.get("$dynamicRef").or(one.get("$recursiveRef"));
        dynamic.is_some() || one.get("$ref").is_some_and(lost)
    })
}

fn fault<T>(words: impl Into<String>) -> Result<T, SchemaFault> {
    Err(SchemaFault(words.into()))
}

fn within_bounds(schema: &Value) -> Result<(), SchemaFault> {
    let mut json = vec![(schema, 0)];
    while let Some((next, depth)) = json.pop() {
        if depth > JSON_DEPTH {
            return fault("the schema is nested too deep");
        }
        match next {
            Value::Array(list) => json.extend(list.iter().map(|one| (one, depth + 1))),
            Value::Object(all) => json.extend(all.values().map(|one| (one, depth + 1))),
            _ => {}
        }
    }
    let mut count = 0;
    let mut waiting = vec![(schema, 0)];
    while let Some((next, depth)) = waiting.pop() {
        count += 1;
        if count > SUBSCHEMAS {
            return fault(format!("the schema holds more than {SUBSCHEMAS} schemas"));
        }
        if depth > DEPTH {
            return fault(format!(
                "schemas stand in each other more than {DEPTH} levels deep"
            ));
        }
        waiting.extend(walk::children(next).into_iter().map(|one| (one, depth + 1)));
    }
    Ok(())
}

fn known_dialect(schema: &Value) -> Result<(), SchemaFault> {
    let Some(named) = schema.get("$schema") else {
        return Ok(());
    };
    let text = named.as_str().unwrap_or_default();
    let bare = text.trim_end_matches('#');
    let bare = bare
        .strip_prefix("https://")
        .or_else(|| bare.strip_prefix("http://"));
    if bare.is_some_and(|bare| DIALECTS.contains(&bare)) {
        return Ok(());
    }
    fault(format!(
        "the schema is written in the dialect {}, which is not supported; \
         use JSON Schema 2020-12, 2019-09, draft-07, draft-06 or draft-04",
        quote::short(named)
    ))
}

/// Counts, for every schema in a document, the schemas that apply to the same value at once. A few
/// references can double that number again and again, and one that leads back to itself never ends.
fn counted(root: &Value) -> Result<(), SchemaFault> {
    let mut counts = AtOnce {
        root,
        known: HashMap::new(),
    };
    let mut waiting = vec![root];
    while let Some(next) = waiting.pop() {
        counts.count(next, 0)?;
        waiting.extend(walk::children(next));
    }
    Ok(())
}

struct AtOnce<'a> {
    root: &'a Value,
    /// By address; `None` while its parts are being counted.
    known: HashMap<*const Value, Option<usize>>,
}

impl AtOnce<'_> {
    fn count(&mut self, schema: &Value, depth: usize) -> Result<usize, SchemaFault> {
        match self.known.get(&std::ptr::from_ref(schema)) {
            Some(Some(count)) => return Ok(*count),
            Some(None) => return fault("a `$ref` in the schema leads back to itself"),
            None if depth > CHAIN => return fault("a chain of `$ref`s in the schema is too long"),
            None => self.known.insert(std::ptr::from_ref(schema), None),
        };
        let target = walk::reference(schema).and_then(|at| walk::target(self.root, at));
        let lists = ["allOf", "anyOf", "oneOf"].into_iter();
        let lists = lists.filter_map(|word| schema.get(word)?.as_array());
        let parts = ["not", "if", "then", "else"].into_iter();
        let parts = parts.filter_map(|word| schema.get(word));
        let mut count = 1_usize;
        for part in target.into_iter().chain(lists.flatten()).chain(parts) {
            count = count.saturating_add(self.count(part, depth + 1)?);
        }
        if count > AT_ONCE {
            return fault("the references in the schema multiply beyond what can be checked");
        }
        self.known.insert(std::ptr::from_ref(schema), Some(count));
        Ok(count)
    }
}

fn refusal(error: &jsonschema::ValidationError<'_>) -> SchemaFault {
    let said = quote::cut(&error.to_string(), 200);
    let at = error.instance_path().as_str();
    SchemaFault(match error.kind() {
        ValidationErrorKind::Referencing(_) => format!(
            "a `$ref` of the schema cannot be followed ({said}); \
             only references inside the schema itself are, nothing is fetched"
        ),
        ValidationErrorKind::Format { format } if format == "regex" => format!(
            "the pattern {} cannot be used; patterns are matched in linear time, \
             without look-around and back-references",
            quote::short(error.instance())
        ),
        _ if at.is_empty() => format!("this is not a JSON Schema: {said}"),
        _ => format!("this is not a JSON Schema: {said} (at {at})"),
    })
}
