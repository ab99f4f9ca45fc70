//! Prompts, and the completion of their arguments.

use serde_json::{Value, json};

use crate::door::{REVISIONS, result};

async fn messages(revision: fmcp::Revision, name: &str, arguments: Value) -> Value {
    let params = json!({"name": name, "arguments": arguments});
    result(revision, "prompts/get", params).await["messages"].clone()
}

fn user(text: &str) -> Value {
    json!({"role": "user", "content": {"type": "text", "text": text}})
}

#[tokio::test]
async fn plain_and_with_arguments() {
    for revision in REVISIONS {
        let plain = messages(revision, "test_simple_prompt", json!({})).await;
        assert_eq!(plain, json!([user("This is a simple prompt for testing.")]));
        let arguments = json!({"arg1": "hello", "arg2": "world"});
        let filled = messages(revision, "test_prompt_with_arguments", arguments).await;
        let text = "Prompt with arguments: arg1='hello', arg2='world'";
        assert_eq!(filled, json!([user(text)]));
    }
}

#[tokio::test]
async fn with_a_resource() {
    let uri = "test://example-resource";
    let resource = json!({
        "uri": uri,
        "mimeType": "text/plain",
        "text": "Embedded resource content for testing."
    });
    let expect = json!([
        {"role": "user", "content": {"type": "resource", "resource": resource}},
        user("Please process the embedded resource above."),
    ]);
    let name = "test_prompt_with_embedded_resource";
    for revision in REVISIONS {
        let got = messages(revision, name, json!({"resourceUri": uri})).await;
        assert_eq!(got, expect, "{revision}");
    }
}

#[tokio::test]
async fn with_a_picture() {
    for revision in REVISIONS {
        let got = messages(revision, "test_prompt_with_image", json!({})).await;
        assert_eq!(got[0]["content"]["type"], "image");
        assert_eq!(got[0]["content"]["mimeType"], "image/png");
        assert_eq!(got[1], user("Please analyze the image above."));
    }
}

#[tokio::test]
async fn an_argument_completes() {
    let params = json!({
        "ref": {"type": "ref/prompt", "name": "test_prompt_with_arguments"},
        "argument": {"name": "arg1", "value": "test"}
    });
    for revision in REVISIONS {
        let got = result(revision, "completion/complete", params.clone()).await;
        let values = json!(["test value 1", "test value 2"]);
        assert_eq!(got["completion"]["values"], values, "{revision}");
    }
}
