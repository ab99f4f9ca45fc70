//! A type whose methods are the tools, resources and prompts of a server.
//!
//! ```sh
//! cargo run -p fmcp --example methods
//! ```
#![allow(missing_docs)]

use std::{collections::BTreeMap, error::Error, io::Write, sync::Mutex, sync::PoisonError};

use fmcp::{Client, Json, Server, ToolError, server};
use serde_json::json;

#[derive(Default)]
struct Notes {
    notes: Mutex<BTreeMap<String, String>>,
}

#[server(version = "1.0.0", instructions = "Write notes, read them again")]
impl Notes {
    /// Write a note, over the one of the same title.
    #[tool(idempotent)]
    fn write(&self, title: String, #[arg(length(1..=1000))] text: String) -> usize {
        let mut notes = self.lock();
        notes.insert(title, text);
        notes.len()
    }

    /// Throw a note away.
    #[tool(destructive)]
    async fn erase(&self, title: String) -> Result<(), ToolError> {
        match self.lock().remove(&title) {
            Some(_) => Ok(()),
            None => Err(ToolError::new(format!("there is no note {title:?}"))),
        }
    }

    /// Count the words of all notes, on a thread where waiting for the lock harms nobody.
    #[tool(read_only, blocking)]
    fn count_words(&self) -> usize {
        let notes = self.lock();
        notes
            .values()
            .map(|text| text.split_whitespace().count())
            .sum()
    }

    /// The titles of all notes.
    #[resource("notes://all")]
    fn titles(&self) -> Json<Vec<String>> {
        Json(self.lock().keys().cloned().collect())
    }

    /// Ask for a summary of a note.
    #[prompt]
    async fn summarise(&self, title: String) -> String {
        let text = self.lock().get(&title).cloned().unwrap_or_default();
        format!("Summarise this note:\n{text}")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let notes = Notes::default();
    notes.write("first".into(), "methods stay callable".into());
    let server: Server = notes.into_server();

    let client = Client::connect(&server).await?;
    let (info, what) = (client.server_info(), client.instructions());
    let name = info.map(|info| info.name.as_str()).unwrap_or_default();
    writeln!(out, "{name}: {}", what.unwrap_or_default())?;
    let count: usize = client
        .call(
            "write",
            json!({"title": "second", "text": "through the server"}),
        )
        .await?
        .parse()?;
    let titles: Vec<String> = client.read("notes://all").await?.parse()?;
    writeln!(out, "{count} notes: {}", titles.join(", "))?;

    let words: usize = client.call("count_words", ()).await?.parse()?;
    writeln!(out, "{words} words")?;

    client.call("erase", json!({"title": "first"})).await?;
    let again = client.call("erase", json!({"title": "first"})).await;
    writeln!(out, "{}", again.expect_err("it is gone"))?;
    let prompt = client
        .prompt("summarise", json!({"title": "second"}))
        .await?;
    let text = prompt.messages[0].content.as_text();
    writeln!(out, "{}", text.unwrap_or_default())?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
