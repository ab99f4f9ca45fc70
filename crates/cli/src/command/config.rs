//! `fmcp config`: what is set, and who has set it.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use fmcp::config::Servers;
use serde_json::json;

use crate::{
    app::App,
    connect::fastmcp,
    outcome::{Exit, Failure},
    settings::{File, KNOWN, Resolved, Source, schema},
    show::counted,
    terminal::table,
};

/// Shows what is set, and where each setting comes from
#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Shows every setting, its value, where it comes from, and what it may be
    Explain,
    /// Writes the JSON Schema of the file with settings, for editors
    Schema,
    /// Checks a file: fmcp.toml, mcp.json, or fastmcp.json of others
    Check {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl Config {
    pub(crate) fn run(self, app: &App) -> anyhow::Result<Exit> {
        match self.what {
            What::Explain => explain(app),
            What::Schema => {
                app.out.json(&schema())?;
                Ok(Exit::Done)
            }
            What::Check { file } => check(app, &file),
        }
    }
}

/// Checks a file for what it is, by its name and by what stands in it.
fn check(app: &App, path: &Path) -> anyhow::Result<Exit> {
    let is_ours = path.extension().is_some_and(|ending| ending == "toml")
        || path.file_name().is_some_and(|name| name == "fmcp.json");
    let (kind, servers) = match (is_ours, fastmcp::read(path)?) {
        (true, _) => ("settings", File::read(path)?.servers.len()),
        (false, Some(_)) => ("fastmcp", 1),
        (false, None) => ("servers", Servers::read(path)?.len()),
    };
    // Settings may do without any.
    if kind == "servers" && servers == 0 {
        return Err(Failure::usage(format!("{} names no server", path.display())).into());
    }
    match app.out.is_json() {
        true => app
            .out
            .json(&json!({"file": path, "kind": kind, "servers": servers}))?,
        false => app.out.print(&format!(
            "{}: {}, no fault",
            path.display(),
            counted(servers, "server")
        ))?,
    }
    Ok(Exit::Done)
}

fn explain(app: &App) -> anyhow::Result<Exit> {
    let settings = &app.settings;
    if app.out.is_json() {
        let all = settings.resolved.iter().map(|one| {
            json!({"setting": one.key, "value": shown(one), "source": one.source.to_string()})
        });
        let servers = settings
            .file
            .as_ref()
            .map(|file| file.servers.names().collect::<Vec<_>>());
        app.out.json(&json!({
            "settings": all.collect::<Vec<_>>(),
            "file": settings.file.as_ref().map(|file| &file.name),
            "servers": servers.unwrap_or_default(),
        }))?;
        return Ok(Exit::Done);
    }
    let rows: Vec<_> = settings
        .resolved
        .iter()
        .zip(&KNOWN)
        .map(|(one, known)| {
            let value = shown(one).unwrap_or_default();
            let variables = known.variables.join(", ");
            vec![
                one.key.to_owned(),
                value,
                one.source.to_string(),
                variables,
                known.about.to_owned(),
            ]
        })
        .collect();
    let headings = ["setting", "value", "from", "variables", "what it is"];
    app.out.print(&table(&app.out, &headings, &rows))?;
    if let Some(file) = &settings.file {
        let names: Vec<_> = file.servers.names().collect();
        app.out
            .print(&format!("\n{}: servers {}", file.name, names.join(", ")))?;
    }
    Ok(Exit::Done)
}

/// The value, unless it is a secret.
fn shown(one: &Resolved) -> Option<String> {
    let is_secret = KNOWN
        .iter()
        .any(|known| known.key == one.key && known.is_secret);
    let value = one.value.as_deref()?;
    let is_plain = one.source == Source::Default || ["none", "oauth"].contains(&value);
    match is_secret && !is_plain {
        true => Some("(a secret)".to_owned()),
        false => Some(value.to_owned()),
    }
}
