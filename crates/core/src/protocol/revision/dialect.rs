//! What a revision cannot say, part by part; and the walk over the parts of a reply.

use crate::{
    Call, Kind, Notice, Reply,
    protocol::{
        Method,
        model::{
            CallToolResult, Content, DiscoverResult, Implementation, InputRequest, Prompt,
            Resource, ResourceContents, ResourceTemplate, SamplingContent, Tool,
        },
    },
};

use super::{
    Era,
    head::Head,
    tasks::{self, TaskTerms},
};

/// A revision, seen from its successor: every function takes away from one part of a message what the
/// successor added. The default takes nothing.
pub(super) trait Dialect: Sync {
    /// How its peers meet.
    fn era(&self) -> Era {
        Era::Legacy
    }

    /// Whether its peers may send several messages in one array.
    fn has_batches(&self) -> bool {
        false
    }

    /// Whether a client names it in a header of each request over HTTP.
    fn has_version_header(&self) -> bool {
        true
    }

    /// Whether the revision has this method. Methods that no revision has belong to extensions.
    fn speaks(&self, method: &Method) -> bool {
        !matches!(method, Method::Discover | Method::Listen) && !tasks::owns(method)
    }

    /// What a call's client has said about being answered with a task.
    fn task_terms(&self, _: &Call) -> TaskTerms {
        TaskTerms::Never
    }

    /// A reply that the revision has in another form altogether.
    fn reply(&self, _: &mut Reply) {}
    fn head(&self, _: Head<'_>) {}
    fn discover(&self, _: &mut DiscoverResult) {}
    fn implementation(&self, _: &mut Implementation) {}
    fn tool(&self, _: &mut Tool) {}
    fn resource(&self, _: &mut Resource) {}
    fn template(&self, _: &mut ResourceTemplate) {}
    fn prompt(&self, _: &mut Prompt) {}
    fn tool_result(&self, _: &mut CallToolResult) {}
    fn content(&self, _: &mut Content) {}
    fn contents(&self, _: &mut ResourceContents) {}
    fn notice(&self, _: &mut Notice) {}

    /// Takes away from a question to the client what its successor added; `Err` says what it cannot ask.
    fn question(&self, _: &mut InputRequest) -> Result<(), &'static str> {
        Ok(())
    }

    /// The last step to this revision, which is not taken on the way to an older one: adds what it
    /// requires and takes away what only older ones know.
    fn finish(&self, _: &mut Reply) {}

    /// The code of an error in this revision, where it is not the model's.
    fn code(&self, _: Kind, _: &Method) -> Option<i64> {
        None
    }
}

/// Takes away from every part of `reply` what `dialect` cannot say.
pub(super) fn downgrade(dialect: &dyn Dialect, reply: &mut Reply) {
    dialect.reply(reply);
    if let Some(head) = Head::of(reply) {
        dialect.head(head);
    }
    match reply {
        Reply::Discover(result) => dialect.discover(result),
        Reply::ListTools(list) => list.tools.iter_mut().for_each(|tool| dialect.tool(tool)),
        Reply::ListResources(list) => list
            .resources
            .iter_mut()
            .for_each(|resource| dialect.resource(resource)),
        Reply::ListTemplates(list) => list
            .resource_templates
            .iter_mut()
            .for_each(|t| dialect.template(t)),
        Reply::ListPrompts(list) => list
            .prompts
            .iter_mut()
            .for_each(|prompt| dialect.prompt(prompt)),
        Reply::CallTool(result) => {
            dialect.tool_result(result);
            result
                .content
                .iter_mut()
                .for_each(|block| content(dialect, block));
        }
        Reply::GetPrompt(result) => {
            result
                .messages
                .iter_mut()
                .for_each(|message| content(dialect, &mut message.content));
        }
        Reply::ReadResource(result) => {
            result
                .contents
                .iter_mut()
                .for_each(|contents| dialect.contents(contents));
        }
        Reply::Complete(_)
        | Reply::Listen(_)
        | Reply::InputRequired(_)
        | Reply::Task(_)
        | Reply::Empty(_) => {}
        Reply::Shared(_) | Reply::Raw(..) => {}
    }
}

/// Takes away from a question what `dialect` cannot ask.
///
/// # Errors
/// When nothing of it would be left.
pub(super) fn downgrade_question(
    dialect: &dyn Dialect,
    question: &mut InputRequest,
) -> Result<(), &'static str> {
    if let InputRequest::CreateMessage(sample) = question {
        for message in &mut sample.params.messages {
            match &mut message.content {
                SamplingContent::One(block) => content(dialect, block),
                SamplingContent::Many(blocks) => {
                    blocks.iter_mut().for_each(|block| content(dialect, block));
                }
            }
        }
        let tools = sample.params.tools.iter_mut().flatten();
        tools.for_each(|tool| dialect.tool(tool));
    }
    dialect.question(question)
}

fn content(dialect: &dyn Dialect, block: &mut Content) {
    match block {
        Content::Resource(embedded) => dialect.contents(&mut embedded.resource),
        Content::ToolResult(result) => result
            .content
            .iter_mut()
            .for_each(|block| content(dialect, block)),
        _ => {}
    }
    dialect.content(block);
}

/// Takes structured output away. Where nothing else says it, it stays as text.
pub(super) fn unstructure(result: &mut CallToolResult) {
    if let Some(value) = result.structured_content.take()
        && result.content.is_empty()
    {
        result.content.push(Content::text(value.as_str()));
    }
}
