//! Prompts: plain, with arguments that complete, with a resource, with a picture.

use fmcp::{Content, Image, PromptMessage, Server, prompt};

use super::content::{RED_PIXEL, embedded};

pub(super) fn add(server: Server) -> Server {
    server
        .prompt(test_simple_prompt::prompt())
        .prompt(test_prompt_with_arguments::prompt())
        .prompt(test_prompt_with_embedded_resource::prompt())
        .prompt(test_prompt_with_image::prompt())
}

/// One message.
#[prompt]
async fn test_simple_prompt() -> &'static str {
    "This is a simple prompt for testing."
}

/// One message with two gaps.
#[prompt]
async fn test_prompt_with_arguments(
    /// Fills the first gap
    #[complete(["test value 1", "test value 2"])]
    arg1: String,
    /// Fills the second gap
    arg2: String,
) -> String {
    format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'")
}

/// A resource, and what to do with it.
#[prompt]
async fn test_prompt_with_embedded_resource(
    /// Where the resource lies
    #[arg(rename = "resourceUri")]
    resource_uri: String,
) -> Vec<PromptMessage> {
    let text = "Embedded resource content for testing.";
    vec![
        PromptMessage::user(Content::resource(embedded(
            &resource_uri,
            "text/plain",
            text,
        ))),
        PromptMessage::user("Please process the embedded resource above."),
    ]
}

/// A picture, and what to do with it.
#[prompt]
async fn test_prompt_with_image() -> Vec<PromptMessage> {
    vec![
        PromptMessage::user(Image::from_bytes(RED_PIXEL, "png")),
        PromptMessage::user("Please analyze the image above."),
    ]
}
