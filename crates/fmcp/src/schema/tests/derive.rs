//! The schemas of types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::schema::{
    Checker, Refs, Side, is_object, of, of_output, of_with, promise_of, wrap_result,
};

#[derive(JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Args {
    /// Second.
    zeta: u32,
    alpha: Option<f64>,
    /// Where.
    at: Point,
    other: Vec<Point>,
    #[serde(default)]
    unit: Unit,
}

/// A point.
#[derive(JsonSchema, Serialize, Deserialize)]
#[schemars(title = "Point")]
struct Point {
    x: i64,
}

#[derive(JsonSchema, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum Unit {
    #[default]
    Celsius,
    Fahrenheit,
}

#[derive(JsonSchema, Serialize, Deserialize)]
struct Tree {
    leaf: Point,
    more: Vec<Tree>,
}

#[test]
fn inputs_are_flat_and_in_order() {
    let schema = of::<Args>();
    let text = schema.to_string();
    for word in [
        "$ref", "$defs", "$schema", "uint32", "double", "int64", "\"Args\"",
    ] {
        assert!(!text.contains(word), "{word} in {text}");
    }
    let names: Vec<_> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .collect();
    let names: Vec<_> = names.into_iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["zeta", "alpha", "at", "other", "unit"]);
    assert_eq!(schema["required"], json!(["zeta", "at", "other"]));
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["properties"]["at"]["description"], "Where.");
    assert_eq!(
        schema["properties"]["other"]["items"]["description"],
        "A point."
    );
    assert_eq!(
        schema["properties"]["at"]["title"], "Point",
        "the user chose it"
    );
    assert_eq!(
        schema["properties"]["unit"],
        json!({"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"})
    );
    assert_eq!(of::<Point>()["title"], "Point", "the user chose it");
    assert!(Checker::new(&schema).is_ok());
}

#[test]
fn outputs_follow_serialization() {
    assert_eq!(
        of_output::<Args>()["required"],
        json!(["zeta", "alpha", "at", "other", "unit"])
    );
    assert_eq!(
        of::<u8>(),
        json!({"type": "integer", "minimum": 0, "maximum": 255})
    );
    assert_eq!(of::<Value>(), json!({}));
    assert_eq!(of::<()>(), json!({"type": "null"}));
}

#[test]
fn references_can_be_kept() {
    let schema = of_with::<Args>(Side::Input, Refs::Keep);
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["properties"]["at"]["$ref"], "#/$defs/Point");
    assert!(schema["$defs"].get("Args").is_none());
    assert!(Checker::new(&schema).is_ok());
    let names = of_with::<Unit>(Side::Input, Refs::Keep);
    assert!(names.get("$defs").is_none());
}

#[test]
fn types_that_contain_themselves() {
    for refs in [Refs::Inline, Refs::Keep] {
        let schema = of_with::<Tree>(Side::Input, refs);
        assert_eq!(schema["type"], "object");
        assert_eq!(
            schema["properties"]["more"]["items"],
            json!({"$ref": "#/$defs/Tree"})
        );
        let checker = Checker::new(&schema).expect("a usable schema");
        let leaf = json!({"leaf": {"x": 1}, "more": []});
        assert!(checker.accepts(&json!({"leaf": {"x": 1}, "more": [leaf]})));
        assert!(!checker.accepts(&json!({"leaf": {"x": 1}, "more": [5]})));
    }
}

#[test]
fn results_are_wrapped() {
    assert_eq!(
        wrap_result(json!({"type": "integer"})),
        json!({
            "type": "object",
            "properties": {"result": {"type": "integer"}},
            "required": ["result"],
            "x-fastmcp-wrap-result": true,
        })
    );
    let trees = wrap_result(of_output::<Vec<Tree>>());
    let checker = Checker::new(&trees).expect("definitions move along");
    assert!(checker.accepts(&json!({"result": [{"leaf": {"x": 1}, "more": []}]})));
    assert!(!checker.accepts(&json!({"result": [{"leaf": {"x": 1}, "more": [1]}]})));
    let own = wrap_result(json!({"type": "array", "items": {"$ref": "#"}}));
    assert_eq!(
        own["properties"]["result"]["items"]["$ref"],
        "#/properties/result"
    );
    assert_eq!(
        wrap_result(json!(true))["properties"]["result"],
        json!(true)
    );
}

#[test]
fn objects() {
    for (schema, expect) in [
        (json!({"type": "object"}), true),
        (json!({"properties": {}}), true),
        (
            json!({"$ref": "#/$defs/A", "$defs": {"A": {"type": "object"}}}),
            true,
        ),
        (
            json!({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}),
            false,
        ),
        (json!({"$ref": "https://example.com/a"}), false),
        (json!({"type": ["object", "null"], "properties": {}}), false),
        (json!({"type": "array"}), false),
        (json!(true), false),
    ] {
        assert_eq!(is_object(&schema), expect, "{schema}");
    }
}

#[test]
fn what_the_types_enforce_need_not_be_checked() {
    macro_rules! enforced {
        ($($(#[$attribute:meta])* $ty:ty => $expect:literal),* $(,)?) => { $({
            #[derive(JsonSchema)]
            #[allow(dead_code)]
            struct One {
                $(#[$attribute])*
                one: $ty,
            }
            for side in [Side::Input, Side::Output] {
                let promise = promise_of::<One>(side);
                assert_eq!(promise.enforced, $expect, "{}: {}", stringify!($ty), promise.schema);
            }
            assert_eq!(promise_of::<One>(Side::Input).schema, of::<One>());
        })* };
    }
    #[derive(JsonSchema)]
    #[allow(dead_code)]
    enum Described {
        /// With words
        One,
        Two,
    }
    enforced! {
        u8 => true, u16 => true, u32 => true, u64 => true, u128 => true, usize => true,
        i8 => true, i16 => true, i32 => true, i64 => true, f64 => true, String => true,
        Option<u32> => true,
        Vec<u8> => true,
        Unit => true,
        Option<Unit> => true,
        Described => true,
        Point => true,
        Tree => true,
        std::num::NonZeroU32 => false,
        #[schemars(range(min = 0))] i64 => false,
        #[schemars(range(min = 0))] f64 => false,
        #[schemars(range(min = 0))] u32 => true,
        #[schemars(range(min = 1))] u32 => false,
        #[schemars(range(max = 255))] u32 => false,
        #[schemars(range(max = 9))] Option<u8> => false,
        #[schemars(length(max = 9))] String => false,
        #[schemars(extend("enum" = ["a", "b"]))] String => false,
        #[schemars(extend("enum" = ["celsius"]))] Unit => false,
        [u8; 3] => false,
    }
}
