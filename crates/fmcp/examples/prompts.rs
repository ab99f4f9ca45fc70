//! Prompts: text, a conversation, and completion of what somebody is typing.
//!
//! ```sh
//! cargo run -p fmcp --example prompts
//! ```
#![allow(missing_docs)]

use std::{error::Error, io::Write};

use fmcp::{
    Client, Context, PromptMessage, Role, Server,
    model::{PromptReference, Reference},
    prompt,
    schemars::{self, JsonSchema},
    serde::Deserialize,
};
use serde_json::json;

/// The values of an enumeration complete by themselves.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Tone {
    Friendly,
    Formal,
}

/// The projects that begin with what has been typed.
async fn projects(typed: String, _ctx: Context) -> Vec<String> {
    ["fmcp-core", "fmcp-macros", "website"]
        .iter()
        .filter(|name| name.starts_with(&typed))
        .map(ToString::to_string)
        .collect()
}

/// Review a change.
#[prompt(tags("code"))]
async fn review(
    /// The code to review
    code: String,
    #[complete(["rust", "ruby", "python"])] language: Option<String>,
    #[complete(projects)] project: Option<String>,
) -> String {
    let language = language.unwrap_or_else(|| "code".into());
    let project = project.map_or_else(String::new, |name| format!(" of {name}"));
    format!("Please review this {language}{project}:\n{code}")
}

/// Practise a greeting.
#[prompt]
async fn greet(name: String, tone: Tone) -> Vec<PromptMessage> {
    vec![
        PromptMessage::new(Role::User, format!("Greet {name}, {tone:?}.")),
        PromptMessage::new(Role::Assistant, format!("Hello {name}!")),
    ]
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let server = Server::new("words")
        .prompt(review::prompt())
        .prompt(greet::prompt());
    let client = Client::connect(&server).await?;

    for prompt in client.list_prompts().await? {
        let arguments = prompt.arguments.unwrap_or_default();
        let names: Vec<_> = arguments.iter().map(|a| a.name.as_str()).collect();
        writeln!(out, "{}({})", prompt.name, names.join(", "))?;
    }
    let filled = client
        .prompt("greet", json!({"name": "Ada", "tone": "formal"}))
        .await?;
    for message in filled.messages {
        let text = message.content.as_text().unwrap_or_default();
        writeln!(out, "{}: {text}", message.role)?;
    }

    for (prompt, argument, typed) in [
        ("review", "language", "ru"),
        ("review", "project", "fmcp"),
        ("greet", "tone", ""),
    ] {
        let of = Reference::Prompt(PromptReference::new(prompt));
        let found = client.complete(of, argument, typed).await?;
        writeln!(out, "{argument} {typed:?} -> {}", found.values.join(", "))?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
