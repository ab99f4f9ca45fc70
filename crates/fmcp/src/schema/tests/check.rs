//! What a checker says of values.

use serde_json::{Value, json};

use crate::schema::{Checker, Fault, constrains};

#[track_caller]
fn check(schema: Value, value: Value, expect: &[&str]) {
    let checker = Checker::for_arguments(&schema).expect("a usable schema");
    let came: Vec<_> = checker
        .faults(&value)
        .iter()
        .map(Fault::to_string)
        .collect();
    assert_eq!(came, expect);
    assert_eq!(checker.accepts(&value), expect.is_empty());
}

#[track_caller]
fn check_b(of: Value, value: Value, expect: &str) {
    check(
        json!({"properties": {"b": of}}),
        json!({"b": value}),
        &[expect],
    );
}

#[test]
fn nothing_wrong() {
    check(json!({"type": "integer"}), json!(5), &[]);
    check(json!(true), json!(5), &[]);
    check(
        json!({"type": "string", "format": "date"}),
        json!("no date"),
        &[],
    );
}

#[test]
fn bounds() {
    check_b(
        json!({"maximum": 10}),
        json!(11),
        "b: must be at most 10, got 11",
    );
    check_b(
        json!({"minimum": 1.5}),
        json!(1),
        "b: must be at least 1.5, got 1",
    );
    check_b(
        json!({"exclusiveMaximum": 1}),
        json!(1),
        "b: must be less than 1, got 1",
    );
    check_b(
        json!({"multipleOf": 3}),
        json!(4),
        "b: must be a multiple of 3, got 4",
    );
    check_b(
        json!({"minLength": 3}),
        json!("äb"),
        "b: must have at least 3 characters, got 2: \"äb\"",
    );
    check_b(
        json!({"maxItems": 1}),
        json!([1, 2]),
        "b: must hold at most 1 item, got 2: [1,2]",
    );
    check_b(
        json!({"uniqueItems": true}),
        json!([1, 1]),
        "b: must not hold the same item twice",
    );
    check_b(
        json!({"pattern": "^a+$"}),
        json!("b"),
        "b: must match the pattern ^a+$, got \"b\"",
    );
    check_b(
        json!({"not": {"const": 0}}),
        json!(0),
        "b: must not be 0, got 0",
    );
}

#[test]
fn kinds() {
    check(
        json!({"type": "integer"}),
        json!("abc"),
        &["expected an integer, got a string \"abc\""],
    );
    check_b(
        json!({"type": ["null", "string"]}),
        json!(5),
        "b: expected a string or null, got 5",
    );
    check_b(
        json!({"enum": ["celsius", "fahrenheit"]}),
        json!("kelvin"),
        "b: must be one of \"celsius\", \"fahrenheit\", got \"kelvin\"",
    );
    check_b(json!({"const": 1}), json!(2), "b: must be 1, got 2");
    check_b(json!(false), json!(2), "b: is not allowed here");
}

#[test]
fn names() {
    let schema = json!({
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "at": {"$ref": "#/$defs/Point"},
        },
        "required": ["city"],
        "additionalProperties": false,
        "$defs": {"Point": {"type": "object", "properties": {"lat": {"type": "number"}},
            "required": ["lat"], "additionalProperties": false}},
    });
    check(
        schema.clone(),
        json!({"citty": "Oslo", "zzz": 1}),
        &[
            "unknown argument \"citty\"; did you mean \"city\"?",
            "unknown argument \"zzz\"",
            "missing required argument \"city\" (string)",
        ],
    );
    check(
        schema,
        json!({"city": "Oslo", "at": {"Lat": 1}}),
        &[
            "at: unknown property \"Lat\"; did you mean \"lat\"?",
            "at: missing required property \"lat\" (number)",
        ],
    );
    check(
        json!({"propertyNames": {"maxLength": 2}}),
        json!({"abc": 1}),
        &["the name of this argument must have at most 2 characters, got 3: \"abc\""],
    );
}

#[test]
fn places() {
    let schema =
        json!({"additionalProperties": {"items": {"properties": {"a.b": {"type": "null"}}}}});
    check(
        schema,
        json!({"1": [{}, {"a.b": 1}]}),
        &["1[1][\"a.b\"]: expected null, got 1"],
    );
}

#[test]
fn alternatives() {
    let or_null = json!({"anyOf": [{"type": "object", "required": ["x"],
        "properties": {"x": {"type": "number"}}}, {"type": "null"}]});
    check_b(
        or_null.clone(),
        json!(5),
        "b: expected an object or null, got 5",
    );
    check_b(
        or_null.clone(),
        json!({"x": true}),
        "b.x: expected a number, got true",
    );
    check_b(
        or_null,
        json!({}),
        "b: missing required property \"x\" (number)",
    );
    let words = json!({"oneOf": [{"const": "a"}, {"const": "b"}, {"type": "null"}]});
    check_b(
        words,
        json!("c"),
        "b: must be one of \"a\", \"b\", or null, got \"c\"",
    );
    let shape = |kind: &str, field: &str| {
        json!({"type": "object", "required": ["kind", field], "properties":
            {"kind": {"const": kind}, field: {"type": "number"}}})
    };
    let shapes = json!({"oneOf": [shape("circle", "r"), shape("square", "side")]});
    check_b(
        shapes.clone(),
        json!({"kind": "square"}),
        "b: missing required property \"side\" (number)",
    );
    check_b(
        shapes,
        json!({"kind": "line"}),
        "b.kind: must be one of \"circle\", \"square\", got \"line\"",
    );
    check_b(
        json!({"oneOf": [{"type": "number"}, {"type": "integer"}]}),
        json!(1),
        "b: fits more than one of the allowed forms, but must fit exactly one: 1",
    );
}

#[test]
fn long_values_and_long_lists_are_cut() {
    let text = "x".repeat(5_000);
    let checker = Checker::new(&json!({"type": "integer"})).expect("a usable schema");
    let message = &checker.faults(&json!(text))[0].message;
    assert!(
        message.ends_with('…') && message.chars().count() < 100,
        "{message}"
    );
    let list = json!(vec!["x"; 50]);
    let checker = Checker::new(&json!({"items": {"type": "integer"}})).expect("a usable schema");
    let faults = checker.faults(&list);
    assert_eq!(faults.len(), 21);
    assert_eq!(faults[20].to_string(), "and 30 more");
}

#[track_caller]
fn refused(schema: Value, words: &str) {
    let said = Checker::new(&schema)
        .expect_err("an unusable schema")
        .to_string();
    assert!(said.contains(words), "{said}");
}

#[test]
fn unusable_schemas() {
    refused(
        json!({"$ref": "https://example.com/a.json"}),
        "nothing is fetched",
    );
    refused(
        json!({"properties": {"a": {"$ref": "file:///etc/passwd"}}}),
        "nothing is fetched",
    );
    refused(json!({"$ref": "#/$defs/Missing"}), "cannot be followed");
    refused(
        json!({"$schema": "https://example.com/own"}),
        "dialect \"https://example.com/own\"",
    );
    refused(json!({"$schema": 5}), "dialect 5");
    refused(json!({"type": "text"}), "not a JSON Schema");
    refused(json!({"pattern": "(?=a)"}), "linear time");
    refused(json!({"pattern": "(a{1000}){1000}"}), "");
    refused(json!({"$ref": "#"}), "leads back to itself");
    refused(
        json!({"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}]}}}),
        "leads back to itself",
    );
}

#[test]
fn sizes_are_bounded() {
    let mut deep = json!({"type": "string"});
    for _ in 0..65 {
        deep = json!({"items": deep});
    }
    refused(deep, "levels deep");
    refused(json!({"anyOf": vec![json!({}); 10_001]}), "more than 10000");
    let mut defs = serde_json::Map::new();
    for level in 0..40 {
        let next = json!({"$ref": format!("#/$defs/L{}", level + 1)});
        defs.insert(format!("L{level}"), json!({"allOf": [next, next]}));
    }
    defs.insert("L40".to_owned(), json!({"type": "string"}));
    let at = json!({"$ref": "#/$defs/L0"});
    refused(json!({"properties": {"a": at}, "$defs": defs}), "multiply");
}

#[test]
fn dialects() {
    for text in [
        "https://json-schema.org/draft/2020-12/schema",
        "https://json-schema.org/draft/2019-09/schema",
        "http://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft-06/schema",
        "http://json-schema.org/draft-04/schema",
    ] {
        let schema = json!({"$schema": text, "type": "integer"});
        check(
            schema,
            json!("a"),
            &["expected an integer, got a string \"a\""],
        );
    }
    let tuple = json!({"prefixItems": [{"type": "string"}]});
    check(tuple, json!([1]), &["[0]: expected a string, got 1"]);
    let old = "http://json-schema.org/draft-07/schema#";
    let tuple = json!({"$schema": old, "items": [{"type": "string"}]});
    check(tuple, json!([1]), &["[0]: expected a string, got 1"]);
}

#[test]
fn constraints() {
    for (schema, expect) in [
        (
            json!({"type": "object", "required": ["a"], "additionalProperties": false}),
            false,
        ),
        (
            json!({"properties": {"minimum": {"type": "string", "format": "date"}}}),
            false,
        ),
        (json!({"default": {"minimum": 1}}), false),
        (
            json!({"properties": {"a": {"items": {"pattern": "a"}}}}),
            true,
        ),
        (json!({"$defs": {"A": {"anyOf": [{"const": 1}]}}}), true),
        (json!({"enum": ["a"]}), true),
        (json!(true), false),
    ] {
        assert_eq!(constrains(&schema), expect, "{schema}");
    }
}

#[test]
fn work_is_bounded_where_faults_multiply() {
    let unlisted = ["does not fit the schema; what is wrong cannot be listed in bounded time"];
    let both = json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]});
    let schema = json!({"properties": {"x": both, "y": {"type": "integer"}}});
    let mut value = json!({"y": "no"});
    for _ in 0..60 {
        value = json!({"x": value});
    }
    check(schema, value, &unlisted);
    let many = json!(vec!["x"; 60_000]);
    check(json!({"items": {"type": "integer"}}), many, &unlisted);
}

#[test]
fn circles_through_anchors_end() {
    let circle = json!({"$anchor": "a", "$ref": "#a", "anyOf": [{"$ref": "#a"}, {"$ref": "#b"}],
        "$defs": {"B": {"$anchor": "b", "allOf": [{"$ref": "#a"}]}}});
    if let Ok(checker) = Checker::new(&circle) {
        let _ = checker.faults(&json!(1));
    }
    let named = json!({"items": {"$ref": "#b"}, "$defs": {"B": {"$anchor": "b", "type": "null"}}});
    let checker = Checker::new(&named).expect("a usable schema");
    assert!(checker.accepts(&json!([null])));
    assert_eq!(checker.faults(&json!([1])).len(), 1);
}
