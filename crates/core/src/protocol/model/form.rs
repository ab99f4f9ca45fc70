//! The form of an elicitation: a flat object of primitive fields.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::{
    Named, Number, Raw,
    json::{model, parse_inner, peek, required, setters, word},
};

model! {
    /// The fields of a form, in the order in which they are to be shown.
    #[derive(Default)]
    pub struct RequestedSchema: "type" = "object" new() {
        /// The dialect of JSON Schema, where it is written down.
        schema: Option<String> = "$schema",
        /// The fields.
        properties: Named<PrimitiveSchema> = "properties",
        /// Those that must be filled in.
        required: Option<Vec<String>> = "required",
    }

    /// Text.
    #[derive(Default)]
    pub struct StringSchema: "type" = "string" new() {
        /// What people call it.
        title: Option<String> = "title",
        /// What it means.
        description: Option<String> = "description",
        /// The least number of characters.
        min_length: Option<u64> = "minLength",
        /// The greatest number of characters.
        max_length: Option<u64> = "maxLength",
        /// What the text must look like.
        format: Option<StringFormat> = "format",
        /// What it is unless changed.
        default: Option<String> = "default",
    }

    /// A number.
    pub struct NumberSchema new(kind: NumberKind) {
        /// Whether it must be whole.
        kind: NumberKind = "type",
        /// What people call it.
        title: Option<String> = "title",
        /// What it means.
        description: Option<String> = "description",
        /// The least value.
        minimum: Option<Number> = "minimum",
        /// The greatest value.
        maximum: Option<Number> = "maximum",
        /// What it is unless changed.
        default: Option<Number> = "default",
    }

    /// Yes or no.
    #[derive(Default)]
    pub struct BooleanSchema: "type" = "boolean" new() {
        /// What people call it.
        title: Option<String> = "title",
        /// What it means.
        description: Option<String> = "description",
        /// What it is unless changed.
        default: Option<bool> = "default",
    }

    /// One of several words.
    pub struct SingleSelect: "type" = "string" new(options: Vec<String>) {
        /// What people call it.
        title: Option<String> = "title",
        /// What it means.
        description: Option<String> = "description",
        /// The words.
        options: Vec<String> = "enum",
        /// What it is unless changed.
        default: Option<String> = "default",
    }

    /// One of several words that have titles.
    pub struct TitledSingleSelect: "type" = "string" new(options: Vec<EnumOption>) {
        /// What people call it.
        title: Option<String> = "title",
        /// What it means.
        description: Option<String> = "description",
        /// The words with their titles.
        options: Vec<EnumOption> = "oneOf",
        /// What it is unless changed.
        default: Option<String> = "default",
    }

    /// One of several words whose titles stand in a list beside them. Not JSON Schema; the older way.
    pub struct LegacyTitledSelect: "type" = "string" new(options: Vec<String>, names: Vec<String>) {
        /// What people call it.
        title: Option<String> = "title",
        /// What it means.
        description: Option<String> = "description",
        /// The words.
        options: Vec<String> = "enum",
        /// Their titles, in the same order.
        names: Vec<String> = "enumNames",
        /// What it is unless changed.
        default: Option<String> = "default",
    }

    /// Some of several words.
    pub struct MultiSelect: "type" = "array" new(items: MultiSelectItems) {
        /// What people call it.
        title: Option<String> = "title",
        /// What it means.
        description: Option<String> = "description",
        /// How many must be chosen.
        min_items: Option<u64> = "minItems",
        /// How many may be chosen.
        max_items: Option<u64> = "maxItems",
        /// What can be chosen.
        items: MultiSelectItems = "items",
        /// What is chosen unless changed.
        default: Option<Vec<String>> = "default",
    }

    /// What can be chosen in a [`MultiSelect`].
    pub struct MultiSelectItems: "type" = "string" new(options: Vec<String>) {
        /// The words.
        options: Vec<String> = "enum",
    }

    /// Some of several words that have titles.
    pub struct TitledMultiSelect: "type" = "array" new(items: TitledMultiSelectItems) {
        /// What people call it.
        title: Option<String> = "title",
        /// What it means.
        description: Option<String> = "description",
        /// How many must be chosen.
        min_items: Option<u64> = "minItems",
        /// How many may be chosen.
        max_items: Option<u64> = "maxItems",
        /// What can be chosen.
        items: TitledMultiSelectItems = "items",
        /// What is chosen unless changed.
        default: Option<Vec<String>> = "default",
    }

    /// What can be chosen in a [`TitledMultiSelect`].
    pub struct TitledMultiSelectItems new(options: Vec<EnumOption>) {
        /// The words with their titles.
        options: Vec<EnumOption> = "anyOf",
    }

    /// A word and its title.
    pub struct EnumOption new(value: String, title: String) {
        /// The word.
        value: String = "const",
        /// What people call it.
        title: String = "title",
    }
}

word! {
    /// What a text must look like.
    pub enum StringFormat {
        /// An e-mail address.
        Email = "email",
        /// An address.
        Uri = "uri",
        /// A day.
        Date = "date",
        /// A day and a time.
        DateTime = "date-time",
    }

    /// Whether a number must be whole.
    pub enum NumberKind {
        /// Any.
        Number = "number",
        /// Whole.
        Integer = "integer",
    }
}

setters!(RequestedSchema { schema: String, required: Vec<String> });
setters!(StringSchema {
    title: String,
    description: String,
    min_length: u64,
    max_length: u64,
    format: StringFormat,
    default: String,
});
setters!(NumberSchema {
    title: String,
    description: String,
    minimum: Number,
    maximum: Number,
    default: Number,
});
setters!(BooleanSchema {
    title: String,
    description: String,
    default: bool
});
setters!(SingleSelect {
    title: String,
    description: String,
    default: String
});
setters!(TitledSingleSelect {
    title: String,
    description: String,
    default: String
});
setters!(LegacyTitledSelect {
    title: String,
    description: String,
    default: String
});
setters!(MultiSelect {
    title: String,
    description: String,
    min_items: u64,
    max_items: u64,
    default: Vec<String>,
});
setters!(TitledMultiSelect {
    title: String,
    description: String,
    min_items: u64,
    max_items: u64,
    default: Vec<String>,
});

impl RequestedSchema {
    /// Adds a field that may be left empty.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, schema: impl Into<PrimitiveSchema>) -> Self {
        self.properties.insert(name.into(), schema);
        self
    }

    /// Adds a field that must be filled in.
    #[must_use]
    pub fn required_field(
        mut self,
        name: impl Into<String>,
        schema: impl Into<PrimitiveSchema>,
    ) -> Self {
        let name = name.into();
        self.required.get_or_insert_default().push(name.clone());
        self.field(name, schema)
    }
}

macro_rules! primitive {
    ($( $(#[$attr:meta])* $variant:ident($ty:ty) ),* $(,)?) => {
        /// One field of a form.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum PrimitiveSchema {
            $( $(#[$attr])* $variant($ty), )*
            /// A schema that fits none of the kinds, carried through.
            Other(Raw),
        }

        $(impl From<$ty> for PrimitiveSchema {
            fn from(schema: $ty) -> Self {
                Self::$variant(schema)
            }
        })*

        impl Serialize for PrimitiveSchema {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(schema) => schema.serialize(serializer),)*
                    Self::Other(raw) => raw.serialize(serializer),
                }
            }
        }
    };
}
primitive! {
    /// Text.
    String(StringSchema),
    /// A number.
    Number(NumberSchema),
    /// Yes or no.
    Boolean(BooleanSchema),
    /// One of several words.
    SingleSelect(SingleSelect),
    /// One of several words that have titles.
    TitledSingleSelect(TitledSingleSelect),
    /// Some of several words.
    MultiSelect(MultiSelect),
    /// Some of several words that have titles.
    TitledMultiSelect(TitledMultiSelect),
    /// One of several words with titles, the older way.
    LegacyTitledSelect(LegacyTitledSelect),
}

required!(PrimitiveSchema);

impl PrimitiveSchema {
    /// The schema in `text`, if it is one of the kinds.
    fn known(text: &str) -> Result<Option<Self>, serde_json::Error> {
        let [kind, one_of, words, names, items] =
            peek(text, ["type", "oneOf", "enum", "enumNames", "items"])?;
        let options = match items {
            Some(items) => peek(items.get(), ["enum", "anyOf"])?,
            None => [None, None],
        };
        Ok(Some(
            match (kind.map(RawValue::get), one_of, words, names, options) {
                (Some(r#""string""#), Some(_), ..) => Self::TitledSingleSelect(parse_inner(text)?),
                (Some(r#""string""#), _, Some(_), Some(_), _) => {
                    Self::LegacyTitledSelect(parse_inner(text)?)
                }
                (Some(r#""string""#), _, Some(_), ..) => Self::SingleSelect(parse_inner(text)?),
                (Some(r#""string""#), ..) => Self::String(parse_inner(text)?),
                (Some(r#""number""# | r#""integer""#), ..) => Self::Number(parse_inner(text)?),
                (Some(r#""boolean""#), ..) => Self::Boolean(parse_inner(text)?),
                (Some(r#""array""#), .., [_, Some(_)]) => {
                    Self::TitledMultiSelect(parse_inner(text)?)
                }
                (Some(r#""array""#), .., [Some(_), _]) => Self::MultiSelect(parse_inner(text)?),
                _ => return Ok(None),
            },
        ))
    }
}

impl<'de> Deserialize<'de> for PrimitiveSchema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let known = Self::known(raw.get()).ok().flatten();
        Ok(known.unwrap_or_else(|| Self::Other(raw.into())))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn check(input: &str, expect: &str) {
        let schema: PrimitiveSchema = serde_json::from_str(input).unwrap();
        let kind = format!("{schema:?}");
        assert!(kind.starts_with(expect), "{input}: {kind}");
    }

    #[test]
    fn each_kind_is_told_by_its_fields() {
        check(r#"{"type":"string"}"#, "String(");
        check(r#"{"type":"integer"}"#, "Number(");
        check(r#"{"type":"boolean"}"#, "Boolean(");
        check(r#"{"enum":["a"],"type":"string"}"#, "SingleSelect(");
        check(
            r#"{"type":"string","oneOf":[{"const":"a","title":"A"}]}"#,
            "TitledSingleSelect(",
        );
        check(
            r#"{"type":"string","enum":["a"],"enumNames":["A"]}"#,
            "LegacyTitledSelect(",
        );
        check(
            r#"{"type":"array","items":{"type":"string","enum":["a"]}}"#,
            "MultiSelect(",
        );
        check(
            r#"{"type":"array","items":{"anyOf":[{"const":"a","title":"A"}]}}"#,
            "TitledMultiSelect(",
        );
    }

    #[test]
    fn what_fits_no_kind_is_kept() {
        for text in [
            "true",
            "{}",
            r#"{"type":"object"}"#,
            r#"{"type":["string","null"]}"#,
            r#"{"type":"array","items":{"type":"string"}}"#,
            r#"{"type":"string","enum":[1,2]}"#,
            r#"{"type":"string","oneOf":[{"const":"a"}]}"#,
        ] {
            check(text, "Other(");
            let schema: PrimitiveSchema = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&schema).unwrap(), text);
        }
    }

    #[test]
    fn fields_keep_their_order() {
        let form = RequestedSchema::new()
            .required_field("zeta", StringSchema::new().title("Z"))
            .field("alpha", BooleanSchema::new().default(true));
        assert_eq!(
            serde_json::to_string(&form).unwrap(),
            concat!(
                r#"{"type":"object","properties":{"zeta":{"type":"string","title":"Z"},"#,
                r#""alpha":{"type":"boolean","default":true}},"required":["zeta"]}"#
            )
        );
    }
}
