//! What handlers may give back, and what it looks like on the wire.

use std::borrow::Cow;

use fmcp::{
    Audio, CallToolResult, Content, File, Handler, Image, Json, Prompt, PromptMessage, Resource,
    ResourceContents, Role, Server, Tool, ToolError,
    core::handler::{AsPrompt, AsResource, AsTool},
    model::{GetPromptResult, ReadResourceResult},
    testing::{self, Wire, modern},
};
use serde_json::json;

use super::*;

#[derive(Clone, serde::Serialize, schemars::JsonSchema)]
struct Point {
    x: i64,
}

/// The schema that a tool shows, and the result that it gives: content, structured, whether it failed.
async fn tool<A>(handler: impl Handler<A, AsTool>) -> (Value, Value) {
    let wire = Wire::new(Server::new("s").tool(Tool::new("t", handler)));
    let listed = wire.send(modern("tools/list", json!({}))).await;
    let called = wire
        .send(modern("tools/call", json!({"name": "t", "arguments": {}})))
        .await;
    let mut result = testing::expect_result(&called).clone();
    let fields = result.as_object_mut().unwrap();
    fields.remove("resultType");
    fields.remove("_meta");
    let schema = testing::expect_result(&listed)["tools"][0]["outputSchema"].clone();
    (schema, result)
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "tests write `wrapping(json!(…))`"
)]
fn wrapping(schema: Value) -> Value {
    json!({"type": "object", "properties": {"result": schema}, "required": ["result"],
           "x-fastmcp-wrap-result": true})
}

#[tokio::test]
async fn text_and_nothing_have_no_schema() {
    let plain = (Value::Null, json!({"content": [text("a")]}));
    assert_eq!(tool(|| async { "a" }).await, plain);
    assert_eq!(tool(|| async { "a".to_owned() }).await, plain);
    assert_eq!(tool(|| async { Cow::Borrowed("a") }).await, plain);
    assert_eq!(tool(|| async { Content::text("a") }).await, plain);
    assert_eq!(tool(|| async { vec![Content::text("a")] }).await, plain);
    assert_eq!(tool(|| async { CallToolResult::text("a") }).await, plain);
    assert_eq!(tool(|| async { Ok::<_, ToolError>("a") }).await, plain);
    assert_eq!(tool(|| async { Some("a") }).await, plain);
    let nothing = (Value::Null, json!({"content": []}));
    assert_eq!(tool(|| async {}).await, nothing);
    assert_eq!(tool(|| async { None::<String> }).await, nothing);
    assert_eq!(tool(|| async { Ok::<_, ToolError>(()) }).await, nothing);
}

#[tokio::test]
async fn numbers_and_booleans_are_wrapped() {
    let integer = wrapping(json!({"type": "integer"}));
    assert_eq!(
        tool(|| async { 5_i64 }).await,
        (
            integer,
            json!({"content": [text("5")], "structuredContent": {"result": 5}})
        )
    );
    assert_eq!(
        tool(|| async { u64::MAX }).await,
        (
            wrapping(json!({"type": "integer", "minimum": 0})),
            json!({"content": [text("18446744073709551615")], "structuredContent": {"result": u64::MAX}})
        )
    );
    assert_eq!(
        tool(|| async { true }).await,
        (
            wrapping(json!({"type": "boolean"})),
            json!({"content": [text("true")], "structuredContent": {"result": true}})
        )
    );
    assert_eq!(
        tool(|| async { 0.5 }).await.1,
        json!({"content": [text("0.5")], "structuredContent": {"result": 0.5}})
    );
    assert_eq!(
        tool(|| async { None::<i64> }).await,
        (
            wrapping(json!({"anyOf": [{"type": "integer"}, {"type": "null"}]})),
            json!({"content": [], "structuredContent": {"result": null}})
        )
    );
}

#[tokio::test]
async fn json_is_structured_and_text() {
    let schema =
        json!({"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]});
    assert_eq!(
        tool(|| async { Json(Point { x: 1 }) }).await,
        (
            schema.clone(),
            json!({"content": [text("{\"x\":1}")], "structuredContent": {"x": 1}})
        )
    );
    assert_eq!(
        tool(|| async { Json(vec![Point { x: 1 }]) }).await,
        (
            wrapping(json!({"type": "array", "items": schema})),
            json!({"content": [text("[{\"x\":1}]")], "structuredContent": {"result": [{"x": 1}]}})
        )
    );
    assert_eq!(
        tool(|| async { None::<Json<Point>> }).await.1,
        json!({"content": [], "structuredContent": {"result": null}})
    );
}

#[tokio::test]
async fn a_tree_promises_nothing() {
    for (value, structured) in [
        (json!({"a": 1}), json!({"a": 1})),
        (json!([1]), Value::Null),
        (json!(5), Value::Null),
    ] {
        let shown = text(&value.to_string());
        let tree = value.clone();
        let (schema, result) = tool(move || std::future::ready(tree.clone())).await;
        assert_eq!(schema, Value::Null);
        assert_eq!(result["content"][0], shown);
        assert_eq!(result["structuredContent"], structured);
        let (schema, result) = tool(move || std::future::ready(Json(value.clone()))).await;
        assert_eq!(schema, Value::Null, "Json<Value>");
        assert_eq!(result["content"][0], shown);
        assert_eq!(result["structuredContent"], structured);
    }
    let (schema, result) = tool(|| async { Some(Json(json!({"a": 1}))) }).await;
    assert_eq!(
        (schema, &result["structuredContent"]),
        (Value::Null, &json!({"a": 1}))
    );
}

#[tokio::test]
async fn pictures_sound_and_files_are_content() {
    let (schema, result) = tool(|| async { Image::from_bytes("GIF89a", "gif") }).await;
    assert_eq!(schema, Value::Null);
    assert_eq!(
        result["content"],
        json!([{"type": "image", "data": "R0lGODlh", "mimeType": "image/gif"}])
    );
    let (_, result) = tool(|| async { Audio::from_bytes("x", None) }).await;
    assert_eq!(result["content"][0]["mimeType"], "audio/wav");
    let (_, result) = tool(|| async { File::from_bytes("x", "a.txt") }).await;
    assert_eq!(result["content"][0]["type"], "resource");
}

#[tokio::test]
async fn numbers_that_json_does_not_have_are_not_sent() {
    for bad in [f64::NAN, f64::INFINITY] {
        let (_, result) = tool(move || async move { bad }).await;
        assert_eq!(result["isError"], true, "{result}");
        assert!(result.get("structuredContent").is_none());
    }
    let (_, result) = tool(|| async { f32::NAN }).await;
    assert_eq!(result["isError"], true, "{result}");

    #[derive(serde::Serialize, schemars::JsonSchema)]
    struct Ratio {
        value: f64,
        null: Option<f64>,
    }
    let ratio = |value, null| move || async move { Json(Ratio { value, null }) };
    let (_, result) = tool(ratio(f64::NAN, None)).await;
    assert_eq!(result["isError"], true, "{result}");
    let (_, result) = tool(ratio(0.5, None)).await;
    assert_eq!(
        result["structuredContent"],
        json!({"value": 0.5, "null": null})
    );
}

#[tokio::test]
async fn a_broken_promise_is_not_sent() {
    #[derive(serde::Serialize, schemars::JsonSchema)]
    struct Few {
        #[schemars(range(max = 3))]
        n: i64,
    }
    let server = Server::new("s")
        .tool(Tool::new("few", || async { Json(Few { n: 4 }) }))
        .tool(Tool::new("none", || async { "text" }).output_schema(json!({"type": "object"})))
        .tool(
            Tool::new("list", || async { Json(vec![5]) })
                .output_schema(json!({"type": "array", "items": {"type": "string"}})),
        );
    let wire = Wire::new(&server);
    for name in ["few", "none", "list"] {
        let message = modern("tools/call", json!({"name": name}));
        let id = message["id"].clone();
        let answer = wire.send(message).await;
        let result = testing::expect_result(&answer);
        assert_eq!(result["isError"], true, "{name}");
        assert!(result.get("structuredContent").is_none(), "{name}");
        assert_eq!(
            result["content"],
            json!([text(&format!(
                "the tool's result is not what it promises; the server's log says why (request {id})"
            ))]),
            "{name}"
        );
    }
    // Who fails need not keep a promise.
    let failing = Tool::new("t", || async { Err::<Json<Few>, _>(ToolError::new("no")) });
    let failed = run(&Server::new("s").tool(failing), "t", json!({})).await;
    assert_eq!(words(&failed), "no");
}

#[tokio::test]
async fn a_promise_of_ones_own_replaces_that_of_the_type() {
    let tool = Tool::new("t", || async { Json(Point { x: 1 }) })
        .output_schema(json!({"type": "object", "properties": {"x": {"maximum": 1}}}));
    let kept = run(&Server::new("s").tool(tool), "t", json!({})).await;
    assert_eq!(kept.structured().unwrap().to_value(), json!({"x": 1}));
}

async fn resource<A>(handler: impl Handler<A, AsResource>, mime: Option<&str>) -> Value {
    let mut resource = Resource::new("r://a", handler);
    if let Some(mime) = mime {
        resource = resource.mime(mime);
    }
    let wire = Wire::new(Server::new("s").resource(resource));
    let answer = wire
        .send(modern("resources/read", json!({"uri": "r://a"})))
        .await;
    testing::expect_result(&answer)["contents"].clone()
}

#[tokio::test]
async fn resources_are_text_or_bytes_with_a_mime_type() {
    let plain = json!([{"uri": "r://a", "mimeType": "text/plain", "text": "a"}]);
    assert_eq!(resource(|| async { "a" }, None).await, plain);
    assert_eq!(resource(|| async { "a".to_owned() }, None).await, plain);
    assert_eq!(
        resource(|| async { "a" }, Some("text/x")).await[0]["mimeType"],
        "text/x"
    );
    assert_eq!(
        resource(|| async { b"a".to_vec() }, None).await,
        json!([{"uri": "r://a", "mimeType": "application/octet-stream", "blob": "YQ=="}])
    );
    assert_eq!(
        resource(|| async { Json(Point { x: 1 }) }, None).await,
        json!([{"uri": "r://a", "mimeType": "application/json", "text": "{\"x\":1}"}])
    );
    let own = || async { vec![ResourceContents::text("r://b", "b")] };
    assert_eq!(resource(own, None).await[0]["uri"], "r://b");
    let own = || async { ReadResourceResult::new([]) };
    assert_eq!(resource(own, None).await, json!([]));
}

async fn prompt<A>(handler: impl Handler<A, AsPrompt>) -> Value {
    let wire = Wire::new(Server::new("s").prompt(Prompt::new("p", handler)));
    let answer = wire.send(modern("prompts/get", json!({"name": "p"}))).await;
    testing::expect_result(&answer).clone()
}

#[tokio::test]
async fn prompts_are_messages() {
    let one = json!([{"role": "user", "content": text("a")}]);
    assert_eq!(prompt(|| async { "a" }).await["messages"], one);
    assert_eq!(
        prompt(|| async { Content::text("a") }).await["messages"],
        one
    );
    let two = || async { vec!["a".to_owned(), "b".to_owned()] };
    assert_eq!(prompt(two).await["messages"].as_array().unwrap().len(), 2);
    let said = || async { PromptMessage::new(Role::Assistant, Content::text("a")) };
    assert_eq!(prompt(said).await["messages"][0]["role"], "assistant");
    let all = || async { GetPromptResult::new([]).description("d") };
    assert_eq!(prompt(all).await["description"], "d");
    let json = prompt(|| async { Json(Point { x: 1 }) }).await;
    assert_eq!(json["messages"][0]["content"]["text"], "{\"x\":1}");
}
