//! Prompts: messages that a server prepares for a user.

use super::{CacheScope, Content, Icon, InputResponses, Meta, ResultType, Role};
use crate::{
    Named,
    json::{model, setters},
};

model! {
    /// A prompt as it is listed.
    pub struct Prompt new(name: String) {
        /// What it is called by.
        name: String = "name",
        /// What people call it.
        title: Option<String> = "title",
        /// What it is for.
        description: Option<String> = "description",
        /// What it can be filled with.
        arguments: Option<Vec<PromptArgument>> = "arguments",
        /// Pictures of it.
        icons: Option<Vec<Icon>> = "icons",
        /// What the prompt says about itself.
        meta: Option<Meta> = "_meta",
    }

    /// One thing that a prompt can be filled with.
    pub struct PromptArgument new(name: String) {
        /// What programs call it.
        name: String = "name",
        /// What people call it.
        title: Option<String> = "title",
        /// What it means.
        description: Option<String> = "description",
        /// Whether it must be given.
        required: Option<bool> = "required",
    }

    /// One message of a prompt.
    pub struct PromptMessage new(role: Role, content: Content) {
        /// Who says it.
        role: Role = "role",
        /// What is said.
        content: Content = "content",
    }

    /// The parameters of `prompts/get`.
    pub struct GetPromptParams new(name: String) {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
        /// The prompt.
        name: String = "name",
        /// What to fill it with.
        arguments: Option<Named<String>> = "arguments",
        /// The answers to what an earlier round asked.
        input_responses: Option<InputResponses> = "inputResponses",
        /// The state that an earlier round gave, sent back unread.
        request_state: Option<String> = "requestState",
    }

    /// The result of `prompts/get`.
    #[derive(Default)]
    pub struct GetPromptResult new(messages: Vec<PromptMessage>) {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// What the result is.
        result_type: Option<ResultType> = "resultType",
        /// What the prompt is for.
        description: Option<String> = "description",
        /// The messages.
        messages: Vec<PromptMessage> = "messages",
    }

    /// The result of `prompts/list`.
    #[derive(Default)]
    pub struct ListPromptsResult new(prompts: Vec<Prompt>) {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// What the result is.
        result_type: Option<ResultType> = "resultType",
        /// The prompts of this page.
        prompts: Vec<Prompt> = "prompts",
        /// Where the next page begins, if there is one.
        next_cursor: Option<String> = "nextCursor",
        /// For how many milliseconds the result may be kept.
        ttl_ms: Option<u64> = "ttlMs" saturating,
        /// For whom the result may be kept.
        cache_scope: Option<CacheScope> = "cacheScope",
    }
}

setters!(Prompt {
    title: String,
    description: String,
    arguments: Vec<PromptArgument>,
    icons: Vec<Icon>,
    meta: Meta,
});
setters!(PromptArgument {
    title: String,
    description: String,
    required: bool,
});
setters!(GetPromptParams {
    meta: Meta,
    arguments: Named<String>,
    input_responses: InputResponses,
    request_state: String,
});
setters!(GetPromptResult {
    meta: Meta,
    result_type: ResultType,
    description: String,
});
setters!(ListPromptsResult {
    meta: Meta,
    result_type: ResultType,
    next_cursor: String,
    ttl_ms: u64,
    cache_scope: CacheScope,
});

impl PromptMessage {
    /// What the user says.
    #[must_use]
    pub fn user(content: impl Into<Content>) -> Self {
        Self::new(Role::User, content)
    }

    /// What the model says.
    #[must_use]
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::new(Role::Assistant, content)
    }
}
