//! 2025-03-26: cannot say titles, structured output, links to resources, nor metadata below a result. Cannot
//! ask the user.

use super::dialect::{Dialect, unstructure};
use crate::protocol::model::{
    Annotations, CallToolResult, Content, Implementation, InputRequest, Prompt, Resource,
    ResourceContents, ResourceLink, ResourceTemplate, TextContent, Tool, ToolAnnotations,
};

pub(super) struct V2025_03_26;

impl Dialect for V2025_03_26 {
    fn has_version_header(&self) -> bool {
        false
    }

    fn has_batches(&self) -> bool {
        true
    }

    fn implementation(&self, implementation: &mut Implementation) {
        implementation.title = None;
    }

    /// A tool's title has one other place to stand in.
    fn tool(&self, tool: &mut Tool) {
        if let Some(title) = tool.title.take() {
            let hints = tool
                .annotations
                .get_or_insert_with(ToolAnnotations::default);
            hints.title.get_or_insert(title);
        }
        tool.output_schema = None;
        tool.meta = None;
    }

    fn resource(&self, resource: &mut Resource) {
        resource.title = None;
        resource.meta = None;
        annotations(&mut resource.annotations);
    }

    fn template(&self, template: &mut ResourceTemplate) {
        template.title = None;
        template.meta = None;
        annotations(&mut template.annotations);
    }

    fn prompt(&self, prompt: &mut Prompt) {
        prompt.title = None;
        prompt.meta = None;
        for argument in prompt.arguments.iter_mut().flatten() {
            argument.title = None;
        }
    }

    fn tool_result(&self, result: &mut CallToolResult) {
        unstructure(result);
    }

    fn content(&self, content: &mut Content) {
        if let Content::ResourceLink(link) = content {
            *content = describe(link).into();
        }
        let (meta, hints) = match content {
            Content::Text(block) => (&mut block.meta, &mut block.annotations),
            Content::Image(block) => (&mut block.meta, &mut block.annotations),
            Content::Audio(block) => (&mut block.meta, &mut block.annotations),
            Content::Resource(block) => (&mut block.meta, &mut block.annotations),
            _ => return,
        };
        *meta = None;
        annotations(hints);
    }

    fn question(&self, question: &mut InputRequest) -> Result<(), &'static str> {
        match question {
            InputRequest::Elicit(_) => Err("to ask its user"),
            _ => Ok(()),
        }
    }

    fn contents(&self, contents: &mut ResourceContents) {
        match contents {
            ResourceContents::Text(contents) => contents.meta = None,
            ResourceContents::Blob(contents) => contents.meta = None,
            ResourceContents::Other(_) => {}
        }
    }
}

/// The text that a person would have written in a link's place.
fn describe(link: &mut ResourceLink) -> TextContent {
    let mut text = format!(
        "{} <{}>",
        link.title.as_ref().unwrap_or(&link.name),
        link.uri
    );
    if let Some(description) = &link.description {
        text.push_str(": ");
        text.push_str(description);
    }
    let mut block = TextContent::new(text);
    block.annotations = link.annotations.take();
    block
}

/// Hints that say nothing but when something was changed have nothing left to say.
fn annotations(annotations: &mut Option<Annotations>) {
    if let Some(hints) = annotations
        && hints.last_modified.take().is_some()
        && *hints == Annotations::default()
    {
        *annotations = None;
    }
}
