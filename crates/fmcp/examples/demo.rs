//! The tour: one small server, and everything that a client can do with it, in one process.
//!
//! ```sh
//! cargo run --example demo
//! ```
//!
//! Start reading at `server`; the rest is a client that uses it and shows what it sees.
#![allow(missing_docs)]

use std::{
    collections::BTreeMap,
    error::Error,
    io::{IsTerminal as _, Write},
    sync::{Arc, Mutex, PoisonError},
};

use fmcp::{
    Client, Context, Json, ResourceError, Revision, Server, State, ToolError,
    model::{PromptReference, Reference},
    prompt, resource,
    schemars::{self, JsonSchema},
    serde::Serialize,
    testing::{self, Wire},
    tool,
};
use serde_json::{Value, json};

type Outcome = Result<(), Box<dyn Error>>;

#[derive(Default)]
struct Notes(Mutex<BTreeMap<String, String>>);

impl Notes {
    fn get(&self, title: &str) -> Option<String> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.get(title).cloned()
    }

    fn put(&self, title: String, text: String) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.insert(title, text);
    }
}

#[derive(Serialize, JsonSchema)]
struct Summary {
    /// How many numbers there are
    count: usize,
    mean: f64,
}

/// Summarise some numbers.
#[tool(read_only, idempotent)]
async fn summarise(
    #[arg(length(1..=1000), examples([1, 2, 3]))] numbers: Vec<f64>,
    /// Digits after the point
    #[arg(default = 2, range(0..=9))]
    digits: i32,
    ctx: Context,
) -> Json<Summary> {
    ctx.info(format!("{} numbers came", numbers.len())).await;
    let mut sum = 0.0;
    for (done, number) in (1..).zip(&numbers) {
        sum += number;
        ctx.progress(done, numbers.len() as u64, "adding").await;
    }
    let (count, scale) = (numbers.len(), 10_f64.powi(digits));
    let mean = (sum / count as f64 * scale).round() / scale;
    Json(Summary { count, mean })
}

/// Write a note.
#[tool(idempotent)]
async fn write_note(
    title: String,
    text: String,
    #[ctx] notes: State<Notes>,
) -> Result<(), ToolError> {
    if notes.get(&title).is_some() {
        return Err(ToolError::new(format!("there is a note {title:?} already")));
    }
    notes.put(title, text);
    Ok(())
}

/// A note.
#[resource("notes://{title}", mime = "text/plain")]
async fn note(
    #[complete(["shopping", "ideas"])] title: String,
    #[ctx] notes: State<Notes>,
) -> Result<String, ResourceError> {
    let missing = || ResourceError::new(format!("there is no note {title:?}"));
    notes.get(&title).ok_or_else(missing)
}

/// Rework a text.
#[prompt]
async fn rework(text: String, #[complete(["short", "friendly", "formal"])] tone: String) -> String {
    format!("Rewrite this so that it is {tone}:\n{text}")
}

fn server() -> Server {
    Server::new("demo")
        .version("1.0.0")
        .instructions("Numbers and notes")
        .state(Notes::default())
        .tool(summarise::tool())
        .tool(write_note::tool())
        .resource(note::resource())
        .prompt(rework::prompt())
}

/// Where the tour is written to, in colours or not.
struct Page<'a> {
    out: &'a mut dyn Write,
    colours: bool,
}

impl Page<'_> {
    fn heading(&mut self, words: &str) -> std::io::Result<()> {
        let (on, off) = self.paint("1;36");
        writeln!(self.out, "\n{on}{words}{off}")
    }

    fn line(&mut self, what: &str, words: impl std::fmt::Display) -> std::io::Result<()> {
        let (on, off) = self.paint("2");
        let words = words.to_string().replace('\n', "\n            ");
        writeln!(self.out, "  {on}{what:>8}{off}  {words}")
    }

    fn paint(&self, code: &str) -> (String, &'static str) {
        match self.colours {
            true => (format!("\u{1b}[{code}m"), "\u{1b}[0m"),
            false => (String::new(), ""),
        }
    }
}

async fn offers(page: &mut Page<'_>, client: &Client) -> Outcome {
    page.heading("What the server offers")?;
    for tool in client.list_tools().await? {
        let words = tool.description.unwrap_or_default();
        page.line("tool", format!("{}: {words}", tool.name))?;
    }
    for template in client.list_templates().await? {
        page.line("resource", template.uri_template)?;
    }
    for prompt in client.list_prompts().await? {
        page.line("prompt", prompt.name)?;
    }
    Ok(())
}

async fn calls(page: &mut Page<'_>, client: &Client, heard: &Heard) -> Outcome {
    page.heading("A tool is called; it tells what it does, and gives a structured result")?;
    let arguments = json!({"numbers": [1, 2, 6]});
    page.line("call", format!("summarise {arguments}"))?;
    let summary: Value = client.call("summarise", &arguments).await?.parse()?;
    for (what, words) in heard.take() {
        page.line(what, words)?;
    }
    page.line("result", summary)?;

    page.heading("Wrong arguments are answered in words that a model can act upon")?;
    let arguments = json!({"nubmers": [1, 2], "digits": 12});
    page.line("call", format!("summarise {arguments}"))?;
    if let Err(refusal) = client.call("summarise", &arguments).await {
        page.line("refusal", refusal)?;
    }
    Ok(())
}

async fn reads(page: &mut Page<'_>, client: &Client) -> Outcome {
    page.heading("A note is written by a tool and read as a resource")?;
    let arguments = json!({"title": "shopping", "text": "bread, salt"});
    page.line("call", format!("write_note {arguments}"))?;
    client.call("write_note", &arguments).await?;
    let read = client.read("notes://shopping").await?;
    page.line("read", "notes://shopping")?;
    page.line("contents", read.text().unwrap_or_default())?;
    if let Err(refusal) = client.read("notes://secrets").await {
        page.line("refusal", refusal)?;
    }

    page.heading("A prompt is completed while it is typed, then filled in")?;
    let of = || Reference::Prompt(PromptReference::new("rework"));
    let found = client.complete(of(), "tone", "f").await?;
    page.line("tone: f_", found.values.join(", "))?;
    let arguments = json!({"text": "Pay!", "tone": found.values.first()});
    let prompt = client.prompt("rework", arguments).await?;
    for message in prompt.messages {
        let text = message.content.as_text().unwrap_or_default();
        page.line(&message.role.to_string(), text)?;
    }
    Ok(())
}

/// The same call, as bytes, in the newest revision and in the first.
async fn wires(page: &mut Page<'_>, server: &Server) -> Outcome {
    let call = json!({"name": "summarise", "arguments": {"numbers": [4, 5]}});

    page.heading("On the wire, revision 2026-07-28: every request stands alone")?;
    let wire = Wire::new(server);
    let request = testing::modern("tools/call", call.clone());
    page.line("-->", serde_json::to_string_pretty(&request)?)?;
    let answer = wire.send(request).await.unwrap_or_default();
    page.line("<--", serde_json::to_string_pretty(&answer)?)?;

    page.heading("The same server, revision 2024-11-05: a session, and no structured results")?;
    let wire = Wire::new(server);
    let opened = wire.initialize(Revision::V2024_11_05).await;
    page.line("session", &opened["protocolVersion"])?;
    let request = testing::legacy("tools/call", call);
    page.line("-->", serde_json::to_string_pretty(&request)?)?;
    let answer = wire.send(request).await.unwrap_or_default();
    page.line("<--", serde_json::to_string_pretty(&answer)?)?;
    Ok(())
}

/// What a client was told while it waited.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(&'static str, String)>>>);

impl Heard {
    fn add(&self, what: &'static str, words: String) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push((what, words));
    }

    fn take(&self) -> Vec<(&'static str, String)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(crate) async fn run(out: &mut dyn Write, colours: bool) -> Outcome {
    let page = &mut Page { out, colours };
    let server = server();
    let heard = Heard::default();
    let (logs, reports) = (heard.clone(), heard.clone());
    let client = Client::builder(&server)
        .on_log(move |entry| logs.add("log", entry.data.as_str().to_owned()))
        .on_progress(move |report| {
            let total = report
                .total
                .map_or_else(String::new, |t| format!(" of {t}"));
            reports.add("progress", format!("{}{total}", report.progress));
        })
        .connect()
        .await?;
    offers(page, &client).await?;
    calls(page, &client, &heard).await?;
    reads(page, &client).await?;
    wires(page, &server).await?;

    page.heading("Where to go on")?;
    page.line("read", "README.md, then docs/guides/first-server.md")?;
    page.line("change", "crates/fmcp/examples/demo.rs, and run this again")?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let mut out = std::io::stdout();
    let colours = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    run(&mut out, colours).await
}
