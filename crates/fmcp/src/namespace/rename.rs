//! What a server calls things, as the caller knows them.

use fmcp_core::{
    Definition, Notice, Reply, Result,
    protocol::{
        Method,
        model::{Content, ResourceContents},
    },
};

use super::Namespace;
use crate::apps;

/// What a component is called outside.
pub(crate) fn definition(definition: &mut Definition, namespace: Option<&Namespace>) {
    let Some(namespace) = namespace else { return };
    let name = match &*definition {
        Definition::Tool(_) | Definition::Prompt(_) => namespace.name(definition.name()),
        Definition::Resource(_) | Definition::Template(_) => namespace.uri(definition.name()),
    };
    definition.rename(name);
    // The page of a tool is a resource like others.
    if let Definition::Tool(tool) = definition
        && let Some(meta) = &mut tool.meta
    {
        apps::rename(meta, |uri| namespace.uri(uri));
    }
}

/// A reply whose addresses can be asked for outside: those of contents, of links, and of what is embedded.
pub(crate) fn reply(mut reply: Reply, namespace: Option<&Namespace>) -> Reply {
    let Some(namespace) = namespace else {
        return reply;
    };
    match &mut reply {
        Reply::CallTool(result) => result
            .content
            .iter_mut()
            .for_each(|block| content(block, namespace)),
        Reply::Task(task) => task.task_id = namespace.name(&task.task_id),
        Reply::GetPrompt(result) => {
            for message in &mut result.messages {
                content(&mut message.content, namespace);
            }
        }
        Reply::ReadResource(result) => {
            result
                .contents
                .iter_mut()
                .for_each(|part| contents(part, namespace));
        }
        _ => {}
    }
    reply
}

/// The same for a reply to `method` that may have come as text: where no address stands in it, it stays as it
/// is, to the letter.
///
/// # Errors
/// When the text is no reply to the method.
pub(crate) fn text_too(
    reply: Reply,
    method: &Method,
    namespace: Option<&Namespace>,
) -> Result<Reply> {
    match reply {
        _ if namespace.is_none() => Ok(reply),
        Reply::Raw(revision, text) if text.as_str().contains("\"uri\"") => {
            Ok(self::reply(revision.raise(method, &text)?, namespace))
        }
        typed => Ok(self::reply(typed, namespace)),
    }
}

/// A notice about what it is called outside.
pub(crate) fn notice(notice: Notice, namespace: Option<&Namespace>) -> Notice {
    match (notice, namespace) {
        (Notice::ResourceUpdated(uri), Some(namespace)) => {
            Notice::ResourceUpdated(namespace.uri(&uri).into())
        }
        (notice, _) => notice,
    }
}

fn content(block: &mut Content, namespace: &Namespace) {
    match block {
        Content::ResourceLink(link) => link.uri = namespace.uri(&link.uri),
        Content::Resource(embedded) => contents(&mut embedded.resource, namespace),
        _ => {}
    }
}

fn contents(part: &mut ResourceContents, namespace: &Namespace) {
    match part {
        ResourceContents::Text(text) => text.uri = namespace.uri(&text.uri),
        ResourceContents::Blob(blob) => blob.uri = namespace.uri(&blob.uri),
        _ => {}
    }
}
