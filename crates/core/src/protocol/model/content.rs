//! Blocks of content: what tools and prompts say and what models are shown.

use super::{Annotations, Icon, Meta, ResourceContents};
use crate::{
    Raw,
    json::{model, setters, union},
};

union! {
    /// One block of content.
    ///
    /// Tools and prompts use the first five kinds; tool use and tool results stand in sampling only.
    pub enum Content by "type" {
        /// Text.
        Text(TextContent) = "text",
        /// A picture.
        Image(ImageContent) = "image",
        /// Sound.
        Audio(AudioContent) = "audio",
        /// The address of a resource.
        ResourceLink(Box<ResourceLink>) = "resource_link",
        /// A resource with what is inside it.
        Resource(Box<EmbeddedResource>) = "resource",
        /// A model's wish to use a tool.
        ToolUse(Box<ToolUseContent>) = "tool_use",
        /// What came of that wish.
        ToolResult(Box<ToolResultContent>) = "tool_result",
    }
}

macro_rules! boxed {
    ($($variant:ident($ty:ty)),* $(,)?) => { $(
        impl From<$ty> for Content {
            fn from(block: $ty) -> Self {
                Self::$variant(Box::new(block))
            }
        }
    )* };
}
// The kinds that are rare and large, so that the common ones stay small.
boxed!(
    ResourceLink(ResourceLink),
    Resource(EmbeddedResource),
    ToolUse(ToolUseContent),
    ToolResult(ToolResultContent),
);

impl Content {
    /// Text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        TextContent::new(text).into()
    }

    /// A picture, already in base64.
    #[must_use]
    pub fn image(base64: impl Into<String>, mime_type: impl Into<String>) -> Self {
        ImageContent::new(base64, mime_type).into()
    }

    /// Sound, already in base64.
    #[must_use]
    pub fn audio(base64: impl Into<String>, mime_type: impl Into<String>) -> Self {
        AudioContent::new(base64, mime_type).into()
    }

    /// A resource with what is inside it.
    #[must_use]
    pub fn resource(contents: impl Into<ResourceContents>) -> Self {
        EmbeddedResource::new(contents).into()
    }

    /// The address of a resource.
    #[must_use]
    pub fn resource_link(uri: impl Into<String>, name: impl Into<String>) -> Self {
        ResourceLink::new(uri, name).into()
    }

    /// The text, if it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(content) => Some(&content.text),
            _ => None,
        }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

model! {
    /// Text.
    pub struct TextContent: "type" = "text" new(text: String) {
        /// The text.
        text: String = "text",
        /// Whom it is for.
        annotations: Option<Annotations> = "annotations",
        /// What the block says about itself.
        meta: Option<Meta> = "_meta",
    }

    /// A picture.
    pub struct ImageContent: "type" = "image" new(data: String, mime_type: String) {
        /// The picture in base64.
        data: String = "data",
        /// Its media type.
        mime_type: String = "mimeType",
        /// Whom it is for.
        annotations: Option<Annotations> = "annotations",
        /// What the block says about itself.
        meta: Option<Meta> = "_meta",
    }

    /// Sound.
    pub struct AudioContent: "type" = "audio" new(data: String, mime_type: String) {
        /// The sound in base64.
        data: String = "data",
        /// Its media type.
        mime_type: String = "mimeType",
        /// Whom it is for.
        annotations: Option<Annotations> = "annotations",
        /// What the block says about itself.
        meta: Option<Meta> = "_meta",
    }

    /// The address of a resource that the server can read, listed or not.
    pub struct ResourceLink: "type" = "resource_link" new(uri: String, name: String) {
        /// The address.
        uri: String = "uri",
        /// What programs call it.
        name: String = "name",
        /// What people call it.
        title: Option<String> = "title",
        /// What it is.
        description: Option<String> = "description",
        /// Its media type, if known.
        mime_type: Option<String> = "mimeType",
        /// Its size in bytes, before any encoding.
        size: Option<u64> = "size",
        /// Pictures of it.
        icons: Option<Vec<Icon>> = "icons",
        /// Whom it is for.
        annotations: Option<Annotations> = "annotations",
        /// What the block says about itself.
        meta: Option<Meta> = "_meta",
    }

    /// A resource with what is inside it.
    pub struct EmbeddedResource: "type" = "resource" new(resource: ResourceContents) {
        /// What is inside.
        resource: ResourceContents = "resource",
        /// Whom it is for.
        annotations: Option<Annotations> = "annotations",
        /// What the block says about itself.
        meta: Option<Meta> = "_meta",
    }

    /// A model's wish to use a tool (sampling only).
    pub struct ToolUseContent: "type" = "tool_use" new(id: String, name: String, input: Raw) {
        /// By which the result refers to it.
        id: String = "id",
        /// The tool.
        name: String = "name",
        /// The arguments, an object.
        input: Raw = "input",
        /// What the block says about itself; to be kept when it is sent again.
        meta: Option<Meta> = "_meta",
    }

    /// What came of a model's wish to use a tool (sampling only).
    pub struct ToolResultContent: "type" = "tool_result" new(tool_use_id: String, content: Vec<Content>) {
        /// The wish that this answers.
        tool_use_id: String = "toolUseId",
        /// The result as blocks.
        content: Vec<Content> = "content",
        /// The result as JSON; `null` is a value.
        structured_content: Option<Raw> = "structuredContent" raw,
        /// Whether the tool failed.
        is_error: Option<bool> = "isError",
        /// What the block says about itself; to be kept when it is sent again.
        meta: Option<Meta> = "_meta",
    }
}

setters!(TextContent {
    annotations: Annotations,
    meta: Meta
});
setters!(ImageContent {
    annotations: Annotations,
    meta: Meta
});
setters!(AudioContent {
    annotations: Annotations,
    meta: Meta
});
setters!(ResourceLink {
    title: String,
    description: String,
    mime_type: String,
    size: u64,
    icons: Vec<Icon>,
    annotations: Annotations,
    meta: Meta,
});
setters!(EmbeddedResource {
    annotations: Annotations,
    meta: Meta
});
setters!(ToolUseContent { meta: Meta });
setters!(ToolResultContent {
    structured_content: Raw,
    is_error: bool,
    meta: Meta
});
