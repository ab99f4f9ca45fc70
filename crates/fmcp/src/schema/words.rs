//! What a validation error is called, for people and for models. What does not belong here: finding
//! the errors.

use jsonschema::{
    JsonType, ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use serde_json::Value;

use super::{
    check::Fault,
    quote::{QUOTED, cut, path, short},
};

/// How many allowed values or unknown names are listed.
const CHOICES: usize = 12;
/// How deep alternatives within alternatives are explained.
const DEPTH: usize = 8;

/// One checked value and the schema it failed.
pub(super) struct Words<'a> {
    pub(super) schema: &'a Value,
    pub(super) value: &'a Value,
    pub(super) noun: &'static str,
}

impl Words<'_> {
    /// Adds what `error` means to `faults`.
    pub(super) fn tell(&self, error: &ValidationError<'_>, faults: &mut Vec<Fault>) {
        self.tell_at(error, DEPTH, faults);
    }

    fn tell_at(&self, error: &ValidationError<'_>, depth: usize, faults: &mut Vec<Fault>) {
        let at = error.instance_path().as_str();
        match error.kind() {
            Kind::AdditionalProperties { unexpected }
            | Kind::UnevaluatedProperties { unexpected } => {
                for name in unexpected {
                    faults.push(self.fault(at, self.unknown(error, name)));
                }
            }
            Kind::FalseSchema => match self.nothing_known(error, at) {
                Some(object) => faults.extend(
                    object
                        .keys()
                        .map(|name| self.fault(at, self.unknown(error, name))),
                ),
                None => faults.push(self.fault(at, self.message(error))),
            },
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                if depth == 0 || !self.alternatives(context, at, depth - 1, faults) {
                    let got = got(error.instance());
                    faults
                        .push(self.fault(at, format!("fits none of the allowed forms, got {got}")));
                }
            }
            Kind::PropertyNames { error: inner } => {
                let mut about = Vec::new();
                self.tell_at(inner, depth.saturating_sub(1), &mut about);
                for one in about {
                    let message = format!("the name of this {} {}", self.noun_at(at), one.message);
                    faults.push(self.fault(at, message));
                }
            }
            _ => faults.push(self.fault(at, self.message(error))),
        }
    }

    fn fault(&self, pointer: &str, message: String) -> Fault {
        let path = path(self.value, pointer);
        Fault { path, message }
    }

    /// Only the top level of arguments consists of arguments.
    fn noun_at(&self, pointer: &str) -> &'static str {
        if pointer.is_empty() {
            self.noun
        } else {
            "property"
        }
    }

    fn message(&self, error: &ValidationError<'_>) -> String {
        let value = error.instance();
        let got = short(value);
        match error.kind() {
            Kind::Type { .. } | Kind::Enum { .. } | Kind::Constant { .. } => {
                wanted(&expectations(error), value)
            }
            Kind::Required { property } => self.missing(error, property),
            Kind::Minimum { limit } => format!("must be at least {limit}, got {got}"),
            Kind::Maximum { limit } => format!("must be at most {limit}, got {got}"),
            Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}, got {got}"),
            Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}, got {got}"),
            Kind::MultipleOf { multiple_of } => {
                format!("must be a multiple of {multiple_of}, got {got}")
            }
            Kind::MinLength { limit } => sized("at least", *limit, "character", value),
            Kind::MaxLength { limit } => sized("at most", *limit, "character", value),
            Kind::MinItems { limit } => sized("at least", *limit, "item", value),
            Kind::MaxItems { limit } => sized("at most", *limit, "item", value),
            Kind::AdditionalItems { limit } => sized("at most", *limit as u64, "item", value),
            Kind::MinProperties { limit } => sized("at least", *limit, "property", value),
            Kind::MaxProperties { limit } => sized("at most", *limit, "property", value),
            Kind::UnevaluatedItems { .. } => format!("holds more items than allowed: {got}"),
            Kind::Pattern { pattern } => {
                format!(
                    "must match the pattern {}, got {got}",
                    cut(pattern, QUOTED * 2)
                )
            }
            Kind::UniqueItems => "must not hold the same item twice".to_owned(),
            Kind::Contains => "holds no item, or too many items, of the required form".to_owned(),
            Kind::Not { schema } => format!("must not be {}, got {got}", negated(schema)),
            Kind::FalseSchema => "is not allowed here".to_owned(),
            Kind::OneOfMultipleValid { .. } => {
                format!("fits more than one of the allowed forms, but must fit exactly one: {got}")
            }
            _ => cut(&error.to_string(), QUOTED * 4),
        }
    }

    fn missing(&self, error: &ValidationError<'_>, property: &Value) -> String {
        let noun = self.noun_at(error.instance_path().as_str());
        let kind = property
            .as_str()
            .and_then(|name| self.properties(error)?.get(name))
            .map(|schema| super::signature::kind(self.schema, schema))
            .filter(|kind| kind != "any")
            .map(|kind| format!(" ({})", cut(&kind, QUOTED)))
            .unwrap_or_default();
        format!("missing required {noun} {}{kind}", short(property))
    }

    /// The object that has properties, where the schema names none and allows no others. The error
    /// carries only the first of them.
    fn nothing_known(
        &self,
        error: &ValidationError<'_>,
        at: &str,
    ) -> Option<&serde_json::Map<String, Value>> {
        let path = error.schema_path().as_str();
        let object = self.value.pointer(at)?.as_object()?;
        (path.ends_with("/additionalProperties") && !object.is_empty()).then_some(object)
    }

    fn unknown(&self, error: &ValidationError<'_>, name: &str) -> String {
        let noun = self.noun_at(error.instance_path().as_str());
        let given = error.instance();
        let near = self
            .properties(error)
            .into_iter()
            .flatten()
            .map(|(known, _)| known)
            .filter(|known| given.get(known.as_str()).is_none())
            .map(|known| (closeness(name, known), known))
            .filter(|(closeness, _)| *closeness > 0.7)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let name = short(&Value::from(name));
        match near {
            Some((_, known)) => {
                let known = short(&Value::from(known.as_str()));
                format!("unknown {noun} {name}; did you mean {known}?")
            }
            None => format!("unknown {noun} {name}"),
        }
    }

    /// The `properties` next to the keyword that failed.
    fn properties(&self, error: &ValidationError<'_>) -> Option<&serde_json::Map<String, Value>> {
        let mut at = error.schema_path().as_str();
        while let Some((parent, _)) = at.rsplit_once('/') {
            at = parent;
            let beside = self
                .schema
                .pointer(at)
                .and_then(|one| one.get("properties"));
            if let Some(found) = beside.and_then(Value::as_object) {
                return Some(found);
            }
        }
        None
    }

    /// Says what the most fitting of several alternatives lacks; `false` when there is none.
    fn alternatives(
        &self,
        branches: &[Vec<ValidationError<'static>>],
        at: &str,
        depth: usize,
        faults: &mut Vec<Fault>,
    ) -> bool {
        let refused = |branch: &Vec<_>| expectation_at(branch, at).is_some();
        if branches.iter().all(refused) {
            return self.merged(branches.iter(), at, faults);
        }
        let near: Vec<_> = branches.iter().filter(|branch| !refused(*branch)).collect();
        // A field that names the form (a tag) fails in every form but the one that was meant.
        let tag = |branch: &Vec<ValidationError<'_>>| {
            let tag = branch
                .iter()
                .find(|one| matches!(one.kind(), Kind::Constant { .. } | Kind::Enum { .. }));
            tag.map(|one| one.instance_path().as_str().to_owned())
        };
        let untagged = near.iter().copied().filter(|branch| tag(branch).is_none());
        if let Some(best) = untagged.min_by_key(|branch| branch.len()) {
            for one in best {
                self.tell_at(one, depth, faults);
            }
            return !best.is_empty();
        }
        let Some(place) = near.first().and_then(|branch| tag(branch)) else {
            return false;
        };
        let same = near
            .into_iter()
            .filter(|branch| expectation_at(branch, &place).is_some());
        self.merged(same, &place, faults)
    }

    fn merged<'b>(
        &self,
        branches: impl Iterator<Item = &'b Vec<ValidationError<'static>>>,
        at: &str,
        faults: &mut Vec<Fault>,
    ) -> bool {
        let errors: Vec<_> = branches
            .filter_map(|branch| expectation_at(branch, at))
            .collect();
        let Some(first) = errors.first() else {
            return false;
        };
        let all = errors
            .iter()
            .copied()
            .fold(Expected::default(), |all, one| all.and(expectations(one)));
        faults.push(self.fault(at, wanted(&all, first.instance())));
        true
    }
}

/// The error of a branch that refuses the value at `at` for its type, or for what it is.
fn expectation_at<'e>(
    branch: &'e [ValidationError<'static>],
    at: &str,
) -> Option<&'e ValidationError<'static>> {
    branch.iter().find(|one| {
        let kind = matches!(
            one.kind(),
            Kind::Type { .. } | Kind::Enum { .. } | Kind::Constant { .. }
        );
        kind && one.instance_path().as_str() == at
    })
}

/// What would have been taken instead: values, and types.
#[derive(Default)]
struct Expected {
    values: Vec<String>,
    types: Vec<&'static str>,
}

impl Expected {
    fn and(mut self, other: Self) -> Self {
        self.values.extend(other.values);
        for one in other.types {
            if !self.types.contains(&one) {
                self.types.push(one);
            }
        }
        self
    }
}

fn expectations(error: &ValidationError<'_>) -> Expected {
    let mut expected = Expected::default();
    match error.kind() {
        Kind::Type {
            kind: TypeKind::Single(one),
        } => expected.types.push(named(*one)),
        Kind::Type {
            kind: TypeKind::Multiple(all),
        } => expected.types.extend(all.iter().map(named)),
        Kind::Enum { options } => {
            expected
                .values
                .extend(options.as_array().into_iter().flatten().map(short));
        }
        Kind::Constant { expected_value } => expected.values.push(short(expected_value)),
        _ => {}
    }
    expected
}

fn wanted(expected: &Expected, value: &Value) -> String {
    let short = short(value);
    let mut types = expected.types.clone();
    types.sort_by_key(|one| *one == "null");
    let types = match types.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        other => other.concat(),
    };
    let mut values = expected
        .values
        .iter()
        .take(CHOICES)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if let more @ 1.. = expected.values.len().saturating_sub(CHOICES) {
        values.push_str(&format!(" and {more} more"));
    }
    match (expected.values.len(), types.as_str()) {
        (0, types) => format!("expected {types}, got {}", got(value)),
        (1, "") => format!("must be {values}, got {short}"),
        (_, "") => format!("must be one of {values}, got {short}"),
        (1, types) => format!("must be {values} or {types}, got {short}"),
        (_, types) => format!("must be one of {values}, or {types}, got {short}"),
    }
}

fn named(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "a list",
        JsonType::Object => "an object",
    }
}

fn got(value: &Value) -> String {
    let kind = match value {
        Value::String(_) => "a string ",
        Value::Array(_) => "a list ",
        Value::Object(_) => "an object ",
        _ => "",
    };
    format!("{kind}{}", short(value))
}

fn sized(bound: &str, limit: u64, unit: &str, value: &Value) -> String {
    let length = match value {
        Value::String(text) => text.chars().count(),
        Value::Array(list) => list.len(),
        Value::Object(all) => all.len(),
        _ => 0,
    };
    let units = match (limit, unit) {
        (1, unit) => unit.to_owned(),
        (_, "property") => "properties".to_owned(),
        (_, unit) => format!("{unit}s"),
    };
    let verb = if unit == "character" { "have" } else { "hold" };
    format!(
        "must {verb} {bound} {limit} {units}, got {length}: {}",
        short(value)
    )
}

fn negated(schema: &Value) -> String {
    match (schema.get("const"), schema.get("enum")) {
        (Some(value), _) => short(value),
        (None, Some(Value::Array(values))) => values
            .iter()
            .take(CHOICES)
            .map(short)
            .collect::<Vec<_>>()
            .join(" or "),
        _ => format!("as {} says", short(schema)),
    }
}

fn closeness(given: &str, known: &str) -> f64 {
    let plain = |text: &str| -> String {
        let text = text
            .chars()
            .take(QUOTED)
            .filter(|one| !matches!(one, '_' | '-' | ' '));
        text.flat_map(char::to_lowercase).collect()
    };
    strsim::jaro_winkler(&plain(given), &plain(known))
}
