//! 2025-06-18: cannot say icons, nor what an implementation is beyond its name, nor tools in messages.

use super::dialect::Dialect;
use crate::protocol::model::{Content, DiscoverResult, Prompt, Resource, ResourceTemplate, Tool};

pub(super) struct V2025_06_18;

impl Dialect for V2025_06_18 {
    fn discover(&self, result: &mut DiscoverResult) {
        result.capabilities.extra.remove("tasks");
    }

    fn tool(&self, tool: &mut Tool) {
        tool.icons = None;
        tool.extra.remove("execution");
    }

    fn resource(&self, resource: &mut Resource) {
        resource.icons = None;
    }

    fn template(&self, template: &mut ResourceTemplate) {
        template.icons = None;
    }

    fn prompt(&self, prompt: &mut Prompt) {
        prompt.icons = None;
    }

    fn content(&self, content: &mut Content) {
        match content {
            Content::ResourceLink(link) => link.icons = None,
            Content::ToolUse(call) => {
                *content = Content::text(format!("[call of the tool {}]", call.name));
            }
            Content::ToolResult(result) => {
                *content =
                    Content::text(format!("[result of the tool call {}]", result.tool_use_id));
            }
            _ => {}
        }
    }
}
