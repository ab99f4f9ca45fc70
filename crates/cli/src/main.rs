//! The command `fmcp`: a hand on every MCP server.
//!
//! What belongs here: what is typed, and what is shown. What does not: anything that a program would
//! want to do, too; that is the library's. Start at [`run`]; every subcommand is a file in `command`.

mod app;
mod arguments;
mod ask;
mod cli;
mod clients;
mod command;
mod connect;
mod demo;
mod front;
mod load;
mod logs;
mod offers;
mod outcome;
mod project;
mod serve;
mod settings;
mod show;
mod terminal;
mod unknown;

use std::process::ExitCode;

use app::App;
use cli::Cli;
use outcome::{Exit, Failure};
use settings::Settings;
use terminal::Output;

fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(shown) => return shown,
    };
    let out = Output::new(&cli.globals);
    let exit = match run(cli, &out) {
        Ok(exit) => exit,
        Err(error) => Failure::of(&error).show(&out),
    };
    exit.into()
}

fn run(cli: Cli, out: &Output) -> anyhow::Result<Exit> {
    let settings = Settings::find(&cli)?;
    out.colour(settings.color);
    logs::start(settings.log_level, out);
    let command = cli.command.unwrap_or_default();
    let runtime = app::runtime(command.serves())?;
    let exit = runtime.block_on(async {
        let app = App::new(out.clone(), settings)?;
        command.run(&app).await
    });
    // A thread may still wait for a line that nobody will type.
    runtime.shutdown_background();
    exit
}
