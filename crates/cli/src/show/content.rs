//! Results and contents of resources.

use fmcp::{Content, ResourceContents};

use super::counted;
use crate::terminal::{Output, clean, style};

/// Blocks of content as text; what is no text is said in words.
pub(crate) fn blocks(out: &Output, blocks: &[Content]) -> String {
    let mut text = String::new();
    for block in blocks {
        let shown = match block {
            Content::Text(one) => clean(&one.text).into_owned(),
            Content::Image(one) => bytes(out, "picture", &one.mime_type, &one.data),
            Content::Audio(one) => bytes(out, "sound", &one.mime_type, &one.data),
            Content::ResourceLink(one) => {
                let uri = out.paint(style::NAME, &clean(&one.uri));
                format!("{uri}  {}", clean(&one.name))
            }
            Content::Resource(one) => contents(out, &one.resource),
            other => clean(&serde_json::to_string(other).unwrap_or_default()).into_owned(),
        };
        text.push_str(&shown);
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

/// What stands in a resource, or a part of one.
pub(crate) fn contents(out: &Output, part: &ResourceContents) -> String {
    match part {
        ResourceContents::Text(text) => clean(&text.text).into_owned(),
        ResourceContents::Blob(blob) => {
            let mime = blob.mime_type.as_deref().unwrap_or("unknown type");
            bytes(out, "bytes", mime, &blob.blob)
        }
        other => clean(&serde_json::to_string(other).unwrap_or_default()).into_owned(),
    }
}

fn bytes(out: &Output, what: &str, mime: &str, base64: &str) -> String {
    let padding = base64
        .bytes()
        .rev()
        .take_while(|byte| *byte == b'=')
        .count();
    let size = (base64.len() / 4 * 3).saturating_sub(padding);
    let words = format!(
        "<{what}: {}, {}; --json shows them in base64>",
        clean(mime),
        counted(size, "byte")
    );
    out.paint(style::DIM, &words)
}
