//! Who says what to whom, in every revision.

use fmcp::{CallOptions, CallToolResult, Client, Kind, Revision, TraceContext, model};
use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn the_server_says_who_it_is() {
    let client = connect().await;
    assert_eq!(client.server_info().unwrap().version, "1.2.3");
    assert_eq!(client.instructions(), Some("Ask for a point."));
    assert!(client.capabilities().tools.is_some());
    client.ping().await.unwrap();
    let about = client.discover().await.unwrap();
    assert!(about.supported_versions.contains(&"2026-07-28".to_owned()));
}

#[tokio::test]
async fn the_client_says_who_it_is_and_what_it_can() {
    let capabilities = model::ClientCapabilities::new().sampling(model::SamplingCapability::new());
    let client = Client::builder(server())
        .client_info("robot", "9")
        .capabilities(capabilities)
        .connect()
        .await
        .unwrap();
    let options = CallOptions::new().meta("trace", json!("t-1"));
    let who: Value = client
        .call_with("who", (), options)
        .await
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(who["client"], "robot");
    assert_eq!(who["revision"], "2026-07-28");
    assert_eq!(who["session"], Value::Null);
    assert_eq!(who["sampling"], true);
    assert_eq!(who["meta"], "t-1");
    assert_eq!(who["id"], "1");
}

#[tokio::test]
async fn legacy_revisions_have_a_session_and_are_told_what_they_can_understand() {
    for revision in Revision::ALL
        .into_iter()
        .filter(|revision| *revision < Revision::NEWEST)
    {
        let client = Client::builder(server())
            .revision(revision)
            .connect()
            .await
            .unwrap();
        assert_eq!(client.revision(), revision);
        assert_eq!(client.server_info().unwrap().name, "shapes");
        assert_eq!(client.instructions(), Some("Ask for a point."));
        assert_eq!(
            client.discover().await.unwrap().supported_versions,
            [revision.as_str()]
        );
        client.ping().await.unwrap();

        let result = client.call("who", ()).await.unwrap();
        let who: Value = result.parse().unwrap();
        assert_eq!(who["session"], revision.as_str());
        assert_eq!(who["client"], "fmcp");
        assert!(result.raw().result_type.is_none(), "{revision}");
        let structured = revision >= Revision::V2025_06_18;
        assert_eq!(result.structured().is_some(), structured, "{revision}");
        let tools = client.list_tools().await.unwrap();
        let point = tools.iter().find(|tool| tool.name == "point").unwrap();
        assert_eq!(point.output_schema.is_some(), structured, "{revision}");
        assert_eq!(
            client
                .call("points", ())
                .await
                .unwrap()
                .parse::<Vec<Point>>()
                .unwrap()
                .len(),
            1
        );
        let error = client.read("text://b").await.unwrap_err();
        assert_eq!(error.kind(), Kind::NotFound, "{revision}");
        let seen = Seen::default();
        let options = CallOptions::new().on_progress(push(&seen));
        let told = Client::builder(teller())
            .revision(revision)
            .connect()
            .await
            .unwrap();
        told.call_with("tell", (), options).await.unwrap();
        let worded = seen.lock().unwrap()[0].message.is_some();
        assert_eq!(worded, revision > Revision::V2024_11_05, "{revision}");
    }
}

#[tokio::test]
async fn results_carry_what_the_wire_would_carry() {
    let client = connect().await;
    let result = client.call("flag", ()).await.unwrap();
    assert_eq!(result.raw().result_type, Some(model::ResultType::Complete));
    let raw: CallToolResult = result.into_raw();
    assert_eq!(
        raw.structured_content.unwrap().to_value(),
        json!({"result": true})
    );
}

#[tokio::test]
async fn the_trace_of_a_call_goes_with_it() {
    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
    const OTHER: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b8-01";
    let server = || {
        Server::new("s").tool(Tool::new("trace", |ctx: Context| async move {
            let meta = ctx.call().meta();
            let said = |key| meta.get(key).map(Raw::to_value);
            let headers = ctx.call().headers().cloned().unwrap_or_default();
            let header = |key| Some(headers.get(key)?.to_str().unwrap().to_owned());
            json!([
                said("traceparent"),
                said("baggage"),
                header("traceparent"),
                header("baggage")
            ])
        }))
    };
    for revision in [Revision::NEWEST_LEGACY, Revision::NEWEST] {
        let trace = TraceContext::new(PARENT).unwrap().baggage("k=v");
        let builder = Client::builder(server()).revision(revision);
        let client = builder
            .trace(move || Some(trace.clone()))
            .connect()
            .await
            .unwrap();
        let mut said: Value = client.call("trace", ()).await.unwrap().parse().unwrap();
        let mut expect = json!([PARENT, "k=v", PARENT, "k=v"]);
        let options = CallOptions::new().trace(TraceContext::new(OTHER).unwrap());
        let own = client.call_with("trace", (), options).await.unwrap();
        let mut own: Value = own.parse().unwrap();
        let mut expect_own = json!([OTHER, null, OTHER, null]);
        if revision == Revision::NEWEST_LEGACY {
            // A session in memory has no headers.
            for list in [&mut said, &mut expect, &mut own, &mut expect_own] {
                list.as_array_mut().unwrap().truncate(2);
            }
        }
        assert_eq!((said, own), (expect, expect_own), "{revision}");
    }
}
