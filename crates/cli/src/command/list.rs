//! `fmcp list`: what a server offers.

use clap::Args;
use fmcp::{Client, ServerState};
use serde_json::json;

use crate::{
    app::App,
    connect::Connection,
    offers::{Kinds, Offers},
    outcome::Exit,
    show::{Component, components},
    terminal::{clean, style},
};

/// Lists what a server offers: tools with their arguments, resources, prompts
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  fmcp list https://example.com/mcp\n  fmcp list ./server --tools --long\n  fmcp list mcp.json --json | jq '.tools[].name'"
)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Only tools
    #[arg(long)]
    tools: bool,
    /// Only resources, and templates of their addresses
    #[arg(long)]
    resources: bool,
    /// Only prompts
    #[arg(long)]
    prompts: bool,
    /// Whole descriptions, and schemas
    #[arg(long, short)]
    long: bool,
}

impl List {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let client = self.connection.open(app).await?;
        let offers = app
            .interrupt
            .drop_at_once(Offers::of(&client, self.kinds()))
            .await?;
        let shown = self.show(app, &client, &offers);
        client.close().await;
        shown
    }

    fn kinds(&self) -> Kinds {
        match self.tools || self.resources || self.prompts {
            true => Kinds {
                tools: self.tools,
                resources: self.resources,
                prompts: self.prompts,
            },
            false => Kinds::ALL,
        }
    }

    fn show(&self, app: &App, client: &Client, offers: &Offers) -> anyhow::Result<Exit> {
        let (out, kinds) = (&app.out, self.kinds());
        if out.is_json() {
            let mut all = json!({});
            if kinds.tools {
                all["tools"] = serde_json::to_value(&offers.tools)?;
            }
            if kinds.resources {
                all["resources"] = serde_json::to_value(&offers.resources)?;
                all["resourceTemplates"] = serde_json::to_value(&offers.templates)?;
            }
            if kinds.prompts {
                all["prompts"] = serde_json::to_value(&offers.prompts)?;
            }
            out.json(&all)?;
            return Ok(Exit::Done);
        }
        let groups = [
            ("Tools", named(&offers.tools), kinds.tools),
            ("Resources", named(&offers.resources), kinds.resources),
            (
                "Resource templates",
                named(&offers.templates),
                kinds.resources,
            ),
            ("Prompts", named(&offers.prompts), kinds.prompts),
        ];
        let shown = groups
            .iter()
            .filter(|(_, all, wanted)| *wanted && !all.is_empty());
        let texts: Vec<_> = shown
            .map(|(heading, all, _)| components(out, heading, all, self.long))
            .collect();
        match texts.is_empty() {
            true => out.note("The server offers nothing of that kind."),
            false => out.print(&texts.join("\n"))?,
        }
        for server in client.servers() {
            if let ServerState::Down { why, .. } = &server.state {
                let name = out.paint_note(style::WARNING, &clean(&server.name));
                out.note(&format!("{name} is down: {}", clean(why)));
            }
        }
        Ok(Exit::Done)
    }
}

fn named<'a, T>(all: &'a [T]) -> Vec<Component>
where
    Component: From<&'a T>,
{
    all.iter().map(Component::from).collect()
}
