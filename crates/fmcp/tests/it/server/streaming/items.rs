//! What may be an item, and which functions are tools.

use std::{borrow::Cow, pin::Pin};

use fmcp::{
    Audio, Content, Context, Image, Json, Part, Stream, Streamed, ToolError, server,
    testing::modern, tool,
};
use futures_util::StreamExt as _;

use super::*;

#[tokio::test]
async fn everything_that_is_content_can_be_a_part() {
    fn content(part: impl Part) -> Content {
        part.into_part().unwrap()
    }
    let text = Content::text("a");
    assert_eq!(content("a"), text);
    assert_eq!(content("a".to_owned()), text);
    assert_eq!(content(Cow::Borrowed("a")), text);
    assert_eq!(content(text.clone()), text);
    assert_eq!(content(Ok::<_, ToolError>("a")), text);
    assert_eq!(content(Json([1, 2])), Content::text("[1,2]"));
    let picture = content(Image::from_bytes(vec![1], "png"));
    assert!(matches!(picture, Content::Image(_)));
    let sound = content(Audio::from_bytes(vec![1], "wav"));
    assert!(matches!(sound, Content::Audio(_)));
    assert!(Err::<String, _>(ToolError::new("no")).into_part().is_err());
}

/// Lines, one by one.
#[tool]
fn lines(text: String) -> impl Stream<Item = String> + Send {
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    stream::iter(lines)
}

#[tool]
async fn rows(
    table: String,
    ctx: Context,
) -> Result<impl Stream<Item = Result<Content, ToolError>>, ToolError> {
    ctx.info("opening").await;
    if table.is_empty() {
        return Err(ToolError::new("which table?"));
    }
    Ok(stream::iter([Ok(Content::text(table))]))
}

#[tool]
fn boxed() -> Pin<Box<dyn Stream<Item = Image> + Send>> {
    Box::pin(stream::iter([Image::from_bytes(vec![1], "png")]))
}

#[tool]
async fn few() -> Streamed<impl Stream<Item = Json<u8>>> {
    Streamed::new(stream::iter(0..100).map(Json)).max_parts(2)
}

struct Log {
    lines: Vec<String>,
}

#[server]
impl Log {
    #[tool]
    fn tail(&self) -> impl Stream<Item = String> {
        stream::iter(self.lines.iter().cloned())
    }
}

#[tokio::test]
async fn functions_that_return_streams_are_tools() {
    let server = Server::new("s")
        .tool(lines::tool())
        .tool(rows::tool())
        .tool(boxed::tool())
        .tool(few::tool());
    for (tool, arguments, expect) in [
        ("lines", json!({"text": "a\nb"}), &["a", "b"][..]),
        ("rows", json!({"table": "t"}), &["t"]),
        ("rows", json!({"table": ""}), &["which table?"]),
        ("boxed", json!({}), &["?"]),
        (
            "few",
            json!({}),
            &["0", "1", "the result has more than 2 parts"],
        ),
    ] {
        let params = json!({"name": tool, "arguments": arguments});
        let answer = Wire::new(&server).send(modern("tools/call", params)).await;
        assert_eq!(blocks(&answer).0, expect, "{tool}");
    }
    let log = Log {
        lines: vec!["x".to_owned()],
    };
    let result = run(&log.into_server(), "tail", json!({})).await;
    assert_eq!(result.text(), "x");
    assert_eq!(lines("a".to_owned()).collect::<Vec<_>>().await, ["a"]);
}

#[tokio::test]
async fn outside_of_a_call_the_stream_is_just_collected() {
    let result = streamed(stream::iter(["a", "b"])).await.unwrap();
    assert_eq!(result.content.len(), 2);
}
