//! Tools: what a model can do with a server.

use super::{CacheScope, Content, Icon, InputResponses, Meta, ResultType};
use crate::{
    Raw,
    json::{model, setters},
};

model! {
    /// A tool as it is listed.
    pub struct Tool new(name: String, input_schema: Raw) {
        /// What it is called by.
        name: String = "name",
        /// What people call it.
        title: Option<String> = "title",
        /// What it does, for the model.
        description: Option<String> = "description",
        /// The JSON Schema of its arguments; an object.
        input_schema: Raw = "inputSchema",
        /// The JSON Schema of its structured result.
        output_schema: Option<Raw> = "outputSchema",
        /// Hints on what it does to the world.
        annotations: Option<ToolAnnotations> = "annotations",
        /// Pictures of it.
        icons: Option<Vec<Icon>> = "icons",
        /// What the tool says about itself.
        meta: Option<Meta> = "_meta",
    }

    /// Hints on what a tool does to the world. Only hints: a server may be wrong or lie.
    #[derive(Default)]
    pub struct ToolAnnotations new() {
        /// What people call it; `title` of the tool itself comes first.
        title: Option<String> = "title",
        /// Whether it changes nothing. Without a hint it may.
        read_only_hint: Option<bool> = "readOnlyHint",
        /// Whether it may destroy something. Without a hint it may.
        destructive_hint: Option<bool> = "destructiveHint",
        /// Whether calling it again with the same arguments changes nothing more. Without a hint it may.
        idempotent_hint: Option<bool> = "idempotentHint",
        /// Whether it reaches out into an open world. Without a hint it does.
        open_world_hint: Option<bool> = "openWorldHint",
    }

    /// The parameters of `tools/call`.
    pub struct CallToolParams new(name: String) {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
        /// The tool.
        name: String = "name",
        /// Its arguments, an object.
        arguments: Option<Raw> = "arguments",
        /// The answers to what an earlier round asked.
        input_responses: Option<InputResponses> = "inputResponses",
        /// The state that an earlier round gave, sent back unread.
        request_state: Option<String> = "requestState",
    }

    /// The result of `tools/call`. A tool that fails says so here, so that the model sees it.
    #[derive(Default)]
    pub struct CallToolResult new(content: Vec<Content>) {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// What the result is.
        result_type: Option<ResultType> = "resultType",
        /// The result as blocks.
        content: Vec<Content> = "content",
        /// The result as JSON; `null` is a value.
        structured_content: Option<Raw> = "structuredContent" raw,
        /// Whether the tool failed.
        is_error: Option<bool> = "isError",
    }

    /// The result of `tools/list`.
    #[derive(Default)]
    pub struct ListToolsResult new(tools: Vec<Tool>) {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// What the result is.
        result_type: Option<ResultType> = "resultType",
        /// The tools of this page.
        tools: Vec<Tool> = "tools",
        /// Where the next page begins, if there is one.
        next_cursor: Option<String> = "nextCursor",
        /// For how many milliseconds the result may be kept.
        ttl_ms: Option<u64> = "ttlMs" saturating,
        /// For whom the result may be kept.
        cache_scope: Option<CacheScope> = "cacheScope",
    }
}

setters!(Tool {
    title: String,
    description: String,
    output_schema: Raw,
    annotations: ToolAnnotations,
    icons: Vec<Icon>,
    meta: Meta,
});
setters!(ToolAnnotations {
    title: String,
    read_only_hint: bool,
    destructive_hint: bool,
    idempotent_hint: bool,
    open_world_hint: bool,
});
setters!(CallToolParams {
    meta: Meta,
    arguments: Raw,
    input_responses: InputResponses,
    request_state: String,
});
setters!(CallToolResult {
    meta: Meta,
    result_type: ResultType,
    structured_content: Raw,
    is_error: bool,
});
setters!(ListToolsResult {
    meta: Meta,
    result_type: ResultType,
    next_cursor: String,
    ttl_ms: u64,
    cache_scope: CacheScope,
});

impl CallToolResult {
    /// One block of text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::new([Content::text(text)])
    }

    /// A failure of the tool, told in words.
    #[must_use]
    pub fn error(text: impl Into<String>) -> Self {
        Self::text(text).is_error(true)
    }

    /// JSON, and the same as a block of text for clients that only read those.
    #[must_use]
    pub fn structured(value: impl Into<Raw>) -> Self {
        let value = value.into();
        Self::text(value.as_str()).structured_content(value)
    }
}
