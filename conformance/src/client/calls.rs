//! What is asked of the server.

use anyhow::{Context as _, Result};
use fmcp::Client;
use serde_json::{Map, Value, json};

use super::{Scenario, skills};

/// Makes the calls that the scenario is there to see: first the list of tools, as any client would.
pub(super) async fn make(scenario: &Scenario, client: &Client) -> Result<()> {
    let tools = client.list_tools().await?;
    let has = |name: &str| tools.iter().any(|tool| tool.name == name);
    match scenario.name.as_str() {
        "tools_call" => call(client, "add_numbers", json!({"a": 2, "b": 3})).await,
        "elicitation-sep1034-client-defaults" => {
            call(client, "test_client_elicitation_defaults", json!({})).await
        }
        "sse-retry" => call(client, "test_reconnection", json!({})).await,
        "json-schema-2020-12-preservation" => {
            let tool = tools
                .iter()
                .find(|tool| tool.name == "json_schema_2020_12_tool");
            let schema = &tool
                .context("the tool with the schema is missing")?
                .input_schema;
            call(client, "json_schema_echo", json!({"schema": schema})).await
        }
        "sep-2322-client-request-state" => {
            for tool in [
                "test_mrtr_echo_state",
                "test_mrtr_no_state",
                "test_mrtr_unrelated",
                "test_mrtr_no_result_type",
            ] {
                call(client, tool, json!({})).await?;
            }
            Ok(())
        }
        "http-standard-headers" => standard_headers(client).await,
        "http-custom-headers" => given(scenario, client).await,
        "http-invalid-tool-headers" => {
            call(client, "valid_tool", json!({"region": "us-west1"})).await
        }
        "sep-2640-client-no-prefetch" => skills::list(client).await,
        name if name.starts_with("sep-2640-client-verify-") => skills::load(client).await,
        name if name.starts_with("auth/") && has("test-tool") => {
            call(client, "test-tool", json!({})).await
        }
        _ => Ok(()),
    }
}

/// One call of each kind that has a name in its headers.
async fn standard_headers(client: &Client) -> Result<()> {
    for tool in ["test_headers", "my-hyphenated-tool"] {
        call(client, tool, json!({})).await?;
    }
    for resource in client.list_resources().await? {
        client.read(&resource.uri).await?;
    }
    for prompt in client.list_prompts().await? {
        client.prompt(&prompt.name, json!({})).await?;
    }
    Ok(())
}

/// The calls that the scenario gives.
async fn given(scenario: &Scenario, client: &Client) -> Result<()> {
    let calls = scenario.context["toolCalls"].as_array();
    for given in calls.context("the scenario gives no calls")? {
        let name = given["name"].as_str().context("a call without a name")?;
        let arguments = given["arguments"]
            .as_object()
            .map_or_else(Map::new, Map::clone);
        call(client, name, Value::from(arguments)).await?;
    }
    Ok(())
}

async fn call(client: &Client, tool: &str, arguments: Value) -> Result<()> {
    client.call(tool, arguments).await?;
    Ok(())
}
