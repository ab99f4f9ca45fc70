//! Arguments made ready for a handler. What does not belong here: what the handler is.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use serde_json::Value;

use super::{
    check::{Checker, Fault, SchemaFault},
    coerce::coerce,
    promise::constrains,
    signature::signature,
};

/// What arguments are for, as faults call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// `tool`, `prompt`, `resource template`.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
}

impl<'a> Subject<'a> {
    /// A tool.
    #[must_use]
    pub fn tool(name: &'a str) -> Self {
        Self { kind: "tool", name }
    }
}

/// The arguments that a schema describes.
///
/// ```
/// use fmcp::schema::{Arguments, Subject};
/// use serde_json::json;
///
/// let arguments = Arguments::new(json!({
///     "type": "object",
///     "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "maximum": 10}},
///     "required": ["a", "b"],
/// }), false);
/// let add = Subject::tool("add");
/// assert_eq!(arguments.prepare(add, json!({"a": "1", "b": 2})), Ok(json!({"a": 1, "b": 2})));
/// assert_eq!(
///     arguments.prepare(add, json!({"b": 11})).unwrap_err().to_string(),
///     "Invalid arguments for tool \"add\":\n\
///      - missing required argument \"a\" (integer)\n\
///      - b: must be at most 10, got 11\n\
///      Expected: add(a: integer, b: integer)",
/// );
/// ```
#[derive(Debug)]
pub struct Arguments {
    schema: Arc<Value>,
    checker: OnceLock<Result<Checker, SchemaFault>>,
    strict: bool,
    constrained: bool,
}

impl Arguments {
    /// Arguments as `schema` describes them. `strict` takes them as they come; otherwise they are
    /// read as the schema wants them where that loses nothing ([`coerce`]).
    #[must_use]
    pub fn new(schema: Value, strict: bool) -> Self {
        Self {
            constrained: constrains(&schema),
            schema: Arc::new(schema),
            checker: OnceLock::new(),
            strict,
        }
    }

    /// Says that the arguments are read into a type, which may enforce all that the schema promises
    /// ([`Promise`](super::Promise)).
    #[must_use]
    pub fn typed(mut self, enforced: bool) -> Self {
        self.constrained &= !enforced;
        self
    }

    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// Whether the schema promises more than reading into a Rust type checks ([`constrains`]). When
    /// it does not, a typed handler may [`read`](Self::read), deserialize, and ask for
    /// [`faults`](Self::faults) only when that fails.
    #[must_use]
    pub fn needs_check(&self) -> bool {
        self.constrained
    }

    /// Compiles the schema now rather than at the first call.
    ///
    /// # Errors
    /// When the schema cannot be used; then [`prepare`](Self::prepare) refuses all arguments.
    pub fn verify(&self) -> Result<(), SchemaFault> {
        match self.checker() {
            Ok(_) => Ok(()),
            Err(fault) => Err(fault.clone()),
        }
    }

    /// Arguments as the schema wants them, unless strict. Checks nothing.
    #[must_use]
    pub fn read(&self, arguments: Value) -> Value {
        // Arguments that were left out are an empty object.
        let arguments = match arguments {
            Value::Null => Value::Object(serde_json::Map::new()),
            given => given,
        };
        if self.strict {
            arguments
        } else {
            coerce(&self.schema, arguments)
        }
    }

    /// [`read`](Self::read), then checked.
    ///
    /// # Errors
    /// All that is wrong with the arguments.
    pub fn prepare(&self, subject: Subject<'_>, arguments: Value) -> Result<Value, Faults> {
        let arguments = self.read(arguments);
        match self.faults(subject, &arguments) {
            Some(faults) => Err(faults),
            None => Ok(arguments),
        }
    }

    /// What is wrong with `arguments`, which are taken as they are.
    #[must_use]
    pub fn faults(&self, subject: Subject<'_>, arguments: &Value) -> Option<Faults> {
        let list = match self.checker() {
            Ok(checker) => checker.faults(arguments),
            // Nothing passes unchecked.
            Err(fault) => vec![Fault {
                path: String::new(),
                message: format!("arguments cannot be checked: {fault}"),
            }],
        };
        (!list.is_empty()).then(|| self.refuse(subject, list))
    }

    /// Faults found elsewhere (while deserializing, say), told in the same way.
    #[must_use]
    pub fn refuse(&self, subject: Subject<'_>, list: Vec<Fault>) -> Faults {
        Faults {
            heading: format!("{} {}", subject.kind, Value::from(subject.name)),
            list,
            expected: signature(subject.name, &self.schema),
        }
    }

    fn checker(&self) -> Result<&Checker, &SchemaFault> {
        let compile = || Checker::compile(Arc::clone(&self.schema), "argument");
        self.checker.get_or_init(compile).as_ref()
    }
}

/// Everything that is wrong with the arguments of one call, told as one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    heading: String,
    list: Vec<Fault>,
    expected: String,
}

impl Faults {
    /// One by one.
    #[must_use]
    pub fn list(&self) -> &[Fault] {
        &self.list
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Invalid arguments for {}:", self.heading)?;
        for fault in &self.list {
            writeln!(f, "- {fault}")?;
        }
        write!(f, "Expected: {}", self.expected)
    }
}

impl std::error::Error for Faults {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn add(strict: bool) -> Arguments {
        let schema = json!({
            "type": "object",
            "properties": {"a": {"type": "integer"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
            "required": ["a"],
            "additionalProperties": false,
        });
        Arguments::new(schema, strict)
    }

    #[track_caller]
    fn check(arguments: &Arguments, given: Value, expect: Result<Value, &[&str]>) {
        let came = arguments.prepare(Subject::tool("add"), given);
        let came = came.map_err(|faults| faults.to_string());
        let expect = expect.map_err(|lines| {
            format!(
                "Invalid arguments for tool \"add\":\n{}\n\
                 Expected: add(a: integer, unit?: \"celsius\" | \"fahrenheit\")",
                lines.join("\n")
            )
        });
        assert_eq!(came, expect);
    }

    #[test]
    fn lenient_and_strict() {
        check(&add(false), json!({"a": "5"}), Ok(json!({"a": 5})));
        check(
            &add(true),
            json!({"a": "5"}),
            Err(&["- a: expected an integer, got a string \"5\""]),
        );
        check(
            &add(false),
            json!({"aa": 5, "unit": "kelvin"}),
            Err(&[
                "- unit: must be one of \"celsius\", \"fahrenheit\", got \"kelvin\"",
                "- unknown argument \"aa\"; did you mean \"a\"?",
                "- missing required argument \"a\" (integer)",
            ]),
        );
        check(
            &add(true),
            Value::Null,
            Err(&["- missing required argument \"a\" (integer)"]),
        );
    }

    #[test]
    fn an_unusable_schema_lets_nothing_through() {
        let arguments = Arguments::new(json!({"$ref": "https://example.com/a.json"}), false);
        assert!(arguments.verify().is_err());
        let faults = arguments
            .prepare(Subject::tool("x"), json!({}))
            .expect_err("an unusable schema");
        assert!(
            faults.list()[0]
                .message
                .starts_with("arguments cannot be checked: ")
        );
    }
}
