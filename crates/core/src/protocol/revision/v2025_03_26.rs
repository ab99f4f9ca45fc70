//! 2025-03-26: cannot say titles, structured output, links to resources, nor metadata below a result.

use super::dialect::Dialect;
use crate::protocol::model::{
    Annotations, CallToolResult, Content, Prompt, Resource, ResourceContents, ResourceTemplate,
    Tool, ToolAnnotations,
};

pub(super) struct V2025_03_26;

impl Dialect for V2025_03_26 {
    /// A tool's title has one other place to stand in.
    fn tool(&self, tool: &mut Tool) {
        if let Some(title) = tool.title.take() {
            tool.annotations
                .get_or_insert_with(ToolAnnotations::default)
                .title
                .get_or_insert(title);
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
        prompt
            .arguments
            .iter_mut()
            .flatten()
            .for_each(|argument| argument.title = None);
    }

    fn tool_result(&self, result: &mut CallToolResult) {
        result.structured_content = None;
    }

    /// A link becomes the text that a person would have written in its place.
    fn content(&self, content: &mut Content) {
        match content {
            Content::Text(block) => {
                block.meta = None;
                annotations(&mut block.annotations);
            }
            Content::Image(block) => {
                block.meta = None;
                annotations(&mut block.annotations);
            }
            Content::Audio(block) => {
                block.meta = None;
                annotations(&mut block.annotations);
            }
            Content::Resource(block) => {
                block.meta = None;
                annotations(&mut block.annotations);
            }
            Content::ResourceLink(link) => {
                let mut text = format!("{} <{}>", link.name, link.uri);
                if let Some(description) = &link.description {
                    text.push_str(": ");
                    text.push_str(description);
                }
                *content = Content::text(text);
            }
            _ => {}
        }
    }

    fn contents(&self, contents: &mut ResourceContents) {
        match contents {
            ResourceContents::Text(contents) => contents.meta = None,
            ResourceContents::Blob(contents) => contents.meta = None,
            _ => {}
        }
    }
}

fn annotations(annotations: &mut Option<Annotations>) {
    if let Some(known) = annotations {
        known.last_modified = None;
        if *known == Annotations::default() {
            *annotations = None;
        }
    }
}
