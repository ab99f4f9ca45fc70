//! The model of the newest revision, 2026-07-28, with what older revisions had besides.
//!
//! What belongs here: every type that stands in `params`, `result`, `error.data` or `_meta`, as it looks
//! on the wire. What does not: the envelope around it, and how the revisions differ. Every struct keeps
//! fields it does not know in `extra`; every word and union has an `Other`; free-form JSON is
//! [`Raw`](crate::Raw). What only some revisions have (`result_type`, `ttl_ms`, `cache_scope`, `_meta`) is
//! an `Option` here, and the revision layer fills or strips it. Start at [`Tool`] and [`CallToolResult`].
//!
//! ```
//! use fmcp_core::protocol::model::{CallToolResult, Content, Tool};
//! use serde_json::json;
//!
//! let tool = Tool::new("add", json!({"type": "object"})).title("Addition");
//! assert_eq!(
//!     serde_json::to_string(&tool).unwrap(),
//!     r#"{"name":"add","title":"Addition","inputSchema":{"type":"object"}}"#,
//! );
//!
//! let result: CallToolResult = serde_json::from_str(
//!     r#"{"content":[{"type":"text","text":"3"},{"type":"hologram","depth":1.10}]}"#,
//! ).unwrap();
//! assert_eq!(result.content[0], Content::text("3"));
//! assert!(matches!(result.content[1], Content::Other(_)));
//! ```

mod annotations;
mod cache;
mod cancellation;
mod capabilities;
mod completion;
mod content;
mod discover;
mod elicitation;
mod error;
mod form;
mod format;
mod id;
mod implementation;
mod input_required;
mod logging;
mod meta;
mod pagination;
mod progress;
mod prompts;
mod resource_contents;
mod resources;
mod result;
mod roots;
mod sampling;
mod subscriptions;
mod tasks;
mod tools;

pub use annotations::{Annotations, Role};
pub use cache::CacheScope;
pub use cancellation::CancelledParams;
pub use capabilities::{
    ClientCapabilities, ElicitationCapability, PromptsCapability, ResourcesCapability,
    RootsCapability, SamplingCapability, ServerCapabilities, ToolsCapability,
};
pub use completion::{
    CompleteParams, CompleteResult, Completion, CompletionArgument, CompletionContext,
    PromptReference, Reference, ResourceReference,
};
pub use content::{
    AudioContent, Content, EmbeddedResource, ImageContent, ResourceLink, TextContent,
    ToolResultContent, ToolUseContent,
};
pub use discover::{DiscoverResult, InitializeParams, InitializeResult};
pub use elicitation::{
    ElicitAction, ElicitFormParams, ElicitMode, ElicitParams, ElicitResult, ElicitUrlParams,
};
pub use error::{
    ErrorObject, MissingClientCapability, UnsupportedProtocolVersion, UrlElicitationRequired,
};
pub use form::{
    BooleanSchema, EnumOption, LegacyTitledSelect, MultiSelect, MultiSelectItems, NumberKind,
    NumberSchema, PrimitiveSchema, RequestedSchema, SingleSelect, StringFormat, StringSchema,
    TitledMultiSelect, TitledMultiSelectItems, TitledSingleSelect,
};
pub use id::{ProgressToken, RequestId};
pub use implementation::{Icon, IconTheme, Implementation};
pub use input_required::{
    CreateMessageRequest, ElicitRequest, InputRequest, InputRequests, InputRequiredResult,
    InputResponses, ListRootsRequest,
};
pub use logging::{LogLevel, LogMessageParams, SetLevelParams, UnknownLogLevel};
pub use meta::Meta;
pub use pagination::PaginatedParams;
pub use progress::ProgressParams;
pub use prompts::{
    GetPromptParams, GetPromptResult, ListPromptsResult, Prompt, PromptArgument, PromptMessage,
};
pub use resource_contents::{BlobResourceContents, ResourceContents, TextResourceContents};
pub use resources::{
    ListResourceTemplatesResult, ListResourcesResult, ReadResourceParams, ReadResourceResult,
    Resource, ResourceTemplate, ResourceUpdatedParams, SubscribeParams,
};
pub use result::{EmptyResult, NotificationParams, RequestParams, ResultType};
pub use roots::{ListRootsParams, ListRootsResult, Root};
pub use sampling::{
    ContextInclusion, CreateMessageParams, CreateMessageResult, ModelHint, ModelPreferences,
    SamplingContent, SamplingMessage, StopReason, ToolChoice, ToolChoiceMode,
};
pub use subscriptions::{AcknowledgedParams, ListenParams, ListenResult, SubscriptionFilter};
pub use tasks::{Task, TaskParams, TaskStatus, TaskTtl, UpdateTaskParams};
pub use tools::{CallToolParams, CallToolResult, ListToolsResult, Tool, ToolAnnotations};
