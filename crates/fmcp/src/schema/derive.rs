//! The schema of a Rust type, as tools announce it. What does not belong here: checking values.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::{inline::inline, promise::beyond_types, walk};

/// Whether a derived schema may refer to definitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refs {
    /// Written out wherever that is possible: only types that contain themselves stay references.
    #[default]
    Inline,
    /// Left as `$ref` into `$defs`: shorter where one type is used often.
    Keep,
}

/// The direction in which values of a type travel; it decides about `#[serde(default)]`,
/// `skip_serializing` and their kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Values that are read: arguments.
    Input,
    /// Values that are written: results.
    Output,
}

/// The schema of `T` as an argument.
///
/// ```
/// #[derive(schemars::JsonSchema)]
/// struct Point { x: f64, y: Option<u32> }
///
/// let schema = fmcp::schema::of::<Point>();
/// assert_eq!(schema["properties"]["x"], serde_json::json!({"type": "number"}));
/// assert_eq!(schema["required"], serde_json::json!(["x"]));
/// assert!(schema.get("title").is_none());
/// ```
#[must_use]
pub fn of<T: JsonSchema + ?Sized>() -> Value {
    of_with::<T>(Side::Input, Refs::Inline)
}

/// The schema of `T` as a result.
#[must_use]
pub fn of_output<T: JsonSchema + ?Sized>() -> Value {
    of_with::<T>(Side::Output, Refs::Inline)
}

/// The schema of `T`, with every choice open.
#[must_use]
pub fn of_with<T: JsonSchema + ?Sized>(side: Side, refs: Refs) -> Value {
    let mut schema = raw::<T>(side);
    tidy(&mut schema);
    match refs {
        Refs::Inline => inline(&schema),
        Refs::Keep => with_body(schema),
    }
}

/// The schema of a Rust type, and whether the type alone keeps what it says.
#[derive(Clone, Debug)]
pub struct Promise {
    /// The schema, without references where that is possible.
    pub schema: Value,
    /// Whether no value of the type breaks a rule of the schema: what `u32` says about its least value,
    /// the type enforces; what `#[schemars(range(max = 5))]` says, it does not.
    pub enforced: bool,
}

/// The schema of `T`, and whether `T` alone keeps what it says.
///
/// ```
/// use fmcp::schema::{Side, promise_of};
///
/// #[derive(schemars::JsonSchema)]
/// struct Page { number: u32 }
/// #[derive(schemars::JsonSchema)]
/// struct Grade { #[schemars(range(min = 1, max = 6))] grade: u32 }
///
/// assert!(promise_of::<Page>(Side::Input).enforced);
/// assert!(!promise_of::<Grade>(Side::Input).enforced);
/// ```
#[must_use]
pub fn promise_of<T: JsonSchema + ?Sized>(side: Side) -> Promise {
    let mut schema = raw::<T>(side);
    // Asked while the schema still names the Rust types.
    let enforced = !beyond_types(&schema);
    tidy(&mut schema);
    Promise {
        schema: inline(&schema),
        enforced,
    }
}

/// The schema as schemars gives it.
fn raw<T: JsonSchema + ?Sized>(side: Side) -> Value {
    let settings = SchemaSettings::draft2020_12();
    let settings = match side {
        Side::Input => settings.for_deserialize(),
        Side::Output => settings.for_serialize(),
    };
    // Asked for as a subschema, since a root schema gets the type's name as its title, which then
    // cannot be told from a title that the user chose.
    let mut generator = settings.into_generator();
    let mut schema = generator.subschema_for::<T>().to_value();
    let definitions = generator.take_definitions(true);
    if schema == Value::Bool(true) {
        schema = json!({});
    }
    if let Some(object) = schema.as_object_mut()
        && !definitions.is_empty()
    {
        object.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema
}

/// Numbers have no standard formats; schemars names the Rust type there (`uint32`, `double`).
fn tidy(schema: &mut Value) {
    if let Some(object) = schema.as_object_mut() {
        let is_number = |one: &Value| matches!(one.as_str(), Some("integer" | "number"));
        let of_number = match object.get("type") {
            Some(Value::Array(types)) => types.iter().any(is_number),
            Some(one) => is_number(one),
            None => false,
        };
        if of_number {
            object.shift_remove("format");
        }
        object.shift_remove("$schema");
    }
    for child in walk::children_mut(schema) {
        tidy(child);
    }
}

/// Gives a root that is only a reference the body it refers to.
fn with_body(schema: Value) -> Value {
    let Some(at) = walk::reference(&schema) else {
        return schema;
    };
    let Some(mut body) = walk::target(&schema, at).cloned() else {
        return schema;
    };
    let mut uses = 0;
    walk::any(&schema, &mut |one| {
        uses += usize::from(walk::reference(one) == Some(at));
        false
    });
    let mut definitions = schema["$defs"].clone();
    if let (1, Some(name)) = (uses, at.strip_prefix("#/$defs/")) {
        definitions
            .as_object_mut()
            .map(|all| all.shift_remove(name));
    }
    if definitions.as_object().is_some_and(|all| !all.is_empty()) {
        body["$defs"] = definitions;
    }
    body
}

/// An object schema around a schema that is not one: structured results are objects in every
/// protocol revision. `x-fastmcp-wrap-result` tells clients to take the value out again.
#[must_use]
pub fn wrap_result(mut schema: Value) -> Value {
    let mut definitions = Vec::new();
    for place in ["$defs", "definitions"] {
        let taken = schema
            .as_object_mut()
            .and_then(|object| object.shift_remove(place));
        definitions.extend(taken.map(|all| (place, all)));
    }
    move_references(&mut schema);
    for (_, all) in &mut definitions {
        for one in all
            .as_object_mut()
            .into_iter()
            .flat_map(serde_json::Map::values_mut)
        {
            move_references(one);
        }
    }
    let mut wrapped = json!({
        "type": "object",
        "properties": {"result": schema},
        "required": ["result"],
        "x-fastmcp-wrap-result": true,
    });
    for (place, all) in definitions {
        wrapped[place] = all;
    }
    wrapped
}

/// The schema moves one step down: what pointed into it follows, definitions stay at the root.
fn move_references(schema: &mut Value) {
    if let Some(Value::String(at)) = schema.get_mut("$ref")
        && let Some(rest) = at.strip_prefix('#')
        && (rest.is_empty() || rest.starts_with('/'))
        && !rest.starts_with("/$defs/")
        && !rest.starts_with("/definitions/")
    {
        *at = format!("#/properties/result{rest}");
    }
    for child in walk::children_mut(schema) {
        move_references(child);
    }
}

/// Whether every value that `schema` is made for is an object: it says so, it names properties, or
/// it refers to a definition of which that is true.
#[must_use]
pub fn is_object(schema: &Value) -> bool {
    let mut at = schema;
    for _ in 0..16 {
        match at.get("type") {
            Some(kind) => return kind == "object",
            None if at.get("properties").is_some_and(Value::is_object) => return true,
            None => {}
        }
        match walk::reference(at).and_then(|text| walk::target(schema, text)) {
            Some(next) => at = next,
            None => return false,
        }
    }
    false
}
