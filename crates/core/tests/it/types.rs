//! Which type of the model stands for which name of the official schema.

use fmcp_core::{Extra, Raw, protocol::model::*};
use serde::{Serialize, de::DeserializeOwned};

type Outcome = Result<String, serde_json::Error>;

/// Reads a text as a type and writes it again.
pub(crate) type RoundTrip = fn(&str) -> Outcome;

/// Names of the official schema that are no type of their own in the model: bases that the types
/// repeat, unions of whole messages, and plain JSON.
pub(crate) const NOT_MODELLED: &[&str] = &[
    "BaseMetadata",
    "CacheableResult",
    "ClientNotification",
    "ClientRequest",
    "ClientResult",
    "EnumSchema",
    "Icons",
    "InputResponseRequestParams",
    "JSONArray",
    "JSONObject",
    "JSONRPCMessage",
    "JSONRPCNotification",
    "JSONRPCRequest",
    "JSONRPCResponse",
    "JSONRPCResultResponse",
    "JSONValue",
    "MultiSelectEnumSchema",
    "Notification",
    "PaginatedRequest",
    "PaginatedResult",
    "Request",
    "Result",
    "ServerNotification",
    "ServerRequest",
    "ServerResult",
    "SingleSelectEnumSchema",
];

/// The types by the name of the official schema; those that only older revisions have come last.
#[rustfmt::skip]
pub(crate) const TYPES: &[(&str, RoundTrip)] = &[
    // Words, names and what stands inside other things.
    ("Annotations", plain::<Annotations>),
    ("Cursor", plain::<String>),
    ("Icon", plain::<Icon>),
    ("Implementation", plain::<Implementation>),
    ("LoggingLevel", plain::<LogLevel>),
    ("MetaObject", plain::<Meta>),
    ("NotificationMetaObject", plain::<Meta>),
    ("ProgressToken", plain::<ProgressToken>),
    ("RequestId", plain::<RequestId>),
    ("RequestMetaObject", plain::<Meta>),
    ("ResultMetaObject", plain::<Meta>),
    ("ResultType", plain::<ResultType>),
    ("Role", plain::<Role>),
    ("SubscriptionsListenResultMetaObject", plain::<Meta>),
    // Content.
    ("AudioContent", both::<AudioContent, Content>),
    ("BlobResourceContents", both::<BlobResourceContents, ResourceContents>),
    ("ContentBlock", plain::<Content>),
    ("EmbeddedResource", both::<EmbeddedResource, Content>),
    ("ImageContent", both::<ImageContent, Content>),
    ("ResourceContents", plain::<ResourceContents>),
    ("ResourceLink", both::<ResourceLink, Content>),
    ("SamplingMessageContentBlock", plain::<Content>),
    ("TextContent", both::<TextContent, Content>),
    ("TextResourceContents", both::<TextResourceContents, ResourceContents>),
    ("ToolResultContent", both::<ToolResultContent, Content>),
    ("ToolUseContent", both::<ToolUseContent, Content>),
    // Discovery and capabilities.
    ("ClientCapabilities", plain::<ClientCapabilities>),
    ("DiscoverRequest", request::<RequestParams>),
    ("DiscoverResult", plain::<DiscoverResult>),
    ("DiscoverResultResponse", response::<DiscoverResult>),
    ("EmptyResult", plain::<EmptyResult>),
    ("NotificationParams", plain::<NotificationParams>),
    ("PaginatedRequestParams", plain::<PaginatedParams>),
    ("RequestParams", plain::<RequestParams>),
    ("ServerCapabilities", plain::<ServerCapabilities>),
    // Tools.
    ("CallToolRequest", request::<CallToolParams>),
    ("CallToolRequestParams", plain::<CallToolParams>),
    ("CallToolResult", plain::<CallToolResult>),
    ("CallToolResultResponse", response::<CallToolResult>),
    ("ListToolsRequest", request::<PaginatedParams>),
    ("ListToolsResult", plain::<ListToolsResult>),
    ("ListToolsResultResponse", response::<ListToolsResult>),
    ("Tool", plain::<Tool>),
    ("ToolAnnotations", plain::<ToolAnnotations>),
    ("ToolListChangedNotification", request::<NotificationParams>),
    // Resources.
    ("ListResourceTemplatesRequest", request::<PaginatedParams>),
    ("ListResourceTemplatesResult", plain::<ListResourceTemplatesResult>),
    ("ListResourceTemplatesResultResponse", response::<ListResourceTemplatesResult>),
    ("ListResourcesRequest", request::<PaginatedParams>),
    ("ListResourcesResult", plain::<ListResourcesResult>),
    ("ListResourcesResultResponse", response::<ListResourcesResult>),
    ("ReadResourceRequest", request::<ReadResourceParams>),
    ("ReadResourceRequestParams", plain::<ReadResourceParams>),
    ("ReadResourceResult", plain::<ReadResourceResult>),
    ("ReadResourceResultResponse", response::<ReadResourceResult>),
    ("Resource", plain::<Resource>),
    ("ResourceListChangedNotification", request::<NotificationParams>),
    ("ResourceRequestParams", plain::<ReadResourceParams>),
    ("ResourceTemplate", plain::<ResourceTemplate>),
    ("ResourceUpdatedNotification", request::<ResourceUpdatedParams>),
    ("ResourceUpdatedNotificationParams", plain::<ResourceUpdatedParams>),
    // Prompts and completion.
    ("CompleteRequest", request::<CompleteParams>),
    ("CompleteRequestParams", plain::<CompleteParams>),
    ("CompleteResult", plain::<CompleteResult>),
    ("CompleteResultResponse", response::<CompleteResult>),
    ("GetPromptRequest", request::<GetPromptParams>),
    ("GetPromptRequestParams", plain::<GetPromptParams>),
    ("GetPromptResult", plain::<GetPromptResult>),
    ("GetPromptResultResponse", response::<GetPromptResult>),
    ("ListPromptsRequest", request::<PaginatedParams>),
    ("ListPromptsResult", plain::<ListPromptsResult>),
    ("ListPromptsResultResponse", response::<ListPromptsResult>),
    ("Prompt", plain::<Prompt>),
    ("PromptArgument", plain::<PromptArgument>),
    ("PromptListChangedNotification", request::<NotificationParams>),
    ("PromptMessage", plain::<PromptMessage>),
    ("PromptReference", both::<PromptReference, Reference>),
    ("ResourceTemplateReference", both::<ResourceReference, Reference>),
    // Asking the client.
    ("BooleanSchema", both::<BooleanSchema, PrimitiveSchema>),
    ("CreateMessageRequest", both::<CreateMessageRequest, InputRequest>),
    ("CreateMessageRequestParams", plain::<CreateMessageParams>),
    ("CreateMessageResult", plain::<CreateMessageResult>),
    ("ElicitRequest", both::<ElicitRequest, InputRequest>),
    ("ElicitRequestFormParams", both::<ElicitFormParams, ElicitParams>),
    ("ElicitRequestParams", plain::<ElicitParams>),
    ("ElicitRequestURLParams", both::<ElicitUrlParams, ElicitParams>),
    ("ElicitResult", plain::<ElicitResult>),
    ("InputRequest", plain::<InputRequest>),
    ("InputRequests", plain::<InputRequests>),
    ("InputRequiredResult", plain::<InputRequiredResult>),
    ("InputResponse", plain::<Raw>),
    ("InputResponses", plain::<InputResponses>),
    ("LegacyTitledEnumSchema", both::<LegacyTitledSelect, PrimitiveSchema>),
    ("ListRootsRequest", both::<ListRootsRequest, InputRequest>),
    ("ListRootsResult", plain::<ListRootsResult>),
    ("ModelHint", plain::<ModelHint>),
    ("ModelPreferences", plain::<ModelPreferences>),
    ("NumberSchema", both::<NumberSchema, PrimitiveSchema>),
    ("PrimitiveSchemaDefinition", plain::<PrimitiveSchema>),
    ("Root", plain::<Root>),
    ("SamplingMessage", plain::<SamplingMessage>),
    ("StringSchema", both::<StringSchema, PrimitiveSchema>),
    ("TitledMultiSelectEnumSchema", both::<TitledMultiSelect, PrimitiveSchema>),
    ("TitledSingleSelectEnumSchema", both::<TitledSingleSelect, PrimitiveSchema>),
    ("ToolChoice", plain::<ToolChoice>),
    ("UntitledMultiSelectEnumSchema", both::<MultiSelect, PrimitiveSchema>),
    ("UntitledSingleSelectEnumSchema", both::<SingleSelect, PrimitiveSchema>),
    // Notifications and subscriptions.
    ("CancelledNotification", request::<CancelledParams>),
    ("CancelledNotificationParams", plain::<CancelledParams>),
    ("LoggingMessageNotification", request::<LogMessageParams>),
    ("LoggingMessageNotificationParams", plain::<LogMessageParams>),
    ("ProgressNotification", request::<ProgressParams>),
    ("ProgressNotificationParams", plain::<ProgressParams>),
    ("SubscriptionFilter", plain::<SubscriptionFilter>),
    ("SubscriptionsAcknowledgedNotification", request::<AcknowledgedParams>),
    ("SubscriptionsAcknowledgedNotificationParams", plain::<AcknowledgedParams>),
    ("SubscriptionsListenRequest", request::<ListenParams>),
    ("SubscriptionsListenRequestParams", plain::<ListenParams>),
    ("SubscriptionsListenResult", plain::<ListenResult>),
    ("SubscriptionsListenResultResponse", response::<ListenResult>),
    // Errors.
    ("Error", plain::<ErrorObject>),
    ("HeaderMismatchError", failure::<Raw>),
    ("InternalError", plain::<ErrorObject>),
    ("InvalidParamsError", plain::<ErrorObject>),
    ("InvalidRequestError", plain::<ErrorObject>),
    ("JSONRPCErrorResponse", failure::<Raw>),
    ("MethodNotFoundError", plain::<ErrorObject>),
    ("MissingRequiredClientCapabilityError", failure::<MissingClientCapability>),
    ("ParseError", plain::<ErrorObject>),
    ("UnsupportedProtocolVersionError", failure::<UnsupportedProtocolVersion>),
    // Older revisions.
    ("InitializeRequestParams", plain::<InitializeParams>),
    ("InitializeResult", plain::<InitializeResult>),
    ("SetLevelRequestParams", plain::<SetLevelParams>),
    ("SubscribeRequestParams", plain::<SubscribeParams>),
    ("URLElicitationRequiredError", failure::<UrlElicitationRequired>),
];

fn plain<T: Serialize + DeserializeOwned>(text: &str) -> Outcome {
    serde_json::to_string(&serde_json::from_str::<T>(text)?)
}

/// Reads the text as the struct and as the union that it is one of; the union must not lose it either.
fn both<T: Serialize + DeserializeOwned, U: Serialize + DeserializeOwned>(text: &str) -> Outcome {
    let alone = plain::<T>(text)?;
    assert_eq!(plain::<U>(text)?, alone, "the union writes something else");
    Ok(alone)
}

/// A whole request or notification.
fn request<P: Serialize + DeserializeOwned>(text: &str) -> Outcome {
    message(text, |message| within(message, "params", plain::<P>))
}

/// A whole answer.
fn response<R: Serialize + DeserializeOwned>(text: &str) -> Outcome {
    message(text, |message| {
        within(message, "result", |result| {
            let kind: EmptyResult = serde_json::from_str(result)?;
            match kind.result_type {
                Some(ResultType::InputRequired) => plain::<InputRequiredResult>(result),
                _ => plain::<R>(result),
            }
        })
    })
}

/// A whole answer that is an error.
fn failure<D: Serialize + DeserializeOwned>(text: &str) -> Outcome {
    message(text, |message| {
        within(message, "error", |error| {
            let mut error: ErrorObject = serde_json::from_str(error)?;
            if let Some(data) = &error.data {
                error.data = Some(Raw::from_text(plain::<D>(data.as_str())?)?);
            }
            serde_json::to_string(&error)
        })
    })
}

fn message(text: &str, body: impl Fn(&mut Extra) -> Result<(), serde_json::Error>) -> Outcome {
    let mut message: Extra = serde_json::from_str(text)?;
    within(&mut message, "id", plain::<RequestId>)?;
    body(&mut message)?;
    serde_json::to_string(&message)
}

fn within(
    message: &mut Extra,
    key: &'static str,
    part: impl Fn(&str) -> Outcome,
) -> Result<(), serde_json::Error> {
    if let Some(raw) = message.get(key) {
        let text = part(raw.as_str())?;
        message.insert(key, Raw::from_text(text)?);
    }
    Ok(())
}
