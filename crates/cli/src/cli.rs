//! What is typed: the subcommands, and the options that all of them have.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::{app::App, command, outcome::Exit, terminal::Output};

/// Uses, runs, inspects and installs servers of the Model Context Protocol.
#[derive(Debug, Parser)]
#[command(
    name = "fmcp",
    version,
    max_term_width = 100,
    after_help = EXAMPLES,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) globals: Globals,
}

const EXAMPLES: &str = "\
A SERVER is an address (https://example.com/mcp, wss://…, unix:/run/s.sock), a program, a script \
(server.py, server.js), a command in quotes, or a configuration (mcp.json).

Without a command it serves a demo on this machine, to try everything on.

Examples:
  fmcp
  fmcp list https://example.com/mcp
  fmcp call ./server add a=1 b=2
  fmcp inspect \"npx -y @modelcontextprotocol/server-everything\"

Exit codes: 0 done, 1 the server or its tool says no, 2 what was typed or configured is wrong, \
3 the server cannot be reached, 4 it wants to know who is calling, 5 it took too long, \
130 ended by Ctrl-C.";

/// The options that every subcommand has.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Globals {
    /// Writes JSON to standard output, in a shape that stays
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Says nothing but the result
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Says more: what happens, and what servers log; twice for debugging
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to use colours: auto, always or never [env: FMCP_COLOR, NO_COLOR]
    #[arg(long, global = true, value_name = "WHEN")]
    pub(crate) color: Option<String>,
    /// Asks nothing, even on a terminal
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    /// The file with settings; without it, fmcp.toml or fmcp.json here [env: FMCP_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(command::List),
    Call(command::Call),
    Read(command::Read),
    Prompt(command::Prompt),
    Complete(command::Complete),
    Inspect(command::Inspect),
    Ping(command::Ping),
    Watch(command::Watch),
    Bench(command::Bench),
    Run(command::Run),
    Dev(command::Dev),
    Install(command::Install),
    Discover(command::Discover),
    New(command::New),
    Login(command::Login),
    Logout(command::Logout),
    Doctor(command::Doctor),
    Config(command::Config),
    Completions(command::Completions),
    Demo(command::Demo),
    Version(command::Version),
}

impl Default for Command {
    fn default() -> Self {
        Self::Demo(command::Demo::default())
    }
}

impl Command {
    /// Runs it.
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => list.run(app).await,
            Self::Call(call) => call.run(app).await,
            Self::Read(read) => read.run(app).await,
            Self::Prompt(prompt) => prompt.run(app).await,
            Self::Complete(complete) => complete.run(app).await,
            Self::Inspect(inspect) => inspect.run(app).await,
            Self::Ping(ping) => ping.run(app).await,
            Self::Watch(watch) => watch.run(app).await,
            Self::Bench(bench) => bench.run(app).await,
            Self::Run(run) => run.run(app).await,
            Self::Dev(dev) => dev.run(app).await,
            Self::Install(install) => install.run(app),
            Self::Discover(discover) => discover.run(app),
            Self::New(new) => new.run(app),
            Self::Login(login) => login.run(app).await,
            Self::Logout(logout) => logout.run(app).await,
            Self::Doctor(doctor) => doctor.run(app).await,
            Self::Config(config) => config.run(app),
            Self::Completions(completions) => completions.run(app),
            Self::Demo(demo) => demo.run(app).await,
            Self::Version(version) => version.run(app),
        }
    }

    /// Whether it wants as many threads as there are cores.
    pub(crate) fn serves(&self) -> bool {
        matches!(
            self,
            Self::Demo(_) | Self::Bench(_) | Self::Run(_) | Self::Dev(_)
        )
    }

    /// The settings that its options say.
    pub(crate) fn said(&self) -> Vec<(&'static str, String)> {
        let connection = match self {
            Self::List(list) => &list.connection,
            Self::Call(call) => &call.connection,
            Self::Read(read) => &read.connection,
            Self::Prompt(prompt) => &prompt.connection,
            Self::Complete(complete) => &complete.connection,
            Self::Inspect(inspect) => &inspect.connection,
            Self::Ping(ping) => &ping.connection,
            Self::Watch(watch) => &watch.connection,
            Self::Bench(bench) => &bench.connection,
            Self::Doctor(doctor) => return doctor.how.said(),
            Self::Login(login) => return login.said(),
            Self::Run(run) => return run.said(),
            _ => return Vec::new(),
        };
        connection.how.said()
    }
}

impl Cli {
    /// What was typed.
    ///
    /// # Errors
    /// With the exit code, once help, version or a refusal has been shown.
    pub(crate) fn read() -> Result<Self, ExitCode> {
        Self::of(std::env::args_os()).map_err(|error| show(&error))
    }

    fn of(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let matches = Self::command().try_get_matches_from(words)?;
        Self::from_arg_matches(&matches)
    }
}

fn show(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind;
    let exit = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
        _ => Exit::Usage,
    };
    let asks_for_json = std::env::args_os().any(|word| word == "--json");
    if exit == Exit::Usage && asks_for_json {
        let globals = Globals {
            json: true,
            ..Globals::default()
        };
        let words = error.to_string();
        let words = words.trim_start_matches("error: ").trim_end().to_owned();
        return crate::Failure::usage(words)
            .show(&Output::new(&globals))
            .into();
    }
    // Who cannot be told need not know.
    let _ = error.print();
    exit.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The help of every subcommand, below its options.
    fn below() -> Vec<(String, String)> {
        let command = Cli::command();
        let all = std::iter::once(&command).chain(command.get_subcommands());
        all.filter_map(|one| Some((one.get_name().to_owned(), one.get_after_help()?.to_string())))
            .collect()
    }

    #[test]
    fn examples_fit_80_columns_so_that_they_can_be_copied() {
        assert!(below().len() > 10);
        for (name, help) in below() {
            for line in help.lines().filter(|line| line.starts_with(' ')) {
                assert!(line.chars().count() <= 80, "{name}: {line}");
            }
        }
    }

    #[test]
    fn text_is_wrapped_by_the_terminal_alone() {
        for (name, help) in below() {
            let lines: Vec<_> = help.lines().collect();
            let is_text = |line: &str| !line.is_empty() && !line.starts_with(' ');
            for pair in lines.windows(2) {
                let is_broken = is_text(pair[0]) && is_text(pair[1]);
                assert!(!is_broken, "{name}: {pair:?} is one paragraph");
            }
        }
    }

    #[test]
    fn what_can_be_typed_is_consistent() {
        Cli::command().debug_assert();
    }
}
