//! What lenient reading changes, and what it leaves alone.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::schema::{Checker, Commas, coerce, coerce_with};

#[track_caller]
fn check(schema: Value, value: Value, expect: Value) {
    let came = coerce(&schema, value);
    assert_eq!(came, expect);
    assert_eq!(
        coerce(&schema, came),
        expect,
        "a second time changes nothing"
    );
}

#[track_caller]
fn stays(schema: Value, value: Value) {
    check(schema, value.clone(), value);
}

#[test]
fn numbers() {
    let integer = json!({"type": "integer"});
    for (value, expect) in [
        (json!("5"), json!(5)),
        (json!(" -5 "), json!(-5)),
        (json!("5.0"), json!(5)),
        (json!(5.0), json!(5)),
        (json!("18446744073709551615"), json!(u64::MAX)),
    ] {
        check(integer.clone(), value, expect);
    }
    for value in [
        json!("18446744073709551616"),
        json!("5.5"),
        json!("1e3"),
        json!(""),
        json!("."),
        json!(".0"),
        json!(5.5),
        json!(1e300),
        json!(true),
        json!([5]),
        json!(null),
    ] {
        stays(integer.clone(), value);
    }
    let number = json!({"type": "number"});
    check(number.clone(), json!("1.5"), json!(1.5));
    check(number.clone(), json!("-1e3"), json!(-1000.0));
    check(number.clone(), json!("7"), json!(7));
    for value in ["nan", "inf", "1e999", "123456789012345678901234", "1-2"] {
        stays(number.clone(), json!(value));
    }
    stays(json!({"type": "string"}), json!(5));
    stays(json!({"type": ["string", "integer"]}), json!("5"));
    check(json!({"enum": [1, 2]}), json!("2"), json!(2));
}

#[test]
fn booleans_and_null() {
    for (text, expect) in [
        ("TRUE", true),
        ("1", true),
        ("yes", true),
        ("No", false),
        ("0", false),
    ] {
        check(json!({"type": "boolean"}), json!(text), json!(expect));
    }
    stays(json!({"type": "boolean"}), json!("on"));
    stays(json!({"type": "boolean"}), json!(1));
    check(json!({"type": ["integer", "null"]}), json!(""), json!(null));
    check(
        json!({"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        json!("null"),
        json!(null),
    );
    stays(json!({"type": ["string", "null"]}), json!("null"));
    stays(json!({"type": "integer"}), json!("null"));
}

#[test]
fn texts_of_json() {
    let list = json!({"type": "array", "items": {"type": "integer"}});
    check(list.clone(), json!("[1, \"2\"]"), json!([1, 2]));
    stays(list.clone(), json!("1,2"));
    stays(list.clone(), json!(1));
    stays(list.clone(), json!("[1"));
    check(
        json!({"type": "object"}),
        json!("{\"a\": 1}"),
        json!({"a": 1}),
    );
    stays(json!({"type": "object"}), json!("[1]"));
    let split = |value| coerce_with(&list, value, Commas::Split);
    assert_eq!(split(json!("1, 2")), json!([1, 2]));
    assert_eq!(split(json!("[1,2]")), json!([1, 2]));
    assert_eq!(split(json!("")), json!([]));
}

#[test]
fn everywhere_in_a_schema() {
    let schema = json!({
        "type": "object",
        "properties": {
            "pair": {"prefixItems": [{"type": "integer"}, {"type": "boolean"}], "items": {"type": "null"}},
            "next": {"$ref": "#"},
            "maybe": {"anyOf": [{"$ref": "#/$defs/Point"}, {"type": "null"}]},
            "both": {"allOf": [{"type": "integer"}, {"maximum": 5}]},
        },
        "additionalProperties": {"type": "number"},
        "$defs": {"Point": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}},
    });
    check(
        schema.clone(),
        json!({"pair": ["1", "no", ""], "next": {"next": {"other": "2"}}, "other": "1.5",
            "maybe": "{\"x\": \"1\"}", "both": "3"}),
        json!({"pair": [1, false, null], "next": {"next": {"other": 2}}, "other": 1.5,
            "maybe": {"x": 1}, "both": 3}),
    );
    check(
        json!({"patternProperties": {"^s": {}}, "additionalProperties": {"type": "integer"}}),
        json!({"s": "1"}),
        json!({"s": "1"}),
    );
}

#[test]
fn alternatives() {
    let either = json!({"anyOf": [{"type": "integer"}, {"type": "string"}]});
    stays(either, json!("5"));
    let shapes = json!({"oneOf": [
        {"type": "object", "required": ["kind", "r"],
         "properties": {"kind": {"const": "circle"}, "r": {"type": "number"}}},
        {"type": "object", "required": ["kind", "n"],
         "properties": {"kind": {"const": "many"}, "n": {"type": "integer"}}},
    ]});
    check(
        shapes.clone(),
        json!({"kind": "many", "n": "2"}),
        json!({"kind": "many", "n": 2}),
    );
    stays(shapes, json!({"kind": "other", "n": "2"}));
    check(
        json!({"anyOf": [{"type": "null"}, {"type": "object", "required": ["b"],
            "properties": {"a": {"type": "integer"}}}]}),
        json!({"a": "1"}),
        json!({"a": 1}),
    );
    stays(
        json!({"type": ["string"], "allOf": [{"type": "integer"}]}),
        json!("5"),
    );
}

#[test]
fn work_is_bounded() {
    let mut defs = Map::new();
    for level in 0..40 {
        let next = json!({"$ref": format!("#/$defs/L{}", level + 1)});
        defs.insert(
            format!("L{level}"),
            json!({"anyOf": [next, next], "allOf": [next, next]}),
        );
    }
    defs.insert("L40".to_owned(), json!({"type": "integer"}));
    let schema = json!({"$ref": "#/$defs/L0", "$defs": defs});
    let _ = coerce(&schema, json!("5"));
    let _ = coerce(&json!({"$ref": "#"}), json!("5"));
}

fn schemas() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec![
        "integer", "number", "boolean", "null", "string", "array", "object",
    ]);
    let leaf = prop_oneof![
        kind.clone().prop_map(|one| json!({"type": one})),
        prop::collection::vec(kind, 1..4).prop_map(|all| {
            let all: std::collections::BTreeSet<_> = all.into_iter().collect();
            json!({"type": all})
        }),
        prop::collection::vec(leaves(), 1..3).prop_map(|all| json!({"enum": all})),
        leaves().prop_map(|one| json!({"const": one})),
        Just(json!({"$ref": "#/$defs/D"})),
        Just(json!({"minimum": 3, "maxLength": 2})),
        any::<bool>().prop_map(Value::Bool),
    ];
    let tree = leaf.prop_recursive(4, 24, 4, |inner| {
        let some = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            some.clone().prop_map(|all| json!({"anyOf": all})),
            some.clone().prop_map(|all| json!({"oneOf": all})),
            some.clone().prop_map(|all| json!({"allOf": all})),
            some.prop_map(|all| json!({"type": "array", "prefixItems": all})),
            inner.clone().prop_map(|one| json!({"items": one})),
            inner
                .clone()
                .prop_map(|one| json!({"type": "object", "additionalProperties": one})),
            inner
                .clone()
                .prop_map(|one| json!({"patternProperties": {"^a": one}})),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| json!({
                "type": "object", "properties": {"a": a, "b": b}, "required": ["a"],
                "anyOf": [c, {"type": "object"}]})),
            (inner.clone(), inner)
                .prop_map(|(a, b)| json!({"allOf": [a], "$ref": "#/$defs/D", "not": b})),
        ]
    });
    (tree, prop::sample::select(vec!["integer", "boolean", "array"])).prop_map(|(tree, kind)| {
        json!({"properties": {"v": tree}, "$defs": {"D": {"type": [kind, "null"]}}})
    })
}

fn leaves() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(1),
        json!(2.0),
        json!(2.5),
        json!(""),
        json!("null"),
        json!("1"),
        json!("2.0"),
        json!("no"),
        json!("x"),
        json!("[\"1\", \"[2]\"]"),
        json!("{\"a\": \"1\", \"b\": \"[]\"}"),
    ])
}

fn values() -> impl Strategy<Value = Value> {
    leaves().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inner, 0..3)
                .prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    })
}

/// The same value, with whole numbers written in one way.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(all) => all.iter().map(plain).collect(),
        Value::Object(all) => all
            .iter()
            .map(|(name, one)| (name.clone(), plain(one)))
            .collect(),
        Value::Number(one) => json!(one.as_f64()),
        one => one.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn reading_twice_is_reading_once(schema in schemas(), value in values()) {
        let once = coerce(&schema, json!({"v": value}));
        prop_assert_eq!(coerce(&schema, once.clone()), once);
    }

    #[test]
    fn accepted_values_stay(schema in schemas(), value in values()) {
        let value = json!({"v": value});
        if Checker::new(&schema).is_ok_and(|checker| checker.accepts(&value)) {
            prop_assert_eq!(plain(&coerce(&schema, value.clone())), plain(&value));
        }
    }

    #[test]
    fn flattening_keeps_the_meaning(schema in schemas(), value in values()) {
        let value = json!({"v": value});
        let flat = crate::schema::inline(&schema);
        prop_assert!(!flat.to_string().contains("$ref"));
        let (before, after) = (Checker::new(&schema), Checker::new(&flat));
        let (Ok(before), Ok(after)) = (before, after) else {
            return Err(TestCaseError::fail("an unusable schema"));
        };
        prop_assert_eq!(before.accepts(&value), after.accepts(&value));
        prop_assert_eq!(before.accepts(&value), before.faults(&value).is_empty());
    }
}
