//! `fmcp inspect`: all that a server says of itself.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use fmcp::Client;
use serde_json::{Value, json};

use crate::{
    app::App,
    connect::Connection,
    offers::{Kinds, Offers},
    outcome::Exit,
    show::report,
};

/// Shows all that a server says of itself
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  fmcp inspect ./server\n  fmcp inspect https://example.com/mcp --format mcp -o server.json"
)]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// For people; as JSON with the protocol's names; as FastMCP for Python writes it. With --json: mcp
    #[arg(long, short, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Writes it to a file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Mcp,
    Fastmcp,
}

impl Inspect {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let client = self.connection.open(app).await?;
        let offers = app
            .interrupt
            .drop_at_once(Offers::of(&client, Kinds::ALL))
            .await?;
        let format = match self.format {
            Some(format) => format,
            None if app.out.is_json() => Format::Mcp,
            None => Format::Text,
        };
        let text = match format {
            Format::Text => report(&app.out, &client, &offers),
            Format::Mcp => serde_json::to_string_pretty(&mcp(&client, &offers))?,
            Format::Fastmcp => serde_json::to_string_pretty(&fastmcp(&client, &offers))?,
        };
        client.close().await;
        match &self.output {
            None => app.out.print(&text)?,
            Some(file) => {
                std::fs::write(file, format!("{}\n", text.trim_end()))
                    .with_context(|| format!("{}", file.display()))?;
                app.out.note(&format!("Written to {}", file.display()));
            }
        }
        Ok(Exit::Done)
    }
}

/// With the protocol's own names.
fn mcp(client: &Client, offers: &Offers) -> Value {
    json!({
        "environment": {"fmcp": env!("CARGO_PKG_VERSION"), "mcp": client.revision().as_str()},
        "serverInfo": client.server_info(),
        "instructions": client.instructions(),
        "capabilities": client.capabilities(),
        "tools": offers.tools,
        "prompts": offers.prompts,
        "resources": offers.resources,
        "resourceTemplates": offers.templates,
    })
}

/// As FastMCP for Python writes it.
fn fastmcp(client: &Client, offers: &Offers) -> Value {
    let info = client.server_info();
    let tools = offers.tools.iter().map(|tool| {
        json!({
            "key": tool.name, "name": tool.name, "description": tool.description,
            "input_schema": tool.input_schema, "output_schema": tool.output_schema,
            "annotations": tool.annotations, "tags": tags(tool.meta.as_ref()), "title": tool.title,
            "icons": tool.icons, "meta": tool.meta,
        })
    });
    let prompts = offers.prompts.iter().map(|prompt| {
        json!({
            "key": prompt.name, "name": prompt.name, "description": prompt.description,
            "arguments": prompt.arguments, "tags": tags(prompt.meta.as_ref()), "title": prompt.title,
            "icons": prompt.icons, "meta": prompt.meta,
        })
    });
    let resources = offers.resources.iter().map(|resource| {
        json!({
            "key": resource.uri, "uri": resource.uri, "name": resource.name,
            "description": resource.description, "mime_type": resource.mime_type,
            "annotations": resource.annotations, "tags": tags(resource.meta.as_ref()),
            "title": resource.title, "icons": resource.icons, "meta": resource.meta,
        })
    });
    let templates = offers.templates.iter().map(|template| {
        json!({
            "key": template.uri_template, "uri_template": template.uri_template,
            "name": template.name, "description": template.description,
            "mime_type": template.mime_type, "annotations": template.annotations,
            "tags": tags(template.meta.as_ref()), "title": template.title,
            "icons": template.icons, "meta": template.meta,
        })
    });
    json!({
        "server": {
            "name": info.map(|info| &info.name),
            "instructions": client.instructions(),
            "version": info.map(|info| &info.version),
            "website_url": info.and_then(|info| info.website_url.as_ref()),
            "icons": info.and_then(|info| info.icons.as_ref()),
            "generation": null,
            "capabilities": client.capabilities(),
        },
        "environment": {"fastmcp": null, "fmcp": env!("CARGO_PKG_VERSION"), "mcp": client.revision().as_str()},
        "tools": tools.collect::<Vec<_>>(),
        "prompts": prompts.collect::<Vec<_>>(),
        "resources": resources.collect::<Vec<_>>(),
        "templates": templates.collect::<Vec<_>>(),
    })
}

/// The tags, where a server puts them: into the metadata, under the name of its framework.
fn tags(meta: Option<&fmcp::model::Meta>) -> Value {
    let of = |key: &str| meta?.get(key)?.to_value().get("tags").cloned();
    of("fastmcp")
        .or_else(|| of("fmcp"))
        .or_else(|| of("_fastmcp"))
        .unwrap_or_else(|| json!([]))
}
