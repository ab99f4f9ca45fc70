//! `fmcp discover`: the servers that are configured on this machine.

use clap::Args;
use fmcp::config::{Entry, Way};
use serde_json::json;

use crate::{
    app::App,
    clients::{Machine, Source, sources},
    outcome::Exit,
    terminal::{clean, style, table},
};

/// Lists the servers that Claude, Cursor, VS Code and others know of on this machine
#[derive(Debug, Args)]
#[command(
    after_help = "What it lists can be used by its name:\n  fmcp list cursor:files\n  fmcp call claude-code:crm search query=x"
)]
pub(crate) struct Discover {}

impl Discover {
    pub(crate) fn run(self, app: &App) -> anyhow::Result<Exit> {
        let all = sources(&Machine::here(), &std::env::current_dir()?);
        if app.out.is_json() {
            let sources = all.iter().map(|source| {
                let servers = source.servers.as_ref().ok().map(|servers| {
                    let all = servers.iter().map(|(name, entry)| {
                        let (kind, place) = place(entry);
                        let id = format!("{}:{name}", source.name);
                        json!({"name": name, "server": id, "kind": kind, "place": place, "disabled": entry.disabled})
                    });
                    all.collect::<Vec<_>>()
                });
                json!({
                    "source": source.name, "file": source.file, "servers": servers.unwrap_or_default(),
                    "error": source.servers.as_ref().err(),
                })
            });
            app.out
                .json(&json!({"sources": sources.collect::<Vec<_>>()}))?;
            return Ok(Exit::Done);
        }
        show(app, &all)?;
        Ok(Exit::Done)
    }
}

fn show(app: &App, all: &[Source]) -> anyhow::Result<()> {
    let out = &app.out;
    let mut rows = Vec::new();
    for source in all {
        match &source.servers {
            Ok(servers) => rows.extend(servers.iter().map(|(name, entry)| {
                let (kind, place) = place(entry);
                let state = if entry.disabled { "off" } else { "" };
                let id = format!("{}:{name}", source.name);
                vec![
                    id,
                    kind.to_owned(),
                    place,
                    state.to_owned(),
                    source.title.to_owned(),
                ]
            })),
            Err(why) => {
                let file = out.paint_note(style::WARNING, &source.file.display().to_string());
                out.note(&format!("{file}: {}", clean(why)));
            }
        }
    }
    match rows.is_empty() {
        true => out.note(
            "No client on this machine knows of any server. `fmcp install` tells one of yours.",
        ),
        false => out.print(&table(out, &["server", "kind", "where", "", "of"], &rows))?,
    }
    Ok(())
}

/// What it is, and where; nothing that could be a secret.
fn place(entry: &Entry) -> (&'static str, String) {
    match &entry.way {
        Way::Command(command) => ("program", command.program.to_string()),
        Way::Remote(remote) => {
            let url = &remote.url;
            let host = url.authority().map_or("", |authority| {
                let whole = authority.as_str();
                whole.rsplit('@').next().unwrap_or(whole)
            });
            (
                "address",
                format!(
                    "{}://{host}{}",
                    url.scheme_str().unwrap_or("http"),
                    url.path()
                ),
            )
        }
        _ => ("other", String::new()),
    }
}
