//! Answers: typed, raw, wrapped; tools that fail; what cannot be asked; lists.

use std::collections::HashMap;

use fmcp::{
    CallOptions, Client, ClientError, Content, Json, Kind, Method, Server, Tool,
    model::{PromptReference, ResourceReference},
};
use serde_json::{Value, json};

use super::*;

/// Calls `tool` and reads its result.
async fn check<T>(tool: &str, arguments: Value, expect: T)
where
    T: serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let client = connect().await;
    let result = client.call(tool, arguments).await.unwrap();
    assert_eq!(result.parse::<T>().unwrap(), expect, "{tool}");
}

#[tokio::test]
async fn results_are_read_as_what_is_asked_for() {
    check("double", json!({"n": 21}), 42_i64).await;
    check("flag", json!({}), true).await;
    check("ratio", json!({}), 0.5).await;
    check("words", json!({}), "42".to_owned()).await;
    check("words", json!({}), 42_u8).await;
    check("nothing", json!({}), ()).await;
    check("point", json!({}), Point { x: 1, y: 2 }).await;
    check("point", json!({}), json!({"x": 1, "y": 2})).await;
    check(
        "point",
        json!({}),
        HashMap::from([("x".to_owned(), 1), ("y".to_owned(), 2)]),
    )
    .await;
    check("points", json!({}), vec![Point { x: 1, y: 2 }]).await;
    check("none", json!({}), None::<i64>).await;
    check("maybe", json!({}), Some(7)).await;
    check("json_text", json!({}), Point { x: 5, y: 6 }).await;
}

#[tokio::test]
async fn a_client_that_knows_the_schema_takes_wrapped_values_out() {
    let client = connect().await;
    let blind = client.call("double", json!({"n": 1})).await.unwrap();
    assert_eq!(blind.parse::<Value>().unwrap(), json!({"result": 2}));
    let blind = client.call("maybe_point", ()).await.unwrap();
    assert_eq!(
        blind.parse::<Option<Point>>().unwrap(),
        Some(Point::default()),
        "all fields may be missing"
    );

    client.list_tools().await.unwrap();
    let known = client.call("double", json!({"n": 1})).await.unwrap();
    assert_eq!(known.parse::<Value>().unwrap(), json!(2));
    let known = client.call("maybe_point", ()).await.unwrap();
    assert_eq!(
        known.parse::<Option<Point>>().unwrap(),
        Some(Point { x: 3, y: 4 })
    );
}

#[tokio::test]
async fn results_that_do_not_fit_say_so() {
    let client = connect().await;
    let words = |result: Result<i64, ClientError>| result.unwrap_err().to_string();
    let result = client.call("words", ()).await.unwrap();
    let error = result.parse::<bool>().unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (Kind::Internal, false)
    );
    assert!(
        error
            .to_string()
            .starts_with("tools/call words: the result is no `bool`"),
        "{error}"
    );
    let result = client.call("blocks", ()).await.unwrap();
    assert!(words(result.parse()).contains("2 blocks"));
    assert_eq!(result.text(), "a");
    assert_eq!(result.content().len(), 2);
    assert!(result.structured().is_none());
}

#[tokio::test]
async fn a_tool_that_fails_is_an_error_unless_asked_otherwise() {
    let client = connect().await;
    let error = client.call("refuse", ()).await.unwrap_err();
    assert_eq!(error.to_string(), "tool \"refuse\" failed: not today");
    let structured = error.tool_result().unwrap().structured().unwrap();
    assert_eq!(structured.to_value(), json!({"code": 7}));
    assert!(matches!(error, ClientError::Tool { .. }));

    let raw = client
        .call_raw("refuse", (), CallOptions::new())
        .await
        .unwrap();
    assert!(raw.is_error());
    assert_eq!(raw.text(), "not today");
}

#[tokio::test]
async fn what_cannot_be_asked_says_why() {
    let client = connect().await;
    let error = client.call("dobule", ()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(
        error.to_string().starts_with("tools/call dobule: "),
        "{error}"
    );
    let error = client
        .call("double", json!({"n": "many"}))
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Tool { .. }), "{error}");
    let error = client.call("double", 5).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tools/call double: cannot be sent: arguments must be an object"
    );
    let error = client
        .request(Method::from("no/such"), &json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::MethodNotFound);
    let error = client.read("text://b").await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    let error: fmcp::Error = client.prompt("nobody", ()).await.unwrap_err().into();
    assert_eq!(error.kind(), Kind::NotFound);
}

#[tokio::test]
async fn a_server_that_cannot_start_is_not_connected_to() {
    let broken = server().tool(Tool::new("flag", || async { false }));
    let error = Client::connect(&broken).await.unwrap_err();
    assert!(error.to_string().starts_with("connecting: "), "{error}");
    assert!(error.to_string().contains("flag"), "{error}");
}

#[tokio::test]
async fn resources_are_text_bytes_or_json() {
    let client = connect().await;
    let text = client.read("text://a").await.unwrap();
    assert_eq!(
        (text.text(), text.mime_type()),
        (Some("plain"), Some("text/plain"))
    );
    assert_eq!(text.bytes().unwrap().as_ref(), b"plain");
    let point = client.read("json://a").await.unwrap();
    assert_eq!(point.parse::<Point>().unwrap(), Point { x: 1, y: 2 });
    let bytes = client.read("file://abc").await.unwrap();
    assert_eq!(bytes.text(), None);
    assert_eq!(bytes.bytes().unwrap().as_ref(), b"abc");
    assert!(bytes.parse::<Point>().is_err());
    assert_eq!(client.list_resources().await.unwrap().len(), 2);
    assert_eq!(
        client.list_templates().await.unwrap()[0].uri_template,
        "file://{name}"
    );
}

#[tokio::test]
async fn prompts_take_strings_and_arguments_complete() {
    let client = connect().await;
    let greeting = client
        .prompt("greet", json!({"name": [1, 2], "more": null}))
        .await
        .unwrap();
    assert_eq!(greeting.messages[0].content, Content::text("Greet [1,2]"));
    assert_eq!(client.list_prompts().await.unwrap()[0].name, "greet");
    let template = || ResourceReference::new("file://{name}");
    let values = client
        .complete(template(), "name", "b")
        .await
        .unwrap()
        .values;
    assert_eq!(values, ["beta"]);
    let error = client
        .complete(PromptReference::new("nobody"), "name", "")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
}

#[tokio::test]
async fn lists_come_whole_or_by_the_page() {
    let client = Client::connect(server().page_size(4)).await.unwrap();
    let all: Vec<_> = client
        .list_tools()
        .await
        .unwrap()
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    assert_eq!(all.len(), 14);
    let first = client.list_tools_page(None).await.unwrap();
    assert_eq!(first.tools.len(), 4);
    let second = client
        .list_tools_page(first.next_cursor.as_deref())
        .await
        .unwrap();
    assert_eq!(second.tools[0].name, all[4]);
    let error = client
        .list_prompts_page(Some("nonsense"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidParams);
}

#[tokio::test]
async fn a_tree_of_json_is_not_wrapped() {
    let server = Server::new("s").tool(Tool::new("tree", || async { Json(json!({"a": 1})) }));
    let client = Client::connect(server).await.unwrap();
    let result = client.call("tree", ()).await.unwrap();
    assert_eq!(result.structured().unwrap().to_value(), json!({"a": 1}));
}
