//! What tools give back.

use serde_json::{Value, json};

use crate::door::{REVISIONS, call};

const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";

async fn check(tool: &str, content: Value) {
    for revision in REVISIONS {
        let result = call(revision, tool).await;
        assert_eq!(result["content"], content, "{tool} in {revision}");
        assert_eq!(result.get("isError"), None, "{tool} in {revision}");
        assert_eq!(result.get("structuredContent"), None, "{tool}");
    }
}

#[tokio::test]
async fn text() {
    let text = "This is a simple text response for testing.";
    check("test_simple_text", json!([{"type": "text", "text": text}])).await;
}

#[tokio::test]
async fn a_picture() {
    let picture = json!([{"type": "image", "data": PNG, "mimeType": "image/png"}]);
    check("test_image_content", picture).await;
}

#[tokio::test]
async fn sound() {
    for revision in REVISIONS {
        let result = call(revision, "test_audio_content").await;
        let content = &result["content"];
        assert_eq!(content.as_array().map(Vec::len), Some(1));
        assert_eq!(content[0]["type"], "audio");
        assert_eq!(content[0]["mimeType"], "audio/wav");
        assert!(content[0]["data"].as_str().unwrap().starts_with("UklGR"));
    }
}

#[tokio::test]
async fn a_resource() {
    let resource = json!({
        "uri": "test://embedded-resource",
        "mimeType": "text/plain",
        "text": "This is an embedded resource content."
    });
    let content = json!([{"type": "resource", "resource": resource}]);
    check("test_embedded_resource", content).await;
}

#[tokio::test]
async fn several_kinds_at_once() {
    let resource = json!({
        "uri": "test://mixed-content-resource",
        "mimeType": "application/json",
        "text": r#"{"test":"data","value":123}"#
    });
    let content = json!([
        {"type": "text", "text": "Multiple content types test:"},
        {"type": "image", "data": PNG, "mimeType": "image/png"},
        {"type": "resource", "resource": resource}
    ]);
    check("test_multiple_content_types", content).await;
}

#[tokio::test]
async fn a_failure() {
    for revision in REVISIONS {
        let result = call(revision, "test_error_handling").await;
        let text = "This tool intentionally returns an error for testing";
        assert_eq!(result["isError"], true, "{revision}");
        assert_eq!(result["content"], json!([{"type": "text", "text": text}]));
    }
}
