//! What is listed, and in which order.

use fmcp::testing::{self, Wire, expect_result};
use fmcp_conformance::server::everything;
use serde_json::{Value, json};

use crate::door::{REVISIONS, call, result};

async fn listed(revision: fmcp::Revision, kind: &str) -> Vec<Value> {
    let result = result(revision, &format!("{kind}/list"), json!({})).await;
    assert_eq!(result.get("nextCursor"), None, "the suite follows no pages");
    result[kind].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_tool_and_prompt_says_what_it_is() {
    for revision in REVISIONS {
        for tool in listed(revision, "tools").await {
            let name = tool["name"].as_str().unwrap();
            assert!(!tool["description"].as_str().unwrap().is_empty(), "{name}");
            assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
        }
        for prompt in listed(revision, "prompts").await {
            assert!(!prompt["description"].as_str().unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn the_first_tool_can_be_called_with_nothing() {
    for revision in REVISIONS {
        let tools = listed(revision, "tools").await;
        assert_eq!(tools[0]["name"], "test_simple_text");
        assert!(call(revision, "test_simple_text").await["content"].is_array());
    }
}

#[tokio::test]
async fn the_order_is_always_the_same() {
    let wire = Wire::new(everything());
    let mut lists = Vec::new();
    for _ in 0..3 {
        let list = wire.send(testing::modern("tools/list", json!({}))).await;
        lists.push(expect_result(&list)["tools"].clone());
        let change = json!({"name": "test_trigger_tool_change"});
        expect_result(&wire.send(testing::modern("tools/call", change)).await);
    }
    assert!(lists.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn a_schema_that_is_data_is_listed_as_it_was_written() {
    let written = r##"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","$defs":{"address":{"$anchor":"addressDef","type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}}}},"properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},"contactMethod":{"type":"string","enum":["phone","email"]},"phone":{"type":"string"},"email":{"type":"string"}},"allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],"if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},"then":{"required":["phone"]},"else":{"required":["email"]},"additionalProperties":false}"##;
    for revision in REVISIONS {
        let tools = listed(revision, "tools").await;
        let named = |tool: &&Value| tool["name"] == "json_schema_2020_12_tool";
        let tool = tools.iter().find(named).unwrap();
        assert_eq!(tool["inputSchema"].to_string(), written, "{revision}");
    }
}

#[tokio::test]
async fn a_schema_that_is_data_holds() {
    for (arguments, fails) in [
        (json!({"phone": "1", "contactMethod": "phone"}), false),
        (json!({"email": "a@b"}), false),
        (json!({"name": "Ada"}), true),
        (json!({"email": "a@b", "contactMethod": "phone"}), true),
        (json!({"email": "a@b", "more": 1}), true),
    ] {
        let call = json!({"name": "json_schema_2020_12_tool", "arguments": arguments});
        let result = result(fmcp::Revision::NEWEST, "tools/call", call).await;
        assert_eq!(result["isError"] == true, fails, "{arguments}: {result}");
    }
}

#[tokio::test]
async fn an_argument_is_marked_that_goes_into_a_header() {
    let tools = listed(fmcp::Revision::NEWEST, "tools").await;
    let marked: Vec<_> = tools
        .iter()
        .filter(|tool| tool["inputSchema"].to_string().contains("x-mcp-header"))
        .collect();
    assert_eq!(marked.len(), 1);
    assert_eq!(marked[0]["name"], "test_custom_header");
    let value = &marked[0]["inputSchema"]["properties"]["value"];
    assert_eq!(value, &json!({"type": "string", "x-mcp-header": "Value"}));
}
