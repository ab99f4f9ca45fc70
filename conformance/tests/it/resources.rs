//! Resources, listed or not.

use fmcp::{Revision, testing::expect_rpc_error};
use serde_json::{Value, json};

use crate::door::{REVISIONS, answer, result};

async fn check(uri: &str, contents: Value) {
    for revision in REVISIONS {
        let result = result(revision, "resources/read", json!({"uri": uri})).await;
        assert_eq!(result["contents"], json!([contents]), "{uri} in {revision}");
    }
}

#[tokio::test]
async fn text_and_bytes_are_read() {
    let text = "This is the content of the static text resource.";
    let uri = "test://static-text";
    check(
        uri,
        json!({"uri": uri, "mimeType": "text/plain", "text": text}),
    )
    .await;
    let read = result(
        Revision::NEWEST,
        "resources/read",
        json!({"uri": "test://static-binary"}),
    );
    let bytes = &read.await["contents"][0];
    assert_eq!(bytes["mimeType"], "image/png");
    assert!(bytes["blob"].as_str().unwrap().starts_with("iVBORw0KGgo"));
}

#[tokio::test]
async fn a_template_is_filled_in() {
    let uri = "test://template/123/data";
    let text = r#"{"id":"123","templateTest":true,"data":"Data for ID: 123"}"#;
    let contents = json!({"uri": uri, "mimeType": "application/json", "text": text});
    check(uri, contents).await;
}

#[tokio::test]
async fn resources_are_listed_apart_from_templates() {
    for revision in REVISIONS {
        let list = result(revision, "resources/list", json!({})).await;
        let resources = list["resources"].as_array().unwrap();
        assert!(resources.iter().all(|resource| resource["uri"].is_string()));
        assert_eq!(resources[0]["uri"], "test://static-text");
        let list = result(revision, "resources/templates/list", json!({})).await;
        let template = &list["resourceTemplates"][0]["uriTemplate"];
        assert_eq!(template, "test://template/{id}/data");
    }
}

#[tokio::test]
async fn sessions_follow_a_resource() {
    let uri = json!({"uri": "test://watched-resource"});
    for revision in [Revision::V2025_06_18, Revision::V2025_11_25] {
        for method in ["resources/subscribe", "resources/unsubscribe"] {
            assert_eq!(result(revision, method, uri.clone()).await, json!({}));
        }
    }
}

#[tokio::test]
async fn what_does_not_exist_is_an_error_that_names_it() {
    let uri = "test://nonexistent-resource-for-conformance-testing";
    let answer = answer(Revision::NEWEST, "resources/read", json!({"uri": uri})).await;
    assert_eq!(expect_rpc_error(&answer, -32602)["data"]["uri"], uri);
}
