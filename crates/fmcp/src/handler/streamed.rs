//! Results that come in parts, each delivered as soon as it is there.

use std::{error::Error as StdError, fmt, pin::pin};

use fmcp_core::{
    Context, HandlerError,
    handler::Failure,
    protocol::model::{CallToolResult, Content},
};
use futures_util::{Stream, StreamExt as _};

use super::{Part, guard};

/// How much of a part's text a progress report shows, in characters.
const SHOWN: usize = 200;

/// Delivers the items of a stream while they come, and gives back all of them at the end.
///
/// It is what `#[tool]` makes of a function that returns `impl Stream`; [`Streamed`] is the same with
/// other limits.
///
/// ```
/// use fmcp::{Server, Tool, streamed};
/// use futures_util::stream;
///
/// let count = || streamed(stream::iter(["one", "two", "three"]));
/// let server = Server::new("s").tool(Tool::new("count", count));
/// ```
///
/// # Errors
/// When an item is an error that only the log may have, or one of the protocol.
pub async fn streamed<S>(parts: S) -> Result<CallToolResult, HandlerError>
where
    S: Stream<Item: Part> + Send,
{
    Streamed::new(parts).run().await
}

/// A stream whose items are the parts of a tool's result, and how many there may be.
///
/// Each part is told to the caller when it comes: as progress, if the caller asked for that (1, 2, 3 …,
/// with the beginning of the part's text), and as `notifications/tool/streamContent`, if it asked for
/// parts ([`Context::wants_stream`]). The result has all of them.
///
/// An `Err` ends the stream: the result says that the tool failed, and keeps the parts that came before
/// the error. An error of the protocol (a question to the user, a refusal) takes their place. So do a time
/// limit and a panic. When the call is cancelled, the stream is dropped.
#[derive(Clone, Debug)]
#[must_use = "a stream does nothing unless it is run"]
pub struct Streamed<S> {
    parts: S,
    limits: Limits,
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    parts: usize,
    bytes: usize,
}

impl<S: Stream<Item: Part> + Send> Streamed<S> {
    /// How many parts a result may have, unless it says otherwise.
    pub const MAX_PARTS: usize = 10_000;
    /// How many bytes a result may have, unless it says otherwise.
    pub const MAX_BYTES: usize = 16 * 1024 * 1024;

    /// A result of these parts.
    pub fn new(parts: S) -> Self {
        Self {
            parts,
            limits: Limits {
                parts: Self::MAX_PARTS,
                bytes: Self::MAX_BYTES,
            },
        }
    }

    /// Sets how many parts there may be. One more ends the stream, and the result says so.
    pub fn max_parts(mut self, max: usize) -> Self {
        self.limits.parts = max;
        self
    }

    /// Sets how many bytes all parts together may have. More end the stream, and the result says so.
    pub fn max_bytes(mut self, max: usize) -> Self {
        self.limits.bytes = max;
        self
    }

    /// Runs the stream to its end.
    ///
    /// # Errors
    /// As [`streamed`].
    pub async fn run(self) -> Result<CallToolResult, HandlerError> {
        let context = Context::current();
        let mut stream = pin!(self.parts);
        let mut so_far = SoFar::new(self.limits);
        while let Some(part) = stream.next().await {
            if let Err(failure) = part.into_part().and_then(|part| so_far.add(part)) {
                return so_far.end(failure);
            }
            if let (Some(context), Some(part)) = (&context, so_far.parts.last()) {
                tell(context, part, so_far.parts.len()).await;
            }
            // A stream that is always ready shall not keep others, or its own time limit, waiting.
            tokio::task::consume_budget().await;
        }
        Ok(CallToolResult::new(so_far.parts))
    }
}

/// Tells the caller of the part that came as number `count`.
async fn tell(context: &Context, part: &Content, count: usize) {
    if context.wants_stream() {
        context.stream_content(part.clone()).await;
    }
    if context.call().wants_progress() {
        let message = part.as_text().map(beginning);
        context.progress(count, None, message).await;
    }
}

/// As much of a text as a report shows.
fn beginning(text: &str) -> &str {
    let end = text
        .char_indices()
        .nth(SHOWN)
        .map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// The parts that have come.
struct SoFar {
    parts: Vec<Content>,
    bytes: usize,
    limits: Limits,
}

impl SoFar {
    fn new(limits: Limits) -> Self {
        Self {
            parts: Vec::new(),
            bytes: 0,
            limits,
        }
    }

    fn add(&mut self, part: Content) -> Result<(), HandlerError> {
        let Limits { parts, bytes } = self.limits;
        if self.parts.len() >= parts {
            return Err(HandlerError::new(format!(
                "the result has more than {parts} parts"
            )));
        }
        self.bytes = self.bytes.saturating_add(weight(&part));
        if self.bytes > bytes {
            return Err(HandlerError::new(format!(
                "the result has more than {bytes} bytes"
            )));
        }
        self.parts.push(part);
        Ok(())
    }

    /// The result of a stream that failed, with the parts that came before.
    fn end(mut self, failure: HandlerError) -> Result<CallToolResult, HandlerError> {
        match failure.into_parts() {
            Failure::Shown {
                message,
                content,
                structured,
                ..
            } => {
                self.parts.push(Content::text(message));
                self.parts.extend(content);
                let mut result = CallToolResult::new(self.parts);
                result.is_error = Some(true);
                // Clients of every revision take objects only.
                result.structured_content = structured.filter(fmcp_core::Raw::is_object);
                Ok(result)
            }
            Failure::Hidden(source) => Err(HandlerError::hidden(BrokenOff {
                parts: self.parts,
                source,
            })),
            Failure::Protocol(error) if guard::ends_the_call(error.kind()) => Err(error.into()),
            Failure::Protocol(error) => {
                let context = Context::current();
                let name = context.as_ref().and_then(|context| context.call().name());
                guard::log_source(&name.unwrap_or_default(), &error);
                self.end(HandlerError::new(error.message()))
            }
            _ => Err(HandlerError::hidden("the stream failed in an unknown way")),
        }
    }
}

/// About how many bytes a part has on the wire.
fn weight(part: &Content) -> usize {
    match part {
        Content::Text(text) => text.text.len(),
        Content::Image(image) => image.data.len(),
        Content::Audio(audio) => audio.data.len(),
        other => serde_json::to_vec(other).map_or(0, |text| text.len()),
    }
}

/// An error that only the log may have, and the parts that came before it, which the caller may.
pub(crate) struct BrokenOff {
    pub(crate) parts: Vec<Content>,
    source: Box<dyn StdError + Send + Sync>,
}

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl fmt::Debug for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl StdError for BrokenOff {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_shows_the_beginning_and_no_half_character() {
        assert_eq!(beginning("short"), "short");
        let long = "é".repeat(SHOWN + 1);
        assert_eq!(beginning(&long).chars().count(), SHOWN);
        assert_eq!(beginning(&long[..2 * SHOWN]), &long[..2 * SHOWN]);
    }

    #[test]
    fn limits_hold_at_their_edge() {
        let limits = Limits { parts: 2, bytes: 5 };
        for (parts, fits) in [
            (&["ab", "cde"][..], true),
            (&["abc", "def"], false),
            (&["a", "b", "c"], false),
            (&["abcdef"], false),
            (&[], true),
        ] {
            let mut so_far = SoFar::new(limits);
            let all = parts
                .iter()
                .all(|part| so_far.add(Content::text(*part)).is_ok());
            assert_eq!(all, fits, "{parts:?}");
        }
    }
}
