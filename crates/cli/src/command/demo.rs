//! `fmcp demo`, and `fmcp` alone: servers to try everything on.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use fmcp::HttpServer;
use serde_json::json;

use crate::{
    app::App,
    demo::{self, data_folder},
    outcome::{Exit, Failure},
    serve::Shown,
    terminal::style,
};

/// Serves a few small servers on this machine, to try everything on
#[derive(Debug, Default, Args)]
#[command(
    after_help = "Examples:\n  fmcp demo\n  fmcp demo --http 127.0.0.1:9000\n  fmcp call \"fmcp demo --stdio\" calculator_compute expression=\"6 * 7\""
)]
pub(crate) struct Demo {
    /// Where it listens; without it 127.0.0.1:8000, or any port if that is taken
    #[arg(long, value_name = "ADDRESS")]
    http: Option<String>,
    /// Serves on standard input and output instead
    #[arg(long, conflicts_with = "http")]
    stdio: bool,
}

/// Where it listens, unless it is told otherwise.
const USUAL: &str = "127.0.0.1:8000";

impl Demo {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let folder = notes()?;
        let server = demo::server(folder.clone())?;
        if self.stdio {
            server.run_stdio().await?;
            return Ok(Exit::Done);
        }
        let server = server.layer(Shown::new(&app.out));
        let serving = match &self.http {
            Some(address) => server.bind_http(address.as_str()).await?,
            None => match server.clone().bind_http(USUAL).await {
                Ok(serving) => serving,
                Err(_) => server.bind_http("127.0.0.1:0").await?,
            },
        };
        welcome(app, &serving, &folder)?;
        serving.run().await?;
        Ok(Exit::Done)
    }
}

fn notes() -> Result<PathBuf, Failure> {
    let folder = data_folder(|name| std::env::var_os(name).map(PathBuf::from));
    let folder = folder.ok_or_else(|| {
        Failure::usage("there is no folder to keep notes in")
            .hint("set FMCP_HOME to a folder of yours")
    })?;
    Ok(folder.join("demo").join("notes"))
}

/// Where it is, what to paste into a client, what to try.
fn welcome(app: &App, serving: &HttpServer, folder: &std::path::Path) -> anyhow::Result<()> {
    let (out, url) = (&app.out, serving.url());
    let configuration = json!({"mcpServers": {"fmcp-demo": {"type": "http", "url": url}}});
    let program = program();
    let commands = [
        format!("{program} list {url}"),
        format!("{program} call {url} calculator_compute expression=\"6 * 7\""),
        format!("{program} call {url} discover_tools query=\"keep a note\""),
        format!("{program} call {url} jobs_work steps=20"),
        format!("{program} call {url} guest_welcome"),
    ];
    if out.is_json() {
        out.json_line(&json!({"url": url, "configuration": configuration, "try": commands}))?;
        return Ok(());
    }
    let heading = |words: &str| out.paint(style::HEADING, words);
    let pretty = serde_json::to_string_pretty(&configuration).context("the configuration")?;
    let text = format!(
        "{}  {}\n\n\
         Four servers behind one endpoint: a calculator, notes (kept in {}),\n\
         slow jobs that tell how far they are, and a guest book that asks you questions.\n\
         A few tools are listed; discover_tools finds the others, and execute_tool runs them.\n\n\
         {}\n{}\n\n\
         {}\n{}\n",
        heading("The demo is at"),
        out.paint(style::NAME, &url),
        folder.display(),
        heading("Paste this into your client"),
        indented(&pretty),
        heading("Try, in another terminal"),
        indented(&commands.join("\n")),
    );
    out.print(&text)?;
    Ok(())
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// How this program is called, so that what is shown can be typed.
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "fmcp".to_owned())
}
