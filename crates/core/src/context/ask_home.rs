//! Calls to components of the same server, on the path that every call takes.

use serde::Serialize;
use serde_json::json;

use super::Context;
use crate::{
    Error, Reply, Result,
    protocol::{
        Method,
        model::{
            CallToolResult, GetPromptResult, Prompt, ReadResourceResult, Resource,
            ResourceTemplate, Tool,
        },
    },
};

/// How many pages of a list are asked for before something must be wrong.
const MAX_PAGES: usize = 10_000;

impl Context {
    /// Runs a tool of the same server.
    ///
    /// # Errors
    /// When there is no such tool, or the call cannot be made.
    pub async fn call_tool<A: Serialize>(
        &self,
        name: &str,
        arguments: A,
    ) -> Result<CallToolResult> {
        self.ask(
            Method::CallTool,
            &json!({"name": name, "arguments": to_json(arguments)?}),
        )
        .await?
        .into_tool()
    }

    /// Reads a resource of the same server.
    ///
    /// # Errors
    /// When there is no such resource, or it cannot be read.
    pub async fn read_resource(&self, uri: &str) -> Result<ReadResourceResult> {
        self.ask(Method::ReadResource, &json!({"uri": uri}))
            .await?
            .into_resource()
    }

    /// Fills in a prompt of the same server.
    ///
    /// # Errors
    /// When there is no such prompt, or it cannot be filled in.
    pub async fn get_prompt<A: Serialize>(
        &self,
        name: &str,
        arguments: A,
    ) -> Result<GetPromptResult> {
        self.ask(
            Method::GetPrompt,
            &json!({"name": name, "arguments": to_json(arguments)?}),
        )
        .await?
        .into_prompt()
    }

    /// Makes any call to the same server, on behalf of the call that is running.
    ///
    /// # Errors
    /// When the call cannot be made or is answered with an error.
    pub async fn ask<P: Serialize + ?Sized>(&self, method: Method, params: &P) -> Result<Reply> {
        let home = self
            .call()
            .home()
            .and_then(|home| home.endpoint())
            .ok_or_else(|| Error::internal("this call is not answered by a server"))?;
        home.call(self.call().derive(method, params)?).await
    }
}

fn to_json<A: Serialize>(arguments: A) -> Result<serde_json::Value> {
    serde_json::to_value(arguments)
        .map_err(|e| Error::invalid_params("the arguments cannot be written").caused_by(e))
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident: $method:ident, $into:ident, $field:ident: $ty:ty;)*) => {
        impl Context { $(
            $(#[$doc])*
            ///
            /// # Errors
            /// When the server cannot list them.
            pub async fn $name(&self) -> Result<Vec<$ty>> {
                let (mut all, mut cursor) = (Vec::new(), None::<String>);
                for _ in 0..MAX_PAGES {
                    let params = cursor.as_ref().map_or_else(|| json!({}), |cursor| json!({"cursor": cursor}));
                    let page = self.ask(Method::$method, &params).await?.$into()?;
                    all.extend(page.$field);
                    match page.next_cursor {
                        Some(next) if cursor.as_ref() != Some(&next) => cursor = Some(next),
                        _ => return Ok(all),
                    }
                }
                Err(Error::internal("the list has no end"))
            }
        )* }
    };
}

lists! {
    /// The tools of the same server that the caller may see.
    list_tools: ListTools, into_tools, tools: Tool;
    /// The resources of the same server that the caller may see.
    list_resources: ListResources, into_resources, resources: Resource;
    /// The templates of the same server that the caller may see.
    list_templates: ListTemplates, into_templates, resource_templates: ResourceTemplate;
    /// The prompts of the same server that the caller may see.
    list_prompts: ListPrompts, into_prompts, prompts: Prompt;
}
