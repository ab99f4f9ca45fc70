//! `fmcp run`: runs a server, or stands in front of one.

use std::{io::Read as _, process::Command};

use anyhow::Context as _;
use clap::Args;
use fmcp::{
    IntoTarget as _, Target,
    config::{self, Way},
};

use crate::{
    app::App,
    connect::target::{self, Found},
    front,
    outcome::{Exit, Failure},
    project,
    serve::Place,
};

/// How large a configuration on standard input may be.
const MAX_BYTES: u64 = 1 << 20;

/// Runs a server: a program, a script, a crate; an address or a configuration as a server of this machine
#[derive(Debug, Args)]
#[command(after_help = "\
A program that serves on standard input and output takes this process's place. Everything else is served by a proxy \
in front of it: an address or a configuration on standard input and output, anything with --http or --unix.

Examples:
  fmcp run .
  fmcp run ./server --http 127.0.0.1:8000
  fmcp run mcp.json
  cat mcp.json | fmcp run - --http 127.0.0.1:8000 --ws")]
pub(crate) struct Run {
    /// The server; - is a configuration on standard input
    #[arg(value_name = "SERVER")]
    server: String,
    #[command(flatten)]
    place: Place,
    /// How to prove who is calling, to servers at addresses: oauth, none, or a token [env: FMCP_AUTH]
    #[arg(long, value_name = "HOW")]
    auth: Option<String>,
    /// Adds a header to every request to servers at addresses
    #[arg(long, short = 'H', value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// Of a crate, this program
    #[arg(long, value_name = "NAME")]
    bin: Option<String>,
    /// Builds a crate with optimisation
    #[arg(long)]
    release: bool,
    /// Arguments of a program
    #[arg(last = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

impl Run {
    /// The settings that its options say.
    pub(crate) fn said(&self) -> Vec<(&'static str, String)> {
        self.auth
            .iter()
            .map(|auth| ("auth", auth.clone()))
            .collect()
    }

    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let mut found = self.find(app)?;
        let way = found
            .target
            .clone()
            .way()
            .map_err(|error| Failure::usage(error.to_string()))?;
        match way {
            Some(Way::Command(mut command)) => {
                command.args.extend(self.arguments.iter().cloned());
                if self.place.is_stdio() && !found.is_shaped() {
                    return start(&command);
                }
                found.target = command.into_target();
                if let Some(revision) = found.entry.as_ref().and_then(|entry| entry.revision) {
                    found.target = found.target.revision(revision);
                }
            }
            _ if !self.arguments.is_empty() => {
                return Err(Failure::usage("only programs take arguments").into());
            }
            _ => {}
        }
        let server = front::of(app, found, &self.server, &self.header).await?;
        self.place.serve(app, server).await
    }

    /// What is to be run; a crate is built.
    fn find(&self, app: &App) -> Result<Found, Failure> {
        if self.server == "-" {
            if self.place.is_stdio() {
                return Err(Failure::usage(
                    "standard input cannot be both the configuration and a client",
                )
                .hint("--http 127.0.0.1:8000"));
            }
            let mut text = String::new();
            let read = std::io::stdin()
                .lock()
                .take(MAX_BYTES)
                .read_to_string(&mut text);
            read.map_err(|e| Failure::usage(format!("standard input: {e}")))?;
            return Found::of_text(&text);
        }
        match project::folder(&self.server) {
            Some(folder) => {
                let program = project::build(&folder, self.bin.as_deref(), self.release)?;
                let program = program.display().to_string();
                Ok(Found::of(Target::command(program, [] as [String; 0])))
            }
            None => target::find(&self.server, None, &app.settings),
        }
    }
}

/// Lets the program take this process's place.
fn start(command: &config::Command) -> anyhow::Result<Exit> {
    let mut process = Command::new(&*command.program);
    process.args(&command.args);
    process.envs(
        command
            .env
            .iter()
            .map(|(name, value)| (name, value.expose())),
    );
    if let Some(folder) = &command.cwd {
        process.current_dir(folder);
    }
    become_it(process).with_context(|| format!("{} cannot be started", command.program))
}

#[cfg(unix)]
fn become_it(mut process: Command) -> std::io::Result<Exit> {
    use std::os::unix::process::CommandExt as _;
    Err(process.exec())
}

#[cfg(not(unix))]
fn become_it(mut process: Command) -> std::io::Result<Exit> {
    let status = process.status()?;
    Ok(if status.success() {
        Exit::Done
    } else {
        Exit::Failed
    })
}
