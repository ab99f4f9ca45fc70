//! `fmcp run`: runs a server.

use std::process::Command;

use anyhow::Context as _;
use clap::Args;
use fmcp::config::{self, Way};

use crate::{
    app::App,
    connect::target,
    outcome::{Exit, Failure},
    project,
};

/// Runs a server: a program, a script, a command in quotes, or a crate, which is built first
#[derive(Debug, Args)]
#[command(after_help = "\
It takes this process's place: standard input and output are the server's, and so is the exit code.
--http and --unix tell it to programs that are written with fmcp, and call `Server::run`.

Examples:
  fmcp run .
  fmcp run path/to/crate --http 127.0.0.1:8000
  fmcp run ./server -- --verbose")]
pub(crate) struct Run {
    /// The server
    #[arg(value_name = "SERVER")]
    server: String,
    /// Serves on HTTP there, such as 127.0.0.1:8000
    #[arg(long, value_name = "ADDRESS")]
    http: Option<String>,
    /// Serves on this Unix socket
    #[arg(long, value_name = "PATH", conflicts_with = "http")]
    unix: Option<String>,
    /// Of a crate, this program
    #[arg(long, value_name = "NAME")]
    bin: Option<String>,
    /// Builds a crate with optimisation
    #[arg(long)]
    release: bool,
    /// Arguments of the server
    #[arg(last = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

impl Run {
    pub(crate) fn run(self, app: &App) -> anyhow::Result<Exit> {
        let command = match project::folder(&self.server) {
            Some(folder) => {
                let program = project::build(&folder, self.bin.as_deref(), self.release)?;
                config::Command::new(program.display().to_string())
            }
            None => self.program(app)?,
        };
        let mut process = Command::new(&*command.program);
        process.args(&command.args).args(&self.arguments);
        process.envs(
            command
                .env
                .iter()
                .map(|(name, value)| (name, value.expose())),
        );
        if let Some(folder) = &command.cwd {
            process.current_dir(folder);
        }
        let place = self.http.as_ref().map(|place| ("http", place));
        if let Some((transport, place)) = place.or(self.unix.as_ref().map(|place| ("unix", place)))
        {
            process
                .env("FMCP_TRANSPORT", transport)
                .env("FMCP_ADDRESS", place);
        }
        become_it(process).with_context(|| format!("{} cannot be started", command.program))
    }

    /// The program that is meant, and its arguments.
    fn program(&self, app: &App) -> Result<config::Command, Failure> {
        let target = target::find(&self.server, None, &app.settings)?;
        match target
            .way()
            .map_err(|error| Failure::usage(error.to_string()))?
        {
            Some(Way::Command(command)) => Ok(command),
            _ => Err(
                Failure::usage(format!("{} is no program that could be run", self.server))
                    .hint("a program, a script, a command in quotes, or a crate"),
            ),
        }
    }
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
