//! Lenient arguments: values that can be read as what the schema wants, read that way. What does not
//! belong here: refusing anything.
//!
//! Models send `"5"` for a number and a text of JSON for a list. A value is changed only where the
//! schema does not take it as it is and nothing is lost by reading it the other way.

use serde_json::{Map, Number, Value};

use super::fit::{DEPTH, Fit, is_a, item_schema, property_schema};

/// How long a text may be that is read as a list or an object.
const TEXT: usize = 4 << 20;
/// Up to here every whole number is exact in a double.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Keywords by which a schema itself says how a value is read.
const OWN: [&str; 8] = [
    "type",
    "enum",
    "const",
    "properties",
    "additionalProperties",
    "items",
    "additionalItems",
    "prefixItems",
];

/// Whether a text with commas stands for a list where a list is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Commas {
    /// It does not.
    #[default]
    Keep,
    /// It does: `a,b` is `["a", "b"]`, as in the query of a URI.
    Split,
}

/// Reads `value` as `schema` wants it, where that is possible without loss: `"5"` and `5.0` as 5,
/// `"yes"` as `true`, `"[1]"` as a list, `""` and `"null"` as null. Everything else stays as it is,
/// and so does whatever the schema accepts already.
///
/// ```
/// use fmcp::schema::coerce;
/// use serde_json::json;
///
/// let schema = json!({"properties": {"a": {"type": "integer"}, "b": {"type": "string"}}});
/// assert_eq!(coerce(&schema, json!({"a": "5", "b": "5"})), json!({"a": 5, "b": "5"}));
/// ```
#[must_use]
pub fn coerce(schema: &Value, value: Value) -> Value {
    coerce_with(schema, value, Commas::Keep)
}

/// [`coerce`], with a choice about commas.
#[must_use]
pub fn coerce_with(schema: &Value, value: Value, commas: Commas) -> Value {
    let reader = Reader {
        fit: Fit::new(schema),
        commas,
    };
    reader.read(schema, value, DEPTH)
}

struct Reader<'a> {
    fit: Fit<'a>,
    commas: Commas,
}

impl Reader<'_> {
    fn read(&self, schema: &Value, value: Value, depth: usize) -> Value {
        let Some(words) = schema.as_object() else {
            return value;
        };
        if depth == 0 || !self.fit.step() {
            return value;
        }
        let target = self.fit.target(schema);
        if self.fit.alone && words.contains_key("$ref") {
            return match target {
                Some(next) => self.read(next, value, depth - 1),
                None => value,
            };
        }
        let list = |word: &str| words.get(word).and_then(Value::as_array);
        let all = list("allOf").map(Vec::as_slice).unwrap_or_default();
        let choices: Vec<_> = [list("anyOf"), list("oneOf")]
            .into_iter()
            .flatten()
            .collect();
        let own = OWN.iter().any(|word| words.contains_key(*word));
        let readers = usize::from(own) + usize::from(target.is_some()) + all.len() + choices.len();
        // Several readers may pull in different directions: then it is all or nothing.
        let before = (readers > 1).then(|| value.clone());
        let mut value = self.read_own(schema, value, depth);
        for next in target.into_iter().chain(all) {
            value = self.read(next, value, depth - 1);
        }
        for branches in choices {
            value = self.choose(branches, value, depth);
        }
        match before {
            Some(before) if !self.fit.fits(schema, &value, depth) => before,
            _ => value,
        }
    }

    /// By the keywords of this schema alone.
    fn read_own(&self, schema: &Value, value: Value, depth: usize) -> Value {
        let mut value = match wanted(schema) {
            Some(kinds) => self.read_as(&kinds, value),
            None => value,
        };
        match &mut value {
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    if let Some(of) = item_schema(schema, index) {
                        *item = self.read(of, item.take(), depth - 1);
                    }
                }
            }
            Value::Object(all) => self.read_properties(schema, all, depth),
            _ => {}
        }
        value
    }

    fn read_properties(&self, schema: &Value, all: &mut Map<String, Value>, depth: usize) {
        for (name, one) in all.iter_mut() {
            if let Some(of) = property_schema(schema, name) {
                *one = self.read(of, one.take(), depth - 1);
            }
        }
    }

    /// By the first alternative that takes the value as it is, else by the first that takes it read.
    fn choose(&self, branches: &[Value], value: Value, depth: usize) -> Value {
        let depth = depth - 1;
        let taken = |value: &Value| {
            let mut all = branches.iter();
            all.find(|branch| self.fit.fits(branch, value, depth))
        };
        if let Some(branch) = taken(&value) {
            return self.read(branch, value, depth);
        }
        for branch in branches {
            let read = self.read(branch, value.clone(), depth);
            if read != value && self.fit.fits(branch, &read, depth) {
                return read;
            }
        }
        // With one real alternative, reading as much as possible leaves only true faults to report.
        let is_null = |branch: &&Value| branch.get("type").is_some_and(|kind| kind == "null");
        let mut real = branches.iter().filter(|branch| !is_null(branch));
        match (real.next(), real.next()) {
            (Some(branch), None) => self.read(branch, value, depth),
            _ => value,
        }
    }

    fn read_as(&self, kinds: &[&str], value: Value) -> Value {
        if kinds.iter().any(|kind| is_a(kind, &value)) {
            return match whole(&value) {
                Some(integer) if !kinds.contains(&"number") => integer,
                _ => value,
            };
        }
        let Value::String(text) = &value else {
            return value;
        };
        let order = ["integer", "number", "boolean", "null", "array", "object"];
        let mut readings = order
            .into_iter()
            .filter(|kind| kinds.contains(kind))
            .filter_map(|kind| self.reading(kind, text));
        readings.next().unwrap_or(value)
    }

    fn reading(&self, kind: &str, text: &str) -> Option<Value> {
        let text = text.trim();
        match kind {
            "integer" => integer(text),
            "number" => number(text),
            "boolean" => boolean(text),
            "null" => (text.is_empty() || text == "null").then_some(Value::Null),
            "array" => json(text, '[').or_else(|| match self.commas {
                Commas::Split if text.is_empty() => Some(Value::Array(Vec::new())),
                Commas::Split => Some(text.split(',').map(str::trim).collect()),
                Commas::Keep => None,
            }),
            "object" => json(text, '{'),
            _ => None,
        }
    }
}

/// The types that `schema` takes, said or shown by the values it lists.
fn wanted(schema: &Value) -> Option<Vec<&str>> {
    match (schema.get("type"), schema.get("const"), schema.get("enum")) {
        (Some(Value::String(one)), ..) => Some(vec![one]),
        (Some(Value::Array(all)), ..) => Some(all.iter().filter_map(Value::as_str).collect()),
        (_, Some(value), _) => Some(vec![type_of(value)]),
        (_, _, Some(Value::Array(values))) => Some(values.iter().map(type_of).collect()),
        _ => None,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A double without a fraction as the integer it is.
fn whole(value: &Value) -> Option<Value> {
    let float = value
        .as_number()
        .filter(|number| number.is_f64())?
        .as_f64()?;
    #[expect(clippy::cast_possible_truncation, reason = "within the exact range")]
    (float.fract() == 0.0 && float.abs() <= EXACT).then(|| Value::from(float as i64))
}

fn integer(text: &str) -> Option<Value> {
    if let Some((digits, zeros)) = text.split_once('.') {
        let only_zeros = !zeros.is_empty() && zeros.bytes().all(|one| one == b'0');
        return only_zeros.then(|| integer(digits)).flatten();
    }
    let signed = text.parse::<i64>().ok().map(Value::from);
    signed.or_else(|| text.parse::<u64>().ok().map(Value::from))
}

fn number(text: &str) -> Option<Value> {
    let digits = text.trim_start_matches(['-', '+']);
    if !digits.is_empty() && digits.bytes().all(|one| one.is_ascii_digit()) {
        return integer(text);
    }
    let plain = |one: u8| one.is_ascii_digit() || b"+-.eE".contains(&one);
    let float = text
        .bytes()
        .all(plain)
        .then(|| text.parse::<f64>().ok())??;
    Number::from_f64(float).map(Value::Number)
}

fn boolean(text: &str) -> Option<Value> {
    let is = |word: &&str| text.eq_ignore_ascii_case(word);
    if ["true", "1", "yes"].iter().any(&is) {
        Some(Value::Bool(true))
    } else {
        let no = ["false", "0", "no"].iter().any(is);
        no.then_some(Value::Bool(false))
    }
}

fn json(text: &str, start: char) -> Option<Value> {
    (text.starts_with(start) && text.len() <= TEXT)
        .then(|| serde_json::from_str(text).ok())
        .flatten()
}
