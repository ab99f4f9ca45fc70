//! Tools that are about what stands in their schemas.

use fmcp::{Context, Server, Tool, tool};
use serde_json::{Value, json};

pub(super) fn add(server: Server) -> Server {
    server
        .tool(test_custom_header::tool())
        .tool(json_schema_2020_12_tool())
}

/// Take an argument that clients mirror into a header of the request.
#[tool(read_only)]
async fn test_custom_header(#[arg(header = "Value")] value: String) -> String {
    format!("The value is {value:?}.")
}

/// A tool whose schema is data. It is listed as it is written here, and checked before the handler runs.
fn json_schema_2020_12_tool() -> Tool {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}}
            }
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"}
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {
            "properties": {"contactMethod": {"const": "phone"}},
            "required": ["contactMethod"]
        },
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false
    });
    let echo =
        |arguments: Value, _: Context| async move { format!("It was called with {arguments}.") };
    Tool::dynamic("json_schema_2020_12_tool", schema, echo)
        .description("Take what a schema with references, compositions and conditions allows.")
        .read_only(true)
}
