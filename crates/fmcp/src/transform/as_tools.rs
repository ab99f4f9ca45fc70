//! Prompts and resources for clients that know only tools.

use fmcp_core::{
    Context, Error,
    protocol::model::{GetPromptResult, ReadResourceResult},
};
use serde_json::{Value, json};

use crate::{Json, Tool};

/// Tools that list a server's prompts and fill them in: `list_prompts`, `get_prompt`. What the caller may not see is not
/// in them, since they ask the server as the caller would.
///
/// ```
/// use fmcp::{Server, transform::prompts_as_tools};
///
/// let server = prompts_as_tools().into_iter().fold(Server::new("s"), Server::tool);
/// ```
#[must_use]
pub fn prompts_as_tools() -> [Tool; 2] {
    let list = Tool::dynamic(
        "list_prompts",
        nothing(),
        |_: Value, ctx: Context| async move {
            let prompts = ctx.list_prompts().await?;
            Ok::<_, Error>(Json(json!({"prompts": prompts})))
        },
    );
    let get = Tool::dynamic(
        "get_prompt",
        json!({"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string", "description": "The prompt's name, as list_prompts says it"},
            "arguments": {"type": "object", "description": "Its arguments"},
        }}),
        |given: Value, ctx: Context| async move {
            let name = given["name"].as_str().unwrap_or_default();
            let arguments = given.get("arguments").cloned().unwrap_or_else(|| json!({}));
            let prompt: GetPromptResult = ctx.get_prompt(name, arguments).await?;
            Ok::<_, Error>(Json(
                json!({"description": prompt.description, "messages": prompt.messages}),
            ))
        },
    );
    [
        list.description("List the prompts that there are")
            .read_only(true),
        get.description("Fill in a prompt").read_only(true),
    ]
}

/// Tools that list a server's resources and read them: `list_resources`, `read_resource`. What the caller may not see is
/// not in them, since they ask the server as the caller would.
///
/// ```
/// use fmcp::{Server, transform::resources_as_tools};
///
/// let server = resources_as_tools().into_iter().fold(Server::new("s"), Server::tool);
/// ```
#[must_use]
pub fn resources_as_tools() -> [Tool; 2] {
    let list = Tool::dynamic(
        "list_resources",
        nothing(),
        |_: Value, ctx: Context| async move {
            let (resources, templates) = (ctx.list_resources().await?, ctx.list_templates().await?);
            Ok::<_, Error>(Json(
                json!({"resources": resources, "resourceTemplates": templates}),
            ))
        },
    );
    let read = Tool::dynamic(
        "read_resource",
        json!({"type": "object", "required": ["uri"], "properties": {
            "uri": {"type": "string", "description": "Its URI, or one that a template fits"},
        }}),
        |given: Value, ctx: Context| async move {
            let uri = given["uri"].as_str().unwrap_or_default();
            let read: ReadResourceResult = ctx.read_resource(uri).await?;
            Ok::<_, Error>(Json(json!({"contents": read.contents})))
        },
    );
    [
        list.description("List the resources that there are")
            .read_only(true),
        read.description("Read a resource").read_only(true),
    ]
}

fn nothing() -> Value {
    json!({"type": "object", "properties": {}})
}
