//! `fmcp doctor`: whether this machine, and a server, are in good health.

use std::path::Path;

use clap::Args;
use fmcp::{Client, schema::Checker};
use serde_json::json;

use crate::{
    app::App,
    connect::{Connection, How},
    offers::{Kinds, Offers},
    outcome::Exit,
    show::counted,
    terminal::{Output, clean, style},
};

/// The longest name of a tool that every client accepts.
const LONGEST: usize = 64;

/// Looks whether this machine has what servers need, and whether a server keeps the rules
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  fmcp doctor\n  fmcp doctor ./server")]
pub(crate) struct Doctor {
    /// The server, if one is to be looked at
    #[arg(value_name = "SERVER")]
    server: Option<String>,
    #[command(flatten)]
    pub(crate) how: How,
}

/// What was looked at, and what came of it.
struct Finding {
    what: String,
    state: State,
    words: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    Odd,
    Bad,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Odd => "warning",
            Self::Bad => "fault",
        }
    }
}

impl Doctor {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let mut findings = machine(app).await;
        if let Some(server) = self.server {
            let connection = Connection {
                server,
                how: self.how,
            };
            match connection.open(app).await {
                Ok(client) => {
                    findings.extend(kept(app, &client).await?);
                    client.close().await;
                }
                Err(error) => findings.push(bad("connection", format!("{error:#}"))),
            }
        }
        let exit = match findings.iter().any(|one| one.state == State::Bad) {
            true => Exit::Failed,
            false => Exit::Done,
        };
        if app.out.is_json() {
            let all = findings.iter().map(
                |one| json!({"check": one.what, "state": one.state.word(), "message": one.words}),
            );
            app.out
                .json(&json!({"findings": all.collect::<Vec<_>>()}))?;
            return Ok(exit);
        }
        for finding in &findings {
            app.out.print(&line(&app.out, finding))?;
        }
        Ok(exit)
    }
}

fn line(out: &Output, finding: &Finding) -> String {
    let colour = match finding.state {
        State::Good => style::GOOD,
        State::Odd => style::WARNING,
        State::Bad => style::ERROR,
    };
    let state = out.paint(colour, &format!("{:<8}", finding.state.word()));
    format!(
        "{state} {:<20} {}",
        clean(&finding.what),
        clean(&finding.words)
    )
}

fn good(what: impl Into<String>, words: impl Into<String>) -> Finding {
    let (what, words) = (what.into(), words.into());
    Finding {
        what,
        state: State::Good,
        words,
    }
}

fn odd(what: impl Into<String>, words: impl Into<String>) -> Finding {
    Finding {
        state: State::Odd,
        ..good(what, words)
    }
}

fn bad(what: impl Into<String>, words: impl Into<String>) -> Finding {
    Finding {
        state: State::Bad,
        ..good(what, words)
    }
}

/// What this machine has.
async fn machine(app: &App) -> Vec<Finding> {
    let mut all = vec![good("fmcp", env!("CARGO_PKG_VERSION"))];
    all.push(match &app.settings.file {
        Some(file) => good(
            "settings",
            format!("{}, {}", file.name, counted(file.servers.len(), "server")),
        ),
        None => good("settings", "no fmcp.toml here; defaults and environment"),
    });
    let wanted = [
        ("npx", "servers from npm", "install Node.js"),
        ("uvx", "servers from the Python package index", "install uv"),
        ("python3", "servers in Python files", "install Python"),
        ("cargo", "crates (`fmcp new`, `fmcp run`)", "install Rust"),
    ];
    for (program, use_, advice) in wanted {
        all.push(match on_path(program) {
            Some(path) => good(program, path),
            None => odd(program, format!("not on the PATH; {advice} for {use_}")),
        });
    }
    all.push(match fmcp::auth::FileStore::of_user() {
        Ok(_) => good("tokens", "can be kept for this user"),
        Err(error) => odd(
            "tokens",
            format!("cannot be kept, sign in each time: {error}"),
        ),
    });
    all.push(match tokio::net::TcpListener::bind("127.0.0.1:0").await {
        Ok(_) => good("loopback", "servers can listen on 127.0.0.1"),
        Err(error) => bad(
            "loopback",
            format!("nothing can listen on 127.0.0.1: {error}"),
        ),
    });
    all
}

fn on_path(program: &str) -> Option<String> {
    let folders = std::env::var_os("PATH")?;
    let names = [
        program.to_owned(),
        format!("{program}.exe"),
        format!("{program}.cmd"),
    ];
    std::env::split_paths(&folders)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|path: &std::path::PathBuf| Path::is_file(path))
        .map(|path| path.display().to_string())
}

/// Whether a server keeps the rules that every client relies upon.
async fn kept(app: &App, client: &Client) -> anyhow::Result<Vec<Finding>> {
    let name = client
        .server_info()
        .map(|info| format!("{} {}", info.name, info.version));
    let mut all = vec![good(
        "server",
        name.unwrap_or_else(|| "has no name".to_owned()),
    )];
    all.push(good("revision", client.revision().as_str()));
    let offers = app
        .interrupt
        .drop_at_once(Offers::of(client, Kinds::ALL))
        .await?;
    all.push(good(
        "offers",
        format!(
            "{}, {}",
            counted(offers.tools.len(), "tool"),
            counted(offers.prompts.len(), "prompt")
        ),
    ));
    for tool in &offers.tools {
        let what = format!("tool {}", tool.name);
        if tool.name.chars().count() > LONGEST {
            all.push(odd(
                &what,
                format!("its name is longer than {LONGEST}: some clients refuse it"),
            ));
        }
        if tool
            .description
            .as_deref()
            .unwrap_or_default()
            .trim()
            .is_empty()
        {
            all.push(odd(
                &what,
                "has no description: models do not know what it is for",
            ));
        }
        let input = tool.input_schema.to_value();
        if input.get("type").is_none_or(|kind| kind != "object") {
            all.push(bad(&what, "its input schema is none of an object"));
        }
        if let Err(fault) = Checker::new(&input) {
            all.push(bad(
                &what,
                format!("its input schema cannot be used: {fault}"),
            ));
        }
        if let Some(Err(fault)) = tool
            .output_schema
            .as_ref()
            .map(|raw| Checker::new(&raw.to_value()))
        {
            all.push(bad(
                &what,
                format!("its output schema cannot be used: {fault}"),
            ));
        }
    }
    let mut names: Vec<_> = offers.tools.iter().map(|tool| &tool.name).collect();
    names.sort();
    for twice in names.windows(2).filter(|pair| pair[0] == pair[1]) {
        all.push(bad(format!("tool {}", twice[0]), "is listed twice"));
    }
    Ok(all)
}
