//! `fmcp install`: tells a client of a server.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::{
    app::App,
    clients::{self, CLIENTS, Client, Form, Machine, Server, add, read, write},
    outcome::{Exit, Failure},
    terminal::{clean, style},
};

/// Tells a client of a server: shows the change, keeps what was there, writes it
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  fmcp install cursor ./server --name crm --env API_KEY=…\n  fmcp install claude-code https://example.com/mcp --project\n  fmcp install json \"npx -y @scope/server\"\n  fmcp install vscode ./server --dry-run"
)]
pub(crate) struct Install {
    /// claude-desktop, claude-code, cursor, vscode, gemini-cli, goose; json shows it for any other
    #[arg(value_name = "CLIENT", value_parser = clients())]
    client: String,
    /// The server: an address, a program, a command in quotes, a crate, or its name in fmcp.toml
    #[arg(value_name = "SERVER")]
    server: String,
    /// What it is called there
    #[arg(long, short)]
    name: Option<String>,
    /// A variable for a program
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// A header for an address
    #[arg(long, short = 'H', value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// For the project in this folder only, where the client knows projects
    #[arg(long)]
    project: bool,
    /// Changes this file instead of the client's usual one
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Shows the change, and writes nothing
    #[arg(long)]
    dry_run: bool,
    /// Puts it in the place of another server of that name
    #[arg(long)]
    force: bool,
}

fn clients() -> clap::builder::PossibleValuesParser {
    CLIENTS
        .iter()
        .map(|client| client.name)
        .chain(["json"])
        .collect::<Vec<_>>()
        .into()
}

impl Install {
    pub(crate) fn run(self, app: &App) -> anyhow::Result<Exit> {
        let named = app.settings.file.as_ref().and_then(|file| {
            let entry = file.servers.get(&self.server)?;
            Some((entry, &file.name))
        });
        let server = match named {
            Some((entry, file)) => clients::of_named(&self.server, entry, file)?,
            None => clients::of_text(&self.server)?,
        };
        let server = self.dressed(server)?;
        let name = match (&self.name, named) {
            (Some(name), _) => name.clone(),
            (None, Some(_)) => self.server.clone(),
            (None, None) => server.name(),
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c);
        if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
            let words = format!("{name:?} is no name: up to 64 letters, digits, -, _ and . are");
            return Err(Failure::usage(words).into());
        }
        let Some(client) = Client::named(&self.client) else {
            let entry = server.written(Form::Claude, &name);
            app.out.json(&json!({"mcpServers": {name: entry}}))?;
            return Ok(Exit::Done);
        };
        let entry = server.written(client.form, &name);
        let file = self.place(client)?;
        self.change(app, client, &file, &name, &entry)
    }

    /// The server, with the variables and headers that were typed.
    fn dressed(&self, mut server: Server) -> Result<Server, Failure> {
        let pair = |text: &str, mark: char, option: &str| {
            // The value may be a secret, so it is not repeated.
            let (name, value) = text
                .split_once(mark)
                .ok_or_else(|| Failure::usage(format!("{option}: there is no {mark:?} in it")))?;
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        };
        match &mut server {
            Server::Program { env, .. } => {
                if !self.header.is_empty() {
                    return Err(Failure::usage(
                        "--header is for addresses; a program takes --env",
                    ));
                }
                for text in &self.env {
                    env.push(pair(text, '=', "--env")?);
                }
            }
            Server::Address { headers, .. } => {
                if !self.env.is_empty() {
                    return Err(Failure::usage(
                        "--env is for programs; an address takes --header",
                    ));
                }
                for text in &self.header {
                    headers.push(pair(text, ':', "--header")?);
                }
            }
        }
        Ok(server)
    }

    fn place(&self, client: &Client) -> Result<PathBuf, Failure> {
        if let Some(file) = &self.file {
            return Ok(file.clone());
        }
        if !self.project {
            let file = client.user_file(&Machine::here());
            return file.ok_or_else(|| {
                Failure::usage(format!(
                    "{}: nobody knows where its file is here",
                    client.title
                ))
                .hint("--file FILE says it")
            });
        }
        let here = std::env::current_dir().map_err(|e| Failure::usage(e.to_string()))?;
        let file = client.project_file(&here, &Machine::here());
        file.ok_or_else(|| {
            let words = match client.project {
                None => format!("{} knows no servers of a project", client.title),
                Some(_) => format!(
                    "in this folder, the file of {} is the user's own",
                    client.title
                ),
            };
            Failure::usage(words).hint("leave --project out")
        })
    }

    fn change(
        &self,
        app: &App,
        client: &Client,
        file: &PathBuf,
        name: &str,
        entry: &Value,
    ) -> anyhow::Result<Exit> {
        let shown = file.display();
        let wrong = |why: String| {
            let by_hand = serde_json::to_string(entry).unwrap_or_default();
            Failure::usage(format!("{shown}: {why}")).hint(format!(
                "by hand, in `{}`: {name:?}: {by_hand}",
                clients::key(client.form)
            ))
        };
        let text = read(file).map_err(|e| wrong(e.to_string()))?;
        let change = add(&text, client.form, name, entry).map_err(wrong)?;
        if change.before.as_ref() == Some(entry) {
            app.out.note(&format!(
                "{} knows it already: {name} in {shown}",
                client.title
            ));
            return Ok(Exit::Done);
        }
        if change.before.is_some() && !self.force && !self.dry_run {
            let words = format!("{} has a server {name:?} already, in {shown}", client.title);
            return Err(Failure::usage(words)
                .hint("--force replaces it; --name gives another name")
                .into());
        }
        let kept = match self.dry_run {
            true => None,
            false => Some(write(file, &change.text)?),
        };
        let backup = kept.as_ref().and_then(|kept| kept.0.as_ref());
        if app.out.is_json() {
            app.out.json(&json!({
                "client": client.name, "file": file, "name": name, "entry": entry,
                "before": change.before, "backup": backup, "written": kept.is_some(),
            }))?;
            return Ok(Exit::Done);
        }
        app.out
            .print(&app.out.paint(style::HEADING, &shown.to_string()))?;
        for (mark, line) in lines(client.form, name, change.before.as_ref(), entry) {
            let line = clean(&format!("{mark} {line}")).into_owned();
            app.out.print(&match mark {
                '-' => app.out.paint(style::ERROR, &line),
                '+' => app.out.paint(style::GOOD, &line),
                _ => line,
            })?;
        }
        match (&kept, backup) {
            (None, _) => app.out.note("Nothing is written (--dry-run)."),
            (Some(_), Some(backup)) => {
                app.out.note(&format!(
                    "Written; what was there is kept in {}.",
                    backup.display()
                ));
            }
            (Some(_), None) => app.out.note("Written; there was no such file before."),
        }
        if kept.is_some() {
            app.out.note(&format!("Now {}.", client.then));
        }
        Ok(Exit::Done)
    }
}

/// The change as it is in the file: the servers that it stands among, what goes, and what comes.
fn lines(form: Form, name: &str, before: Option<&Value>, entry: &Value) -> Vec<(char, String)> {
    let key = clients::key(form);
    // Goose's file is YAML, of which JSON is a part.
    let (head, foot, indent) = match form {
        Form::Goose => (format!("{key}:"), "", "  "),
        _ => (format!("{{\n  \"{key}\": {{"), "  }\n}", "    "),
    };
    let around =
        |text: &str| -> Vec<_> { text.lines().map(|line| (' ', line.to_owned())).collect() };
    let written = |mark: char, entry: &Value| {
        let text = match form {
            Form::Goose => entry.to_string(),
            _ => serde_json::to_string_pretty(entry).unwrap_or_default(),
        };
        let text = format!("{}: {text}", Value::from(name));
        let lines = text.lines().map(|line| (mark, format!("{indent}{line}")));
        lines.collect::<Vec<_>>()
    };
    let goes = before.map(|before| written('-', before));
    [
        around(&head),
        goes.unwrap_or_default(),
        written('+', entry),
        around(foot),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: Form, before: Option<&Value>, expect: &str) {
        let lines = lines(form, "n", before, &json!({"url": "new"}));
        let text: Vec<_> = lines
            .iter()
            .map(|(mark, line)| format!("{mark} {line}"))
            .collect();
        assert_eq!(text.join("\n"), expect);
    }

    #[test]
    fn a_change_is_shown_where_it_stands_in_the_file() {
        check(
            Form::Programs,
            None,
            "  {\n    \"mcpServers\": {\n+     \"n\": {\n+       \"url\": \"new\"\n+     }\n    }\n  }",
        );
        check(
            Form::VsCode,
            Some(&json!({})),
            "  {\n    \"servers\": {\n-     \"n\": {}\n+     \"n\": {\n+       \"url\": \"new\"\n+     }\n    }\n  }",
        );
        check(
            Form::Goose,
            None,
            "  extensions:\n+   \"n\": {\"url\":\"new\"}",
        );
    }
}
