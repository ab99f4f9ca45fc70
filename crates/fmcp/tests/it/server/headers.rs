//! Arguments that HTTP clients repeat in headers.

use std::sync::Arc;

use fmcp::{
    Call, Context, Endpoint, Error, Kind, Method, Middleware, Next, Reply, Revision, Server, Tool,
    ToolError, testing, tool,
};
use http::HeaderMap;
use serde_json::json;

use super::*;

/// Runs a query.
#[tool]
async fn query(
    #[arg(header = "Region")] region: String,
    #[arg(header = "Shard")] shard: Option<i64>,
    #[arg(header = "Dry-Run", default = false)] dry: bool,
) -> String {
    format!("{region} {shard:?} {dry}")
}

fn server() -> Server {
    Server::new("s").tool(query::tool())
}

fn headers(pairs: &[(&'static str, &str)]) -> Arc<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    Arc::new(headers)
}

fn over_http(tool: &str, arguments: &Value, given: &[(&'static str, &str)]) -> Call {
    Call::of(
        Method::CallTool,
        &json!({"name": tool, "arguments": arguments}),
    )
    .unwrap()
    .with_headers(headers(given))
}

async fn text(server: &Server, call: Call) -> Result<String, Error> {
    let result = server.call(call).await?.into_tool()?;
    Ok(result.content[0].as_text().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn arguments_that_their_headers_repeat_are_taken() {
    let server = server();
    for (arguments, given, said) in [
        (
            json!({"region": "eu", "shard": 42, "dry": true}),
            &[
                ("mcp-param-region", "eu"),
                ("Mcp-Param-Shard", "42.0"),
                ("mcp-param-dry-run", "true"),
            ][..],
            "eu Some(42) true",
        ),
        (
            json!({"region": "世界", "shard": null}),
            &[("mcp-param-region", "=?base64?5LiW55WM?=")],
            "世界 None false",
        ),
        (
            json!({"region": "eu", "shard": "7"}),
            &[
                ("mcp-param-region", "eu"),
                ("mcp-param-shard", "7"),
                ("mcp-param-unknown", "not ours"),
            ],
            "eu Some(7) false",
        ),
    ] {
        let answer = text(&server, over_http("query", &arguments, given)).await;
        assert_eq!(answer.unwrap(), said, "{arguments}");
    }
}

#[tokio::test]
async fn arguments_that_their_headers_contradict_never_reach_the_handler() {
    let server = server();
    let region = ("mcp-param-region", "eu");
    for (arguments, given, words) in [
        (json!({"region": "eu"}), &[][..], "Region is missing"),
        (
            json!({"region": "eu"}),
            &[("mcp-param-region", "us")],
            "Region does not match its argument",
        ),
        (
            json!({"region": "eu"}),
            &[region, region],
            "Region is given more than once",
        ),
        (
            json!({"region": "eu", "shard": 1}),
            &[region],
            "Shard is missing",
        ),
        (
            json!({"region": "eu", "shard": null}),
            &[region, ("mcp-param-shard", "1")],
            "Shard is given, though its argument is not",
        ),
        (
            json!({"region": "eu"}),
            &[region, ("mcp-param-dry-run", "false")],
            "Dry-Run is given, though its argument is not",
        ),
        (
            json!({"region": "eu"}),
            &[("mcp-param-region", "=?base64?ZXU?=")],
            "Region is not valid base64",
        ),
    ] {
        let error = text(&server, over_http("query", &arguments, given))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), Kind::HeaderMismatch);
        assert_eq!(error.code(), -32020);
        let said = error.message();
        assert!(
            said.starts_with(&format!("Header mismatch: Mcp-Param-{words}")),
            "{arguments} {given:?}: {said}"
        );
    }
}

#[tokio::test]
async fn the_headers_names_stand_in_the_schema() {
    let client = testing::connect(&server()).await;
    let tools = client.list_tools().await.unwrap();
    let schema = tools[0].input_schema.to_value();
    assert_eq!(schema["properties"]["region"]["x-mcp-header"], "Region");
    assert_eq!(schema["properties"]["shard"]["x-mcp-header"], "Shard");
}

#[tokio::test]
async fn callers_without_headers_need_none() {
    let result = run(&server(), "query", json!({"region": "eu"})).await;
    assert_eq!(result.text(), "eu None false");
}

/// Gives every call headers, as if it had come over HTTP.
struct OverHttp(Arc<HeaderMap>);

impl Middleware for OverHttp {
    async fn handle(&self, call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
        next.run(call.with_headers(Arc::clone(&self.0))).await
    }
}

#[tokio::test]
async fn sessions_know_nothing_of_such_headers() {
    let server = server().layer(OverHttp(headers(&[("mcp-param-region", "us")])));
    for revision in Revision::ALL {
        let client = testing::connect_at(&server, revision).await;
        let answer = client.call("query", json!({"region": "eu"})).await;
        match answer {
            Ok(result) => assert!(revision != Revision::NEWEST, "{}", result.text()),
            Err(error) => assert!(
                revision == Revision::NEWEST && error.kind() == Kind::HeaderMismatch,
                "{error}"
            ),
        }
    }
}

/// Puts every call into one region.
struct Pin;

impl Middleware for Pin {
    async fn handle(&self, mut call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
        call.set_arguments(json!({"region": "pinned"}))?;
        call.set_arguments(json!({"region": "pinned", "dry": true}))?;
        next.run(call).await
    }
}

#[tokio::test]
async fn headers_repeat_what_the_caller_said_and_not_what_middleware_made_of_it() {
    let server = server().layer(Pin);
    let eu = json!({"region": "eu"});
    let answer = text(
        &server,
        over_http("query", &eu, &[("mcp-param-region", "eu")]),
    );
    assert_eq!(answer.await.unwrap(), "pinned None true");
    let answer = text(
        &server,
        over_http("query", &eu, &[("mcp-param-region", "pinned")]),
    );
    assert_eq!(answer.await.unwrap_err().kind(), Kind::HeaderMismatch);
}

#[tokio::test]
async fn calls_within_calls_have_the_headers_of_another() {
    let server = server().tool(Tool::new("outer", |ctx: Context| async move {
        let inner = ctx.call_tool("query", json!({"region": "eu"})).await?;
        Ok::<_, ToolError>(inner.content)
    }));
    let call = over_http("outer", &json!({}), &[("mcp-param-region", "us")]);
    assert_eq!(text(&server, call).await.unwrap(), "eu None false");
}

#[test]
fn tools_that_clients_would_leave_out_are_refused() {
    let schema = json!({"type": "object", "properties": {
        "rate": {"type": "number", "x-mcp-header": "Rate"},
        "list": {"type": "array", "items": {"type": "string", "x-mcp-header": "Item"}},
    }});
    let tool = Tool::dynamic("bad", schema, |_: Value, _: Context| async {});
    let said = refusal(&Server::new("s").tool(tool));
    for words in [
        "tool \"bad\"",
        "x-mcp-header of `rate` stands at a property of the type \"number\"",
        "x-mcp-header \"Item\" stands where no chain of `properties` leads",
    ] {
        assert!(said.contains(words), "{said}");
    }
}
