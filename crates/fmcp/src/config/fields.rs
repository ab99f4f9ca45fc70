//! Reading the fields of one JSON object, and collecting what is wrong with them.

use std::{collections::HashSet, time::Duration};

use serde_json::{Map, Value};

use super::{
    error::Fault,
    expand::{Variables, expand},
};

/// The fields of one object: what is asked for is read, what is wrong is remembered.
pub(super) struct Fields<'a> {
    path: String,
    fields: &'a Map<String, Value>,
    asked: HashSet<&'static str>,
    variables: Variables<'a>,
    faults: Vec<Fault>,
}

impl<'a> Fields<'a> {
    /// The fields of `value`, which stands at `path`.
    pub(super) fn of(
        value: &'a Value,
        path: String,
        variables: Variables<'a>,
    ) -> Result<Self, Fault> {
        let Value::Object(fields) = value else {
            let why = format!("expected an object, not {}", kind(value));
            return Err(Fault { path, why });
        };
        Ok(Self {
            path,
            fields,
            asked: HashSet::new(),
            variables,
            faults: Vec::new(),
        })
    }

    /// Says that something is wrong with a field.
    pub(super) fn fault(&mut self, field: &str, why: impl Into<String>) {
        let path = match field {
            "" => self.path.clone(),
            field => format!("{}.{field}", self.path),
        };
        self.faults.push(Fault {
            path,
            why: why.into(),
        });
    }

    /// Where variables come from.
    pub(super) fn variables(&self) -> Variables<'a> {
        self.variables
    }

    /// The field as it stands there, unless it is `null`.
    pub(super) fn value(&mut self, field: &'static str) -> Option<&'a Value> {
        self.asked.insert(field);
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// A text, with its variables replaced.
    pub(super) fn text(&mut self, field: &'static str) -> Option<String> {
        let value = self.value(field)?;
        self.read_text(field, value)
    }

    /// The first of these fields that is there: some programs call the same thing otherwise.
    pub(super) fn text_of(&mut self, fields: &[&'static str]) -> Option<String> {
        fields.iter().find_map(|field| self.text(field))
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, field: &'static str) -> Option<Vec<String>> {
        let value = self.value(field)?;
        let Value::Array(items) = value else {
            self.fault(
                field,
                format!("expected a list of texts, not {}", kind(value)),
            );
            return None;
        };
        let mut texts = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            texts.extend(self.read_text(&format!("{field}[{at}]"), item));
        }
        Some(texts)
    }

    /// An object of texts.
    pub(super) fn table(&mut self, field: &'static str) -> Vec<(String, String)> {
        let Some(value) = self.value(field) else {
            return Vec::new();
        };
        let Value::Object(entries) = value else {
            self.fault(
                field,
                format!("expected an object of texts, not {}", kind(value)),
            );
            return Vec::new();
        };
        let mut table = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            if let Some(text) = self.read_text(&format!("{field}.{name}"), value) {
                table.push((name.clone(), text));
            }
        }
        table
    }

    /// Whether it is so.
    pub(super) fn flag(&mut self, field: &'static str) -> Option<bool> {
        match self.value(field)? {
            Value::Bool(flag) => Some(*flag),
            other => {
                self.fault(
                    field,
                    format!("expected true or false, not {}", kind(other)),
                );
                None
            }
        }
    }

    /// A time: a number of milliseconds, or a text with its unit.
    pub(super) fn duration(&mut self, field: &'static str) -> Option<Duration> {
        let value = self.value(field)?;
        let read = match value {
            Value::Number(number) => number.as_f64().map(|ms| ms / 1000.0),
            Value::String(text) => seconds(text),
            _ => None,
        };
        let duration = read
            .filter(|seconds| *seconds > 0.0)
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        if duration.is_none() {
            let words =
                "expected a time: milliseconds as a number, or \"250ms\", \"30s\", \"2m\", \"1h\"";
            self.fault(field, words);
        }
        duration
    }

    /// What was wrong; fields that nobody has asked for are no fault, since other programs have more of
    /// them, but may be misspelt.
    pub(super) fn finish(self) -> Vec<Fault> {
        let known: Vec<&str> = self.asked.iter().copied().collect();
        for field in self
            .fields
            .keys()
            .filter(|field| !self.asked.contains(field.as_str()))
        {
            let nearest = known
                .iter()
                .map(|known| {
                    (
                        strsim::damerau_levenshtein(&field.to_lowercase(), &known.to_lowercase()),
                        known,
                    )
                })
                .min()
                .filter(|(distance, _)| *distance <= 2);
            match nearest {
                Some((_, known)) => {
                    tracing::warn!(path = %self.path, field, "unknown field; did you mean `{known}`?");
                }
                None => tracing::debug!(path = %self.path, field, "a field that is not known here"),
            }
        }
        self.faults
    }

    fn read_text(&mut self, field: &str, value: &Value) -> Option<String> {
        let text = match value {
            Value::String(text) => expand(text, self.variables),
            // In tables and lists, people write numbers and flags as they are.
            Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
            other => Err(format!("expected a text, not {}", kind(other))),
        };
        text.map_err(|why| self.fault(field, why)).ok()
    }
}

fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let number: f64 = number.trim().parse().ok()?;
    let unit = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Some(number * unit)
}

/// What a value is, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
