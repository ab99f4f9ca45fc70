//! Blocks of content as plain words, for models that are given nothing else.

use fmcp_core::protocol::model::{Content, ResourceContents, ToolResultContent};

/// A block in plain words, where it has some.
pub(super) fn plain(block: &Content) -> Option<String> {
    match block {
        Content::Text(block) => Some(block.text.clone()),
        Content::ResourceLink(link) => Some(format!("{}: {}", link.name, link.uri)),
        Content::Resource(block) => match &block.resource {
            ResourceContents::Text(contents) => Some(contents.text.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// What a tool has given, where that can be said in plain words.
///
/// # Errors
/// When it cannot.
pub(super) fn result(result: &ToolResultContent) -> Result<String, String> {
    let words: Option<Vec<_>> = result.content.iter().map(plain).collect();
    let words = words.ok_or_else(|| unsayable("the result of a tool"))?;
    match &result.structured_content {
        Some(structured) if words.is_empty() => Ok(structured.as_str().to_owned()),
        _ => Ok(words.join("\n")),
    }
}

/// The words for what a model cannot be given.
pub(super) fn unsayable(place: &str) -> String {
    format!("the model cannot be given this kind of content as {place}")
}
