//! Results held against the schemas of tools that the client has listed.

use std::sync::Arc;

use fmcp::{
    BoxFuture, Call, CallOptions, Client, ClientError, Endpoint, Kind, Method, Reply,
    model::{self, CallToolResult},
};
use serde_json::{Value, json};

/// A server with one tool, which gives what it does not promise.
struct Liar {
    schema: Value,
    gives: CallToolResult,
}

impl Endpoint for Liar {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        let tool = model::Tool::new("t", json!({"type": "object"}));
        let reply: Reply = match call.method() {
            Method::Discover => {
                let versions = ["2026-07-28".to_owned()];
                model::DiscoverResult::new(versions, model::ServerCapabilities::new()).into()
            }
            Method::ListTools => {
                let tool = tool.output_schema(self.schema.clone());
                model::ListToolsResult::new([tool]).into()
            }
            _ => self.gives.clone().into(),
        };
        Box::pin(std::future::ready(Ok(reply)))
    }
}

async fn liar(schema: Value, gives: CallToolResult) -> Client {
    let liar = Arc::new(Liar { schema, gives }) as Arc<dyn Endpoint>;
    Client::connect(liar).await.unwrap()
}

fn schema() -> Value {
    json!({"type": "object", "properties": {"list": {"items": {"type": "integer"}}}})
}

fn wrong() -> CallToolResult {
    CallToolResult::structured(json!({"list": [1, "two"]}))
}

#[tokio::test]
async fn a_result_that_breaks_the_promise_is_an_error_with_all_of_it() {
    let client = liar(schema(), wrong()).await;
    client.call("t", ()).await.unwrap();
    client.list_tools().await.unwrap();
    let error = client.call("t", ()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tool \"t\" did not give what its output schema promises: \
         list[1]: expected an integer, got a string \"two\""
    );
    assert!(matches!(error, ClientError::Output { .. }));
    assert_eq!((error.kind(), error.what()), (Kind::Internal, "t"));
    let given = error.tool_result().unwrap();
    assert_eq!(
        given.structured().unwrap().to_value(),
        json!({"list": [1, "two"]})
    );
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let client = liar(schema(), wrong()).await;
    client.list_tools().await.unwrap();
    let options = CallOptions::new().check_output(false);
    client.call_with("t", (), options).await.unwrap();
    let liar = Liar {
        schema: schema(),
        gives: wrong(),
    };
    let client = Client::builder(Arc::new(liar) as Arc<dyn Endpoint>)
        .check_output(false)
        .connect()
        .await
        .unwrap();
    client.list_tools().await.unwrap();
    client.call("t", ()).await.unwrap();
    let options = CallOptions::new().check_output(true);
    client.call_with("t", (), options).await.unwrap_err();
}

#[tokio::test]
async fn failures_need_not_keep_the_promise_and_silence_breaks_it() {
    let failed = CallToolResult::text("no").is_error(true);
    let client = liar(schema(), failed).await;
    client.list_tools().await.unwrap();
    let error = client.call("t", ()).await.unwrap_err();
    assert!(matches!(error, ClientError::Tool { .. }));
    let options = CallOptions::new().tool_errors_as_results();
    assert!(client.call_with("t", (), options).await.unwrap().is_error());
    let client = liar(schema(), CallToolResult::text("{}")).await;
    client.list_tools().await.unwrap();
    let error = client.call("t", ()).await.unwrap_err();
    assert!(error.to_string().contains("gave none"), "{error}");
}

#[tokio::test]
async fn nothing_is_fetched_for_a_schema_and_one_that_cannot_be_used_does_no_harm() {
    let canary = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = canary.local_addr().unwrap();
    let schema = json!({"$ref": format!("http://{at}/canary/profile-schema.json")});
    let client = liar(schema, wrong()).await;
    client.list_tools().await.unwrap();
    client.call("t", ()).await.unwrap();
    tokio::select! {
        biased;
        visit = canary.accept() => panic!("somebody came: {visit:?}"),
        () = std::future::ready(()) => {}
    }
}
