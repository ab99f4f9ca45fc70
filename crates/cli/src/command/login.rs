//! `fmcp login` and `fmcp logout`: signing in to a server once, and out again.

use clap::Args;
use fmcp::{Store as _, auth::FileStore};
use serde_json::json;

use crate::{
    app::App,
    connect::Connection,
    outcome::{Exit, Failure},
    terminal::{clean, style},
};

/// How many entries of one kind are looked for.
const MOST: usize = 10_000;

/// Signs in to a server with a browser; `--auth oauth` needs no sign-in from then on
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  fmcp login https://example.com/mcp\n  fmcp list https://example.com/mcp --auth oauth"
)]
pub(crate) struct Login {
    #[command(flatten)]
    pub(crate) connection: Connection,
}

impl Login {
    /// The settings that its options say: without any, the user signs in.
    pub(crate) fn said(&self) -> Vec<(&'static str, String)> {
        let mut said = vec![("auth", "oauth".to_owned())];
        said.extend(self.connection.how.said());
        said
    }

    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let store = FileStore::of_user()?;
        let before = store.list("oauth:token:", MOST).await?.len();
        let client = self.connection.open(app).await?;
        // What lets anybody in may yet want to know who lists its tools.
        app.interrupt.drop_at_once(client.ping()).await?;
        let name = client
            .server_info()
            .map(|info| info.name.clone())
            .unwrap_or_default();
        client.close().await;
        let tokens = store.list("oauth:token:", MOST).await?.len();
        let server = &self.connection.server;
        if app.out.is_json() {
            app.out
                .json(&json!({"server": server, "name": name, "tokens": tokens}))?;
            return Ok(Exit::Done);
        }
        let name = app.out.paint(style::NAME, &clean(&name));
        app.out.print(&match (before, tokens) {
            (_, 0) => format!("{name} lets you in without a sign-in."),
            _ => format!("You are signed in to {name}. Use it with --auth oauth."),
        })?;
        Ok(Exit::Done)
    }
}

/// Forgets all tokens that were kept for this user
#[derive(Debug, Args)]
pub(crate) struct Logout {
    /// Does it without asking
    #[arg(long, short)]
    yes: bool,
}

impl Logout {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let store = FileStore::of_user()?;
        let mut names = Vec::new();
        for kind in ["oauth:token:", "oauth:server:"] {
            names.extend(store.list(kind, MOST).await?);
        }
        let tokens = names
            .iter()
            .filter(|name| name.starts_with("oauth:token:"))
            .count();
        if tokens > 0 && !self.yes {
            agreed(app, tokens).await?;
        }
        for name in &names {
            store.delete(name).await?;
        }
        match app.out.is_json() {
            true => app.out.json(&json!({"forgotten": tokens}))?,
            false => app.out.print(&format!("{tokens} tokens are forgotten."))?,
        }
        Ok(Exit::Done)
    }
}

async fn agreed(app: &App, tokens: usize) -> Result<(), Failure> {
    if !app.out.may_ask() {
        return Err(
            Failure::usage(format!("{tokens} tokens would be forgotten"))
                .hint("--yes does it without asking"),
        );
    }
    let question = format!("Forget {tokens} tokens? [y/N] ");
    let answer = app.out.line(&question).await.unwrap_or_default();
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new(Exit::Interrupted, "nothing is forgotten")),
    }
}
