//! Who says what to whom, in every revision.

use fmcp::{CallOptions, CallToolResult, Client, Kind, Revision, model};
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
