//! What the server offers, as it goes over the wire.

use rmcp::{
    ErrorData,
    model::{
        GetPromptResult, PaginatedRequestParams, Prompt, ReadResourceResult, Resource,
        ResourceTemplate, Tool,
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Pages are small, so that a client must ask for more than one.
const PAGE: usize = 5;

/// One pixel.
pub(crate) const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/// A WAVE file that says nothing.
pub(crate) const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";

/// What the model of the SDK makes of this.
pub(crate) fn read<T: DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value)
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

/// One page, and where the next begins.
pub(crate) fn page<T>(
    mut all: Vec<T>,
    request: Option<PaginatedRequestParams>,
) -> (Vec<T>, Option<String>) {
    let from = request.and_then(|request| request.cursor);
    let from = from.and_then(|from| from.parse().ok()).unwrap_or(0);
    let mut rest = all.split_off(usize::min(from, all.len()));
    let next = (rest.len() > PAGE).then(|| (from + PAGE).to_string());
    rest.truncate(PAGE);
    (rest, next)
}

pub(crate) fn tools(shown: bool) -> Result<Vec<Tool>, ErrorData> {
    let number = json!({"type": "integer"});
    let object = |properties: Value, required: Value| json!({"type": "object", "properties": properties, "required": required});
    let mut tools = vec![
        json!({
            "name": "add",
            "title": "Add",
            "description": "Add two numbers.",
            "inputSchema": object(json!({"a": number, "b": {"type": "integer", "default": 1}}), json!(["a"])),
            "outputSchema": object(json!({"sum": number}), json!(["sum"])),
            "annotations": {"readOnlyHint": true, "idempotentHint": true},
        }),
        json!({
            "name": "double",
            "inputSchema": object(json!({"n": number}), json!(["n"])),
            "outputSchema": object(json!({"result": number}), json!(["result"])),
        }),
        json!({"name": "count", "inputSchema": object(json!({"to": number}), json!(["to"]))}),
    ];
    let plain = [
        "fail",
        "contents",
        "chat",
        "interrupted",
        "hang_up",
        "wait",
        "cancelled",
        "touch",
        "change",
        "die",
        "ask_model",
        "ask_user",
        "ask_roots",
    ];
    for name in plain.into_iter().chain(shown.then_some("shy")) {
        tools.push(json!({"name": name, "inputSchema": {"type": "object"}}));
    }
    read(tools.into())
}

pub(crate) fn resources(shown: bool) -> Result<Vec<Resource>, ErrorData> {
    let mut resources = vec![
        json!({"uri": "notes://daily", "name": "daily", "mimeType": "text/plain"}),
        json!({"uri": "notes://picture", "name": "picture", "mimeType": "image/png"}),
    ];
    resources.extend(shown.then(|| json!({"uri": "notes://shy", "name": "shy"})));
    read(resources.into())
}

pub(crate) fn templates() -> Result<Vec<ResourceTemplate>, ErrorData> {
    read(json!([{"uriTemplate": "notes://by/{author}", "name": "note", "mimeType": "text/plain"}]))
}

pub(crate) fn prompts(shown: bool) -> Result<Vec<Prompt>, ErrorData> {
    let arguments =
        json!([{"name": "name", "required": true}, {"name": "tone", "required": false}]);
    let mut prompts = vec![
        json!({"name": "greet", "title": "Greet", "arguments": arguments}),
        json!({"name": "rules"}),
    ];
    prompts.extend(shown.then(|| json!({"name": "shy"})));
    read(prompts.into())
}

/// What stands at an address.
pub(crate) fn resource(uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let text = |text: String| json!({"uri": uri, "mimeType": "text/plain", "text": text});
    let contents = match uri {
        "notes://daily" => text("bread, salt".to_owned()),
        "notes://picture" => json!({"uri": uri, "mimeType": "image/png", "blob": PNG}),
        _ => match uri.strip_prefix("notes://by/") {
            Some(author @ ("ada" | "alan" | "grace")) => text(format!("a note of {author}")),
            _ => {
                return Err(ErrorData::resource_not_found(
                    format!("{uri} is not there"),
                    None,
                ));
            }
        },
    };
    read(json!({"contents": [contents]}))
}

pub(crate) fn prompt(
    name: &str,
    argument: impl Fn(&str) -> String,
) -> Result<GetPromptResult, ErrorData> {
    let message =
        |role: &str, text: String| json!({"role": role, "content": {"type": "text", "text": text}});
    let messages = match name {
        "greet" => vec![
            message(
                "user",
                format!("Greet {}, {}.", argument("name"), argument("tone")),
            ),
            message("assistant", format!("Hello {}!", argument("name"))),
        ],
        "rules" => vec![message("user", "Be excellent to each other.".to_owned())],
        _ => {
            return Err(ErrorData::invalid_params(
                format!("there is no prompt {name}"),
                None,
            ));
        }
    };
    read(json!({"messages": messages}))
}
