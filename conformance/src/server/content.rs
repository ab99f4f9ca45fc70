//! Tools that give back content of each kind.

use fmcp::{
    Audio, Content, Image, Server, ToolError,
    model::{ResourceContents, TextResourceContents},
    tool,
};
use serde_json::json;

/// One red pixel.
pub(super) const RED_PIXEL: &[u8] = include_bytes!("../../assets/red-pixel.png");

/// A millisecond of silence.
const SILENCE: &[u8] = include_bytes!("../../assets/silence.wav");

pub(super) fn add(server: Server) -> Server {
    server
        .tool(test_simple_text::tool())
        .tool(test_image_content::tool())
        .tool(test_audio_content::tool())
        .tool(test_embedded_resource::tool())
        .tool(test_multiple_content_types::tool())
        .tool(test_error_handling::tool())
}

/// Give back text.
#[tool(read_only)]
async fn test_simple_text() -> &'static str {
    "This is a simple text response for testing."
}

/// Give back a picture.
#[tool(read_only)]
async fn test_image_content() -> Image {
    Image::from_bytes(RED_PIXEL, "png")
}

/// Give back sound.
#[tool(read_only)]
async fn test_audio_content() -> Audio {
    Audio::from_bytes(SILENCE, "wav")
}

/// Give back a resource with what is inside it.
#[tool(read_only)]
async fn test_embedded_resource() -> Content {
    let text = "This is an embedded resource content.";
    Content::resource(embedded("test://embedded-resource", "text/plain", text))
}

/// Give back text, a picture and a resource.
#[tool(read_only)]
async fn test_multiple_content_types() -> Vec<Content> {
    let data = json!({"test": "data", "value": 123}).to_string();
    vec![
        "Multiple content types test:".into(),
        Image::from_bytes(RED_PIXEL, "png").into(),
        Content::resource(embedded(
            "test://mixed-content-resource",
            "application/json",
            data,
        )),
    ]
}

/// Fail, in words that the caller reads.
#[tool(read_only)]
async fn test_error_handling() -> Result<(), ToolError> {
    Err(ToolError::new(
        "This tool intentionally returns an error for testing",
    ))
}

/// Text of a type that is said, at a URI that need not be read from.
pub(super) fn embedded(uri: &str, mime: &str, text: impl Into<String>) -> ResourceContents {
    TextResourceContents::new(uri, text).mime_type(mime).into()
}
