//! `fmcp completions`: what a shell needs to complete what is typed.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::{app::App, cli::Cli, outcome::Exit};

/// Writes what a shell needs to complete what you type
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  fmcp completions bash > ~/.local/share/bash-completion/completions/fmcp\n  fmcp completions zsh > \"${fpath[1]}/_fmcp\"\n  fmcp completions fish > ~/.config/fish/completions/fmcp.fish"
)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, app: &App) -> anyhow::Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "fmcp", &mut script);
        app.out.bytes(&script)?;
        Ok(Exit::Done)
    }
}
