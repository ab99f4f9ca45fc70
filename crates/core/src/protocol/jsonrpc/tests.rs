//! Every good and bad message of the envelope, and the scanner against a full parse.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Frame, Message, read};
use crate::{Kind, protocol::Limits};

fn one(text: &str) -> Result<Message, (Option<String>, i64, String)> {
    match read(Bytes::copy_from_slice(text.as_bytes()), &Limits::new()) {
        Frame::One(result) => result.map_err(|fault| {
            let id = fault.id.map(|id| String::from_utf8(id.to_vec()).unwrap());
            (id, fault.error.code(), fault.error.message().to_owned())
        }),
        Frame::Batch(_) => panic!("a batch: {text}"),
    }
}

#[test]
fn requests_keep_their_id_as_it_came() {
    for id in [
        "1",
        "-7",
        "\"a\\u0062\"",
        "123456789012345678901234567890",
        "1.5",
        "\"\"",
    ] {
        let text = format!(r#" {{"method":"tools/list","jsonrpc":"2.0","id":{id}}} "#);
        let Ok(Message::Request(request)) = one(&text) else {
            panic!("{text}")
        };
        assert_eq!(request.id, id.as_bytes());
        assert_eq!(request.method.as_str(), "tools/list");
    }
}

#[test]
fn notifications_and_responses() {
    let Ok(Message::Notification(n)) =
        one(r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"a":1}}"#)
    else {
        panic!()
    };
    assert_eq!(
        (n.topic.as_str(), n.params.raw()),
        ("notifications/x", Some(br#"{"a":1}"#.as_slice()))
    );
    let Ok(Message::Response(r)) = one(r#"{"jsonrpc":"2.0","id":3,"result":{"b":[]}}"#) else {
        panic!()
    };
    assert_eq!(
        (r.id.as_deref(), r.outcome.as_deref()),
        (Some(b"3".as_slice()), Ok(br#"{"b":[]}"#.as_slice()))
    );
    let Ok(Message::Response(r)) =
        one(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}}"#)
    else {
        panic!()
    };
    assert!(r.id.is_none() && r.outcome.is_err());
}

#[test]
fn every_bad_message_is_answered_with_its_code() {
    for (text, id, code, words) in [
        ("", None, -32700, "not JSON"),
        ("{", None, -32700, "not JSON"),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a"} x"#,
            None,
            -32700,
            "not JSON",
        ),
        (
            r#"{"jsonrpc":"2.0","id":01,"method":"a"}"#,
            None,
            -32700,
            "not JSON",
        ),
        (r#"{"jsonrpc":5,"method":"#, None, -32700, "not JSON"),
        ("\"hello\"", None, -32600, "message is an object"),
        ("17", None, -32600, "message is an object"),
        ("null", None, -32600, "message is an object"),
        ("{}", None, -32600, "jsonrpc"),
        (
            r#"{"jsonrpc":"1.0","id":1,"method":"a"}"#,
            Some("1"),
            -32600,
            "jsonrpc",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1}"#,
            Some("1"),
            -32600,
            "`method` is missing",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":2}"#,
            Some("1"),
            -32600,
            "must be a string",
        ),
        (
            r#"{"jsonrpc":"2.0","id":null,"method":"a"}"#,
            None,
            -32600,
            "must not be null",
        ),
        (
            r#"{"jsonrpc":"2.0","id":{},"method":"a"}"#,
            None,
            -32600,
            "string or a number",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}"#,
            Some("1"),
            -32600,
            "`method` is there twice",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}"#,
            None,
            -32600,
            "`id` is there twice",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a","result":{}}"#,
            Some("1"),
            -32600,
            "not both",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#,
            Some("1"),
            -32600,
            "not both",
        ),
        (
            r#"{"jsonrpc":"2.0","result":{}}"#,
            None,
            -32600,
            "needs the `id`",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}"#,
            Some("1"),
            -32602,
            "an object",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a","params":"x"}"#,
            Some("1"),
            -32602,
            "an object",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{"name":"a","name":"b"}}"#,
            Some("1"),
            -32602,
            "twice",
        ),
    ] {
        let (got_id, got_code, got_words) = one(text).expect_err(text);
        assert_eq!(
            (got_id.as_deref(), got_code),
            (id, code),
            "{text}: {got_words}"
        );
        assert!(got_words.contains(words), "{text}: {got_words}");
    }
}

#[test]
fn invalid_utf8_is_not_json() {
    let body = Bytes::from_static(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\xff\"}");
    let Frame::One(Err(fault)) = read(body, &Limits::new()) else {
        panic!()
    };
    assert_eq!(fault.error.kind(), Kind::Parse);
}

#[test]
fn invalid_utf8_is_found_wherever_it_stands() {
    for at in 0..40 {
        let mut text =
            br#"{"jsonrpc":"2.0","id":1,"method":"0123456789012345678901234567890123456789"}"#
                .to_vec();
        let start = text.len() - 42 + at;
        text[start] = 0xff;
        let Frame::One(Err(fault)) = read(Bytes::from(text), &Limits::new()) else {
            panic!("{at}")
        };
        assert_eq!(fault.error.kind(), Kind::Parse, "{at}");
    }
    let text = format!(
        r#"{{"jsonrpc":"2.0","id":"{}","method":"a"}}"#,
        "é".repeat(20)
    );
    assert!(matches!(
        read(Bytes::from(text), &Limits::new()),
        Frame::One(Ok(_))
    ));
}

#[test]
fn limits_hold_at_their_edge() {
    let nested = |n: usize| {
        let (open, close) = ("[".repeat(n), "]".repeat(n));
        Bytes::from(format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"a","params":{{"x":{open}{close}}}}}"#
        ))
    };
    let limits = Limits::new().depth(10);
    assert!(matches!(read(nested(8), &limits), Frame::One(Ok(_))));
    assert!(matches!(read(nested(9), &limits), Frame::One(Err(_))));

    let body = nested(1);
    assert!(matches!(
        read(body.clone(), &Limits::new().message_bytes(body.len())),
        Frame::One(Ok(_))
    ));
    assert!(matches!(
        read(body.clone(), &Limits::new().message_bytes(body.len() - 1)),
        Frame::One(Err(_))
    ));

    let batch = |n: usize| Bytes::from(format!("[{}]", vec!["1"; n].join(",")));
    let limits = Limits::new().batch(3);
    let Frame::Batch(messages) = read(batch(3), &limits) else {
        panic!()
    };
    assert_eq!(messages.len(), 3);
    assert!(matches!(read(batch(4), &limits), Frame::One(Err(_))));
    assert!(matches!(read(batch(0), &limits), Frame::One(Err(_))));
    assert!(matches!(
        read(batch(1_000_000), &limits),
        Frame::One(Err(_))
    ));
}

#[test]
fn a_batch_answers_for_each_of_its_messages() {
    let text =
        r#"[{"jsonrpc":"2.0","id":1,"method":"a"},7,{"jsonrpc":"2.0","method":"notifications/x"}]"#;
    let Frame::Batch(messages) = read(Bytes::from_static(text.as_bytes()), &Limits::new()) else {
        panic!()
    };
    assert!(matches!(
        messages.as_slice(),
        [
            Ok(Message::Request(_)),
            Err(_),
            Ok(Message::Notification(_))
        ]
    ));
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((".*", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    /// What the borrowed envelope says is what a full parse says.
    #[test]
    fn agrees_with_a_full_parse(
        id in prop_oneof![any::<i64>().prop_map(Value::from), ".*".prop_map(Value::from)],
        method in ".*",
        arguments in json_value(),
        name in ".*",
    ) {
        let whole = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": {"name": name, "arguments": arguments}});
        let Ok(Message::Request(request)) = one(&whole.to_string()) else { panic!("{whole}") };
        prop_assert_eq!(serde_json::from_slice::<Value>(&request.id).unwrap(), id);
        prop_assert_eq!(request.method.as_str(), method);
        prop_assert_eq!(request.params.name().unwrap(), name);
        let got = request.params.arguments().map_or(Value::Null, |raw| serde_json::from_slice(raw).unwrap());
        prop_assert_eq!(got, arguments);
    }

    /// Whatever comes is answered, never with a panic.
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(Bytes::from(bytes), &Limits::new());
    }

    #[test]
    fn any_json_is_survived(value in json_value()) {
        let _ = read(Bytes::from(value.to_string()), &Limits::new());
    }
}
