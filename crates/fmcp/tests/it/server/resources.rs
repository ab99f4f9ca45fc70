//! Resources and templates, and the values that are refused.

use fmcp::{
    Context, Input, Resource, Server,
    testing::{self, Wire, modern},
};
use serde_json::{Value, json};

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[allow(dead_code, reason = "shown by `Debug`")]
struct Query {
    path: String,
    #[serde(default)]
    deep: bool,
    #[serde(default)]
    tag: Vec<u32>,
    #[serde(default)]
    limit: Option<u8>,
}

fn server() -> Server {
    let file = |Input(query): Input<Query>| async move { format!("{query:?}") };
    Server::new("s")
        .resource(Resource::new("files://{path*}{?deep,tag*,limit}", file))
        .resource(Resource::new("one://{path}", file))
        .resource(Resource::new("free://{path*}", file).exempt("path"))
        .resource(Resource::new("one://known", |ctx: Context| async move {
            format!("itself {}", ctx.call().name().unwrap_or_default())
        }))
}

async fn read(uri: &str) -> Value {
    let wire = Wire::new(server());
    let message = modern("resources/read", json!({"uri": uri}));
    let mut answer = wire.send(message).await.unwrap();
    answer.as_object_mut().unwrap().remove("id");
    answer
}

async fn check(uri: &str, expect: &str) {
    let answer = read(uri).await;
    assert_eq!(
        answer["result"]["contents"][0]["text"], expect,
        "{uri}: {answer}"
    );
}

#[tokio::test]
async fn values_are_read_as_the_handler_wants_them() {
    check(
        "files://a/b.txt",
        r#"Query { path: "a/b.txt", deep: false, tag: [], limit: None }"#,
    )
    .await;
    check(
        "files://a%20b?tag=1&deep=true&tag=2&limit=3&unknown=4",
        r#"Query { path: "a b", deep: true, tag: [1, 2], limit: Some(3) }"#,
    )
    .await;
    check(
        "one://5",
        r#"Query { path: "5", deep: false, tag: [], limit: None }"#,
    )
    .await;
}

#[tokio::test]
async fn a_resource_of_its_own_comes_before_templates() {
    check("one://known", "itself one://known").await;
}

#[tokio::test]
async fn unsafe_values_look_like_nothing_is_there() {
    let missing = "nowhere://x";
    let not_found = read(missing).await.to_string();
    for uri in [
        "files://../etc/passwd",
        "files://a/../b",
        "files://%2e%2e/b",
        "files://%252e%252e/b",
        "files:///etc/passwd",
        "files://C:/x",
        "files://a%00b",
        "files://a\\..\\b",
        "one://..",
        "one://a%2F..",
        "one://%2Fetc",
    ] {
        let answer = read(uri).await;
        assert_eq!(answer["error"]["code"], -32602, "{uri}: {answer}");
        let encoded = json!(uri).to_string();
        let said = answer
            .to_string()
            .replace(encoded.trim_matches('"'), missing);
        assert_eq!(said, not_found, "{uri}");
    }
    check(
        "free://../etc",
        r#"Query { path: "../etc", deep: false, tag: [], limit: None }"#,
    )
    .await;
}

#[tokio::test]
async fn values_of_the_wrong_type_are_named() {
    for (uri, fault) in [
        ("files://a?limit=300", "limit"),
        ("files://a?limit=x", "limit"),
        ("files://a?deep=perhaps", "deep"),
        ("files://a?tag=1&tag=x", "tag[1]"),
    ] {
        let answer = read(uri).await;
        assert_eq!(answer["error"]["code"], -32602, "{uri}: {answer}");
        let said = answer["error"]["message"].as_str().unwrap();
        assert!(said.contains(fault), "{said}");
    }
}

#[tokio::test]
async fn the_first_template_that_fits_answers() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Any {
        any: String,
    }
    let server = Server::new("s")
        .resource(Resource::new(
            "x://{any}/b",
            |Input(a): Input<Any>| async move { format!("first {}", a.any) },
        ))
        .resource(Resource::new(
            "x://{any*}",
            |Input(a): Input<Any>| async move { format!("second {}", a.any) },
        ));
    let client = testing::connect(&server).await;
    for (uri, text) in [("x://a/b", "first a"), ("x://a/c", "second a/c")] {
        assert_eq!(client.read(uri).await.unwrap().text(), Some(text));
    }
}
