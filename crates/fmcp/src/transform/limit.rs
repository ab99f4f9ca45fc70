//! How large what a tool gives may be, and what is read.

use std::{fmt, io, sync::Arc};

use fmcp_core::{
    BoxFuture, Call, Component, ComponentKind, Endpoint, Error, Kind, Reply, Result, Select,
    Transform,
    protocol::model::{CallToolResult, Content, ReadResourceResult, ResourceContents, TextContent},
};
use serde::Serialize;

/// The smallest bound, so that there is room to say that something was cut.
const LEAST: usize = 1_024;

/// Room for what says that something was cut.
const NOTE: usize = 256;

/// Bounds how large the results of tools and the contents of resources may be, in bytes of their JSON: for models that
/// read all that they are given.
///
/// What is larger is refused, in words that say how large it is, or cut. Only text is cut, at a character, and
/// something is said of it in its place; pictures and other blocks are left out whole. A result with structured
/// content, and JSON that is read, would not be valid any more: those are refused all the same.
///
/// ```
/// use fmcp::{ResponseLimit, Server, named, tags};
///
/// let server = Server::new("logs")
///     .transform(ResponseLimit::cut(50_000))
///     .transform(ResponseLimit::refuse(5_000).of(tags(["brief"])))
///     .transform(ResponseLimit::refuse(5_000).of(named("get_*")));
/// ```
#[derive(Clone)]
#[must_use = "it bounds nothing by itself: give it to a server"]
pub struct ResponseLimit {
    bytes: usize,
    cuts: bool,
    of: Option<Arc<dyn Select + Send + Sync>>,
}

impl ResponseLimit {
    /// Refuses what is larger: the tool, or the reading, has failed. A bound below 1 KiB is 1 KiB.
    pub fn refuse(bytes: usize) -> Self {
        let bytes = bytes.max(LEAST);
        Self {
            bytes,
            cuts: false,
            of: None,
        }
    }

    /// Cuts text that is larger. A bound below 1 KiB is 1 KiB.
    pub fn cut(bytes: usize) -> Self {
        Self {
            cuts: true,
            ..Self::refuse(bytes)
        }
    }

    /// Only for the selected tools and resources. Without it, for all.
    pub fn of(mut self, select: impl Select + Send + Sync + 'static) -> Self {
        self.of = Some(Arc::new(select));
        self
    }
}

impl Transform for ResponseLimit {
    fn outward(&self, mut component: Arc<Component>) -> Option<Arc<Component>> {
        let selected = self.of.as_ref().is_none_or(|of| of.selects(&component));
        if selected && component.kind() != ComponentKind::Prompt {
            let inner = Arc::clone(&component.endpoint);
            Arc::make_mut(&mut component).endpoint = Arc::new(Limited {
                inner,
                bytes: self.bytes,
                cuts: self.cuts,
            });
        }
        Some(component)
    }
}

impl fmt::Debug for ResponseLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseLimit")
            .field("bytes", &self.bytes)
            .field("cuts", &self.cuts)
            .finish_non_exhaustive()
    }
}

/// A component whose answers are bounded.
struct Limited {
    inner: Arc<dyn Endpoint>,
    bytes: usize,
    cuts: bool,
}

impl Endpoint for Limited {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            let method = call.method().clone();
            let reply = match self.inner.call(call).await? {
                // What is small enough stays as it came, to the letter.
                Reply::Raw(revision, text) if text.as_str().len() > self.bytes => {
                    revision.raise(&method, &text)?
                }
                reply => reply.unshared(),
            };
            match reply {
                Reply::CallTool(result) => Ok(self.tool(*result).into()),
                Reply::ReadResource(result) => Ok(self.resource(*result)?.into()),
                other => Ok(other),
            }
        })
    }
}

impl Limited {
    fn tool(&self, result: CallToolResult) -> CallToolResult {
        let size = size(&result);
        if size <= self.bytes {
            return result;
        }
        if !self.cuts || result.structured_content.is_some() {
            let mut refusal = CallToolResult::new(vec![self.refusal(size).into()]);
            refusal.is_error = Some(true);
            return refusal;
        }
        let mut cut = result;
        let blocks = std::mem::take(&mut cut.content);
        let mut room = self.room(&cut);
        let mut is_full = false;
        for mut block in blocks {
            let needs = self::size(&block) + 1;
            if !is_full && needs <= room {
                room -= needs;
                cut.content.push(block);
                continue;
            }
            if let (false, Content::Text(text)) = (is_full, &mut block) {
                let around = needs.saturating_sub(self::size(&text.text));
                shorten(&mut text.text, room.saturating_sub(around + 2));
                if !text.text.is_empty() {
                    cut.content.push(block);
                }
            }
            is_full = true;
        }
        cut.content.push(TextContent::new(self.note(size)).into());
        if self::size(&cut) > self.bytes {
            // What the result says about itself is too much.
            cut.meta = None;
        }
        cut
    }

    fn resource(&self, result: ReadResourceResult) -> Result<ReadResourceResult> {
        let size = size(&result);
        if size <= self.bytes {
            return Ok(result);
        }
        let refuse = || Err(Error::new(Kind::Internal, self.refusal(size)));
        if !self.cuts || !result.contents.iter().all(may_be_cut) {
            return refuse();
        }
        let mut cut = result;
        let parts = std::mem::take(&mut cut.contents);
        let mut room = self.room(&cut);
        for mut part in parts {
            let needs = self::size(&part) + 1;
            if needs <= room {
                room -= needs;
                cut.contents.push(part);
                continue;
            }
            let ResourceContents::Text(text) = &mut part else {
                return refuse();
            };
            let around = needs.saturating_sub(self::size(&text.text));
            if around > room {
                return refuse();
            }
            shorten(&mut text.text, room - around);
            text.text.push_str("\n\n");
            text.text.push_str(&self.note(size));
            cut.contents.push(part);
            break;
        }
        Ok(cut)
    }

    /// How many bytes are left for what is inside, beside a note.
    fn room(&self, empty: &impl Serialize) -> usize {
        self.bytes.saturating_sub(size(empty) + NOTE)
    }

    fn refusal(&self, size: usize) -> String {
        format!(
            "the result has {size} bytes, and at most {} are given; ask for less",
            self.bytes
        )
    }

    fn note(&self, size: usize) -> String {
        format!(
            "[cut: the result has {size} bytes, and at most {} are given]",
            self.bytes
        )
    }
}

/// Whether a part is text of no form that a cut would break.
fn may_be_cut(part: &ResourceContents) -> bool {
    let ResourceContents::Text(text) = part else {
        return false;
    };
    let mime = text.mime_type.as_deref().unwrap_or("text/plain");
    mime.starts_with("text/") && !mime.contains("json") && !mime.contains("xml")
}

/// How long something is as JSON.
fn size(what: &(impl Serialize + ?Sized)) -> usize {
    struct Count(usize);

    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut count = Count(0);
    // What cannot be written is not sent either.
    match serde_json::to_writer(&mut count, what) {
        Ok(()) => count.0,
        Err(_) => 0,
    }
}

/// Shortens a text to what takes at most this many bytes inside of a JSON string.
fn shorten(text: &mut String, bytes: usize) {
    let mut taken = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        taken += match c {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            c if c < ' ' => 6,
            c => c.len_utf8(),
        };
        (taken > bytes).then_some(at)
    });
    if let Some(end) = end {
        text.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_character_so_that_its_json_fits() {
        for text in ["plain text", "\u{1F600}\u{e4}\"\\\n\u{1}x", ""] {
            for bytes in 0..40 {
                let mut cut = text.to_owned();
                shorten(&mut cut, bytes);
                assert!(text.starts_with(&cut) && size(&cut) <= bytes + 2, "{cut:?}");
                let next = text[cut.len()..].chars().next();
                let more = next.map_or(cut.clone(), |next| format!("{cut}{next}"));
                assert!(more == cut || size(&more) > bytes + 2, "{more:?} fits, too");
            }
        }
    }
}
