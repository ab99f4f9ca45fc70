//! The form of a Rust type: a flat object of primitive fields.

use std::{
    any::{TypeId, type_name},
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::fit;
use crate::{Error, Extra, Result, protocol::model::RequestedSchema};

/// The field that a single value stands in.
const VALUE: &str = "value";

/// How many references may follow each other.
const MAX_REFERENCES: usize = 8;

/// The form of one Rust type.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) schema: RequestedSchema,
    /// Whether the type is a single value, which stands in a field.
    is_value: bool,
}

impl Form {
    /// The form of `T`, which is made once.
    ///
    /// # Errors
    /// When `T` is more than a form can ask for. It is the author's mistake.
    pub(super) fn of<T: JsonSchema + 'static>() -> Result<Arc<Self>> {
        type Forms = Mutex<HashMap<TypeId, Result<Arc<Form>, Arc<str>>>>;
        // It grows with the types of the program, and not with what anybody asks.
        static FORMS: LazyLock<Forms> = LazyLock::new(Forms::default);
        let mut forms = FORMS.lock().unwrap_or_else(PoisonError::into_inner);
        let form = forms.entry(TypeId::of::<T>()).or_insert_with(|| {
            let (schema, definitions) = schema_of::<T>();
            let form = Source(&definitions).form(&schema);
            form.map(Arc::new).map_err(Arc::from)
        });
        form.clone().map_err(|fault| {
            let name = type_name::<T>();
            Error::internal(format!("{name} cannot be asked for in a form: {fault}"))
        })
    }

    /// What the user has entered, as a `T`.
    ///
    /// # Errors
    /// When it does not fit, in words for the user.
    pub(super) fn read<T: DeserializeOwned>(&self, entered: Extra) -> Result<T, String> {
        let mut fields = fit::fields(&self.schema, entered)?;
        let text = if self.is_value {
            fields
                .remove(VALUE)
                .map_or_else(|| "null".to_owned(), |value| value.as_str().to_owned())
        } else {
            serde_json::to_string(&fields).map_err(|e| e.to_string())?
        };
        serde_json::from_str(&text).map_err(|e| crate::protocol::shorten(&e))
    }
}

/// The schema of `T` as schemars gives it, and what it refers to.
pub(super) fn schema_of<T: JsonSchema>() -> (Value, Map<String, Value>) {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    let mut generator = settings.into_generator();
    let schema = generator.subschema_for::<T>().to_value();
    (schema, generator.take_definitions(true))
}

/// What the schema of a type may refer to.
struct Source<'a>(&'a Map<String, Value>);

impl Source<'_> {
    fn form(&self, schema: &Value) -> Result<Form, String> {
        let schema = self.resolved(schema)?;
        let (properties, required, is_value) = match schema.get("type").and_then(Value::as_str) {
            Some("object") => {
                for unsayable in ["oneOf", "anyOf", "allOf", "$ref"] {
                    if schema.contains_key(unsayable) {
                        return Err("it is not a plain struct".to_owned());
                    }
                }
                let named = schema.get("properties").and_then(Value::as_object);
                if named.is_none() && schema.contains_key("additionalProperties") {
                    return Err("its fields have no names".to_owned());
                }
                let mut fields = Map::new();
                for (name, field) in named.into_iter().flatten() {
                    let field = self
                        .field(field)
                        .map_err(|fault| format!("`{name}` {fault}"))?;
                    fields.insert(name.clone(), field);
                }
                (fields, schema.get("required").cloned(), false)
            }
            _ => {
                let field = self
                    .field(&Value::Object(schema))
                    .map_err(|fault| format!("it {fault}"))?;
                let fields = Map::from_iter([(VALUE.to_owned(), field)]);
                (fields, Some(json!([VALUE])), true)
            }
        };
        let mut form = json!({"type": "object", "properties": properties});
        if let Some(required) = required {
            form["required"] = required;
        }
        let schema = serde_json::from_value(form).map_err(|e| e.to_string())?;
        Ok(Form { schema, is_value })
    }

    /// One field, as forms say it.
    fn field(&self, schema: &Value) -> Result<Value, String> {
        let mut schema = self.resolved(schema)?;
        for unsayable in [
            "pattern",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "not",
            "allOf",
        ] {
            if schema.contains_key(unsayable) {
                return Err(format!("says `{unsayable}`, which a form cannot"));
            }
        }
        if schema.get("default").is_some_and(Value::is_null) {
            schema.remove("default");
        }
        let kind = schema
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let specific: &[&str] = match &*kind {
            "string" if schema.contains_key("enum") => &["enum"],
            "string" if schema.contains_key("oneOf") => &["oneOf"],
            "string" => {
                let format = schema.get("format").and_then(Value::as_str);
                if !matches!(format, Some("email" | "uri" | "date" | "date-time")) {
                    schema.remove("format");
                }
                &["minLength", "maxLength", "format"]
            }
            "integer" | "number" => &["minimum", "maximum"],
            "boolean" => &[],
            "array" => {
                let items = schema.get("items").cloned().unwrap_or_default();
                schema.insert("items".to_owned(), self.items(&items)?);
                &["minItems", "maxItems", "items"]
            }
            _ => {
                return Err(
                    "must be text, a number, yes or no, a choice, or a list of choices".to_owned(),
                );
            }
        };
        schema.retain(|key, _| {
            ["type", "title", "description", "default"].contains(&&**key)
                || specific.contains(&&**key)
        });
        Ok(Value::Object(schema))
    }

    /// What a list of choices can be chosen from.
    fn items(&self, items: &Value) -> Result<Value, String> {
        let items = self.resolved(items)?;
        match (items.get("enum"), items.get("oneOf")) {
            (Some(words), _) => Ok(json!({"type": "string", "enum": words})),
            (_, Some(titled)) => Ok(json!({"anyOf": titled})),
            _ => Err("must be a list of choices, which are variants without fields".to_owned()),
        }
    }

    /// The schema itself: without references, without `null`, and choices in one of the two ways that
    /// forms have for them.
    fn resolved(&self, schema: &Value) -> Result<Map<String, Value>, String> {
        let mut schema = as_object(schema)?;
        for _ in 0..MAX_REFERENCES {
            let inner = match (schema.remove("$ref"), schema.get("anyOf")) {
                (Some(reference), _) => {
                    let name = reference.as_str().and_then(|r| r.strip_prefix("#/$defs/"));
                    let found = name.and_then(|name| self.0.get(name));
                    as_object(found.ok_or("refers to something that is not there")?)?
                }
                (None, Some(Value::Array(either))) => {
                    let mut inner = either.iter().filter(|one| one["type"] != "null");
                    let (Some(only), None) = (inner.next(), inner.next()) else {
                        break;
                    };
                    let only = as_object(only)?;
                    schema.remove("anyOf");
                    only
                }
                _ => break,
            };
            // What stands beside a reference says more of this one use.
            for (key, value) in inner {
                schema.entry(key).or_insert(value);
            }
        }
        without_null(&mut schema);
        choices(&mut schema);
        Ok(schema)
    }
}

fn as_object(schema: &Value) -> Result<Map<String, Value>, String> {
    let object = schema.as_object().cloned();
    object.ok_or_else(|| "can be anything".to_owned())
}

fn without_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(kinds)) = schema.get("type") {
        let mut kinds = kinds.iter().filter(|kind| *kind != "null");
        if let (Some(only), None) = (kinds.next().cloned(), kinds.next()) {
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
}

/// Variants that have descriptions: each becomes a choice, with its description as its title.
fn choices(schema: &mut Map<String, Value>) {
    let Some(Value::Array(variants)) = schema.get("oneOf") else {
        return;
    };
    let mut titled = Vec::new();
    for variant in variants {
        match (
            variant.get("const"),
            variant.get("enum").and_then(Value::as_array),
        ) {
            (Some(word @ Value::String(_)), _) => {
                let title = variant.get("title").or_else(|| variant.get("description"));
                titled.push(json!({"const": word, "title": title.unwrap_or(word)}));
            }
            (None, Some(words)) if words.iter().all(Value::is_string) => {
                titled.extend(
                    words
                        .iter()
                        .map(|word| json!({"const": word, "title": word})),
                );
            }
            _ => return,
        }
    }
    schema.insert("oneOf".to_owned(), Value::Array(titled));
    schema.insert("type".to_owned(), json!("string"));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::semicolon_if_nothing_returned, dead_code)]

    use serde::Deserialize;

    use super::*;

    fn check<T: JsonSchema + 'static>(expect: Result<Value, &str>) {
        match (Form::of::<T>(), expect) {
            (Ok(form), Ok(expect)) => {
                assert_eq!(serde_json::to_value(&form.schema).unwrap(), expect)
            }
            (Err(error), Err(expect)) => assert!(error.message().contains(expect), "{error}"),
            (found, expect) => panic!("{found:?} is not {expect:?}"),
        }
    }

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Size {
        Small,
        Large,
    }

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    enum Colour {
        /// Like blood
        Red,
        Blue,
    }

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Order {
        /// Who
        #[schemars(length(min = 1))]
        name: String,
        count: u8,
        price: Option<f64>,
        #[serde(default)]
        gift: bool,
        /// How large
        size: Option<Size>,
        colour: Colour,
        extras: Vec<Size>,
    }

    #[test]
    fn a_struct_of_primitive_fields_is_a_form() {
        check::<Order>(Ok(json!({
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "Who", "minLength": 1},
                "count": {"type": "integer", "minimum": 0, "maximum": 255},
                "price": {"type": "number"},
                "gift": {"type": "boolean", "default": false},
                "size": {"type": "string", "description": "How large", "enum": ["small", "large"]},
                "colour": {"type": "string", "oneOf": [
                    {"const": "Blue", "title": "Blue"}, {"const": "Red", "title": "Like blood"},
                ]},
                "extras": {"type": "array", "items": {"type": "string", "enum": ["small", "large"]}},
            },
            "required": ["name", "count", "colour", "extras"],
        })));
    }

    #[test]
    fn a_single_value_stands_in_a_field() {
        check::<i64>(Ok(json!({
            "type": "object", "properties": {"value": {"type": "integer"}}, "required": ["value"],
        })));
        check::<Size>(Ok(json!({
            "type": "object",
            "properties": {"value": {"type": "string", "enum": ["small", "large"]}},
            "required": ["value"],
        })));
        let entered = serde_json::from_value(json!({"value": "large", "more": 1})).unwrap();
        assert_eq!(
            Form::of::<Size>().unwrap().read::<Size>(entered),
            Ok(Size::Large)
        );
    }

    #[test]
    fn what_a_form_cannot_say_is_the_authors_mistake() {
        #[derive(JsonSchema)]
        struct Nested {
            order: Order,
        }
        #[derive(JsonSchema)]
        struct Pattern {
            #[schemars(regex(pattern = "^a"))]
            code: String,
        }
        #[derive(JsonSchema)]
        struct Numbers {
            numbers: Vec<i64>,
        }
        #[derive(JsonSchema)]
        enum Either {
            A { a: i64 },
            B,
        }
        check::<Nested>(Err("`order` must be text, a number"));
        check::<Pattern>(Err("`code` says `pattern`"));
        check::<Numbers>(Err("`numbers` must be a list of choices"));
        check::<Either>(Err("it must be text"));
        check::<HashMap<String, String>>(Err("its fields have no names"));
        check::<Value>(Err("can be anything"));
    }

    #[test]
    fn what_was_entered_is_read_without_what_was_not_asked_for() {
        let form = Form::of::<Order>().unwrap();
        let entered = |value: Value| serde_json::from_value::<Extra>(value).unwrap();
        let right =
            json!({"name": "x", "count": 2, "colour": "Red", "extras": [], "size": null, "spy": 1});
        let order: Order = form.read(entered(right)).unwrap();
        assert_eq!((order.count, order.size, order.gift), (2, None, false));
        let wrong = json!({"name": "x", "count": 256, "colour": "Red", "extras": []});
        assert_eq!(
            form.read::<Order>(entered(wrong)).unwrap_err(),
            "count must be at most 255"
        );
    }
}
