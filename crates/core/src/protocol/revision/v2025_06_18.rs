//! 2025-06-18: cannot say icons, tasks, extensions, what an implementation is beyond its names, nor tools in messages.
//! Cannot ask for several choices at once, nor at an address.

use super::dialect::Dialect;
use crate::protocol::model::{
    Content, CreateMessageParams, DiscoverResult, ElicitParams, Implementation, InputRequest,
    LegacyTitledSelect, PrimitiveSchema, Prompt, RequestedSchema, Resource, ResourceTemplate,
    SamplingContent, SamplingMessage, Tool,
};

pub(super) struct V2025_06_18;

impl Dialect for V2025_06_18 {
    fn discover(&self, result: &mut DiscoverResult) {
        result.capabilities.tasks = None;
        result.capabilities.extensions = None;
    }

    fn implementation(&self, implementation: &mut Implementation) {
        implementation.icons = None;
        implementation.description = None;
        implementation.website_url = None;
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

    fn question(&self, question: &mut InputRequest) -> Result<(), &'static str> {
        match question {
            InputRequest::Elicit(elicit) => match &mut elicit.params {
                ElicitParams::Form(form) => {
                    form.mode = None;
                    older_form(&mut form.requested_schema)
                }
                _ => Err("to open an address"),
            },
            InputRequest::CreateMessage(sample) => {
                if sample.params.tools.is_some() {
                    return Err("to give tools to its language model");
                }
                one_block_a_message(&mut sample.params);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Titles of choices stand in a list beside them.
fn older_form(form: &mut RequestedSchema) -> Result<(), &'static str> {
    form.schema = None;
    let mut properties = std::mem::take(&mut form.properties).into_iter();
    form.properties = properties.try_fold(crate::Named::new(), |mut fields, (name, field)| {
        let field = match field {
            PrimitiveSchema::TitledSingleSelect(select) => {
                let (values, titles): (Vec<_>, Vec<_>) = select
                    .options
                    .into_iter()
                    .map(|one| (one.value, one.title))
                    .unzip();
                let mut older = LegacyTitledSelect::new(values, titles);
                (older.title, older.description) = (select.title, select.description);
                older.default = select.default;
                older.into()
            }
            PrimitiveSchema::MultiSelect(_) | PrimitiveSchema::TitledMultiSelect(_) => {
                return Err("for several choices at once");
            }
            other => other,
        };
        fields.insert(name, field);
        Ok(fields)
    })?;
    Ok(())
}

/// Messages of several blocks become as many messages.
fn one_block_a_message(params: &mut CreateMessageParams) {
    params.tool_choice = None;
    let messages = std::mem::take(&mut params.messages);
    for message in messages {
        let blocks = match message.content {
            SamplingContent::One(block) => vec![block],
            SamplingContent::Many(blocks) => blocks,
        };
        let role = message.role;
        let one = |block: Content| SamplingMessage::new(role.clone(), block);
        params.messages.extend(blocks.into_iter().map(one));
    }
}
